#include "apps/kinetics/deployment.h"
#include "apps/kinetics/flags.h"
#include "apps/kinetics/parsers.h"

namespace kinetics::app {

void AddModel(Flags& program, ModelArgs& args) {
  Flags model =
      program.AddCommand("model", "a model's parameters, KV bytes and layers; alone: all models",
                         "Example: kinetics model Qwen3-8B --context 32768");
  model.AddOutput(args.output, kReportFile);
  model.AddArguments("model", args.models, "names, globs or files", "MODEL");
  model.Add("--context", args.context_tokens, ParsePositive,
            "also the KV bytes that a decode step reads at this context", "T");
  model.Add("--kv-dtype", args.kv_dtype, ParseStorageDtype, "of the KV cache [bf16]", "DTYPE");
  model.AddNames("--hardware", args.hardware, "also how much context fits these devices", "DEVICE");
  model.Add("--gpus", args.deployment.gpus, ParseGpus, "devices that share every layer [1]",
            "N,...");
  model.Add("--weight-dtype", args.weight_dtype, ParseStorageDtype,
            "of weights in their memory [the model's own]", "DTYPE");
  AddMemoryOptions(model, args.deployment.memory);
  model.Run([&args](const Streams& streams) { return RunModel(args, streams); });
}

void AddHardware(Flags& program, HardwareArgs& args) {
  Flags hardware =
      program.AddCommand("hardware", "a device's figures and their sources; alone: all devices",
                         "Example: kinetics hardware h200");
  hardware.AddOutput(args.output, kReportFile);
  hardware.AddArguments("device", args.hardware, "names or files", "DEVICE");
  hardware.Run([&args](const Streams& streams) { return RunHardware(args, streams); });
}

void AddRecords(Flags& program, RecordsArgs& args) {
  Flags records =
      program.AddCommand("records", "what is in a records file: runs, trials, accuracy, lengths",
                         "Example: kinetics records otis-mock-aime");
  records.AddOutput(args.output, kReportFile);
  records.AddText("records", args.records, "a file, " + BundledRecords(), "FILE");
  records.AddFlag("--check", args.check, "only check that it is valid");
  records.Add("--errors", args.errors, ParseErrorPolicy,
              "attempts without an answer: wrong, or skip them [wrong]", "POLICY");
  records.Run([&args](const Streams& streams) { return RunRecords(args, streams); });
}

void AddImport(Flags& program, ImportArgs& args) {
  Flags command = program.AddCommand(
      "import", "your own trials (CSV) -> records",
      "One row a trial, with the columns model, question, tokens (empty: not known)\n"
      "and correct (0 or 1), and if you have them attention, variant, prompt_tokens\n"
      "and answer.\n"
      "Example: kinetics import trials.csv --prompt-tokens 200 -o my.records.json");
  command.AddOutput(args.output, "write the records (JSON) to this file");
  command.AddText("trials", args.file, "CSV file", "FILE");
  command.AddText("--task", args.task, "the task's name [the file's]", "NAME");
  command.Add("--max-tokens", args.max_tokens, ParsePositive,
              "the limit that the trials were generated under", "T");
  command.Add("--prompt-tokens", args.prompt_tokens, ParseTokens,
              "prompt length of every question, where there is no such column", "C");
  command.Run([&args](const Streams& streams) { return RunImport(args, streams); });
}

}  // namespace kinetics::app
