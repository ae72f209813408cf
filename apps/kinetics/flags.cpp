// The only file that includes CLI11: it costs about 8 s to compile.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <ostream>
#include <span>

#include "apps/kinetics/commands.h"
#include "apps/kinetics/parsers.h"
#include "apps/kinetics/version.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"

namespace kinetics::app {
namespace {

using Command = std::function<Status(const Streams&)>;

constexpr size_t kHelpColumn = 28;

/// Text for the right column of a help page.
std::string Help(const std::string& text) { return Wrap(text, kTableWidth - kHelpColumn, 0); }

/// An option whose one value `parse` reads; what it does not like is a usage error.
template <typename T, typename Parse>
CLI::Option* Add(CLI::App* app, const std::string& name, T& target, const Parse& parse,
                 const std::string& help, const std::string& shape) {
  return app
      ->add_option_function<std::string>(
          name,
          [name, parse, &target](const std::string& text) {
            try {
              target = parse(text);
            } catch (const Error& e) {
              throw UsageError(name + ": " + e.what());
            }
          },
          Help(help))
      ->type_name(shape);
}

/// An option that may be repeated or hold a comma-separated list of names.
CLI::Option* AddNames(CLI::App* app, const std::string& name, std::vector<std::string>& target,
                      const std::string& help, const std::string& shape) {
  return app->add_option(name, target, Help(help))
      ->type_name(shape)
      ->delimiter(',')
      ->allow_extra_args(false);
}

/// An option taken as it is.
template <typename T>
CLI::Option* AddText(CLI::App* app, const std::string& name, T& target, const std::string& help,
                     const std::string& shape) {
  return Add(
      app, name, target, [](const std::string& text) { return text; }, help, shape);
}

void AddOutput(CLI::App* app, OutputArgs& output, const std::string& file_help) {
  Add(app, "--format", output.format, ParseFormat, "table, json, csv or markdown", "FORMAT");
  AddText(app, "-o,--output", output.file, file_help, "FILE");
}

const std::string kReportFile = "write the report to this file instead of standard output";

/// How cost is counted, for the commands that count it.
void AddCostOptions(CLI::App* app, CostArgs& cost, const std::string& model_help) {
  AddNames(app, "--model", cost.models, model_help, "MODEL");
  AddNames(app, "--hardware", cost.hardware, "device: a name or a file [b200]", "DEVICE");
  CostOptions& options = cost.options;
  Add(app, "--convention", options.convention, ParseConvention,
      "exact, or published: as the Kinetics paper's tables were made", "NAME");
  Add(app, "--dtype", options.dtype, ParseDtype,
      "of weights, KV cache and arithmetic: bf16, fp16, fp8 or int8 [bf16]", "DTYPE");
  Add(app, "--batch", options.batch, ParseBatch,
      "sequences that share a reading of the weights [inf: it costs nothing]", "N");
}

const char* const kRuleHelp =
    "additive: compute + memory time; max: the longer; flops: compute only; "
    "parameters: linear layers only";

/// The names that stand for records, for help pages.
std::string BundledRecords() { return JoinAlternatives(RecordsNames()) + " [aime24-qwen3]"; }

void AddPlan(CLI::App& app, PlanArgs& args, Command& chosen) {
  CLI::App* plan =
      app.add_subcommand("plan", Help("best allocations under a budget, and the Pareto frontier"));
  plan->footer("Example: kinetics plan --budget 2s --hardware h100 --samples pow2");
  AddOutput(plan, args.output, kReportFile);
  AddText(plan, "--records", args.records, "recorded evaluations: a file, " + BundledRecords(),
          "FILE");
  AddText(plan, "--law", args.law,
          "a law that kinetics fit law wrote: plan over all that it predicts; with --records "
          "too, as recorded where it was",
          "FILE");
  Add(plan, "--budget", args.options.budgets, ParseBudgets,
      "what a question may cost: 2s, 500ms, 5PeFLOPs, 1e15flops; several: a row each", "B,...");
  Add(plan, "--min-accuracy", args.options.min_accuracy, ParseAccuracy,
      "the cheapest allocation that reaches this accuracy (0 to 1)", "A");
  Add(plan, "--allocation", args.oracle, ParseIsOracle,
      "uniform: one for all questions; oracle: the best for each, an upper bound", "NAME");
  AddCostOptions(
      plan, args.cost,
      "only these models: names, globs, files, or NAME=FILE; with --law also ones that it "
      "has not seen");
  Add(plan, "--rule", args.cost.options.rule, ParseRule, kRuleHelp, "RULE");
  Add(plan, "--attention", args.attentions, ParseAttentionFilters,
      "only these: dense, topk, topk:512, block_topk:16x64, sliding:4096", "SPEC,...");
  Add(plan, "--samples", args.samples, ParseCountList,
      "samples a question: 1,2,4 or 1-32 or pow2 [every number with trials; with --law 1-32]",
      "LIST");
  Add(plan, "--generation-tokens", args.generation_tokens, ParseCountList,
      "cut samples at these lengths, as a further choice [never cut; with --law never, and at 20 "
      "more in steps of a quarter doubling]",
      "LIST");
  Add(plan, "--show", args.show, ParseShow,
      "best, frontier, candidates (with --law: the 200 best) or all [frontier]", "WHAT");
  plan->add_flag("--growth", args.growth,
                 Help("with --law: how the best KV budget, tokens, samples and model size grow "
                      "with the budget"));
  plan->add_flag("--per-question", args.options.per_question,
                 Help("give every question's figures (not in tables)"));
  Add(plan, "--bootstrap", args.options.bootstrap, ParseResamples,
      "resamples of the questions for intervals, with --law draws of it too (of --growth at most "
      "200); 0: none [1000]",
      "R");
  Add(plan, "--seed", args.options.seed, ParseSeed, "of the resamples [1]", "N");
  Add(plan, "--errors", args.errors, ParseErrorPolicy,
      "attempts without an answer: wrong, or skip them [wrong]", "POLICY");
  plan->callback([&args, &chosen] {
    args.options.all_allocations = args.show == Show::kAll;
    args.output.made_by.seed = args.options.seed;
    chosen = [&args](const Streams& streams) { return RunPlan(args, streams); };
  });
}

void AddCost(CLI::App& app, CostCommandArgs& args, Command& chosen) {
  CLI::App* cost = app.add_subcommand("cost", Help("what one allocation costs, term by term"));
  cost->footer("Example: kinetics cost --model Qwen3-8B --generation-tokens 8192 --samples 4");
  AddOutput(cost, args.output, kReportFile);
  AddCostOptions(cost, args.cost, "names, globs or files");
  Add(cost, "--rule", args.cost.options.rule, ParseRule, kRuleHelp, "RULE");
  Add(cost, "--attention", args.attentions, ParseAttentions,
      "dense, topk:512, topk:128+128, block_topk:16x64, sliding:4096 [dense]", "SPEC,...");
  Add(cost, "--prompt-tokens", args.prompt_tokens, ParseTokens, "prompt length [160]", "C");
  Add(cost, "--generation-tokens", args.generation_tokens, ParseExplicitCounts,
      "generated tokens a sample", "LIST");
  Add(cost, "--samples", args.samples, ParseExplicitCounts, "samples a question [1]", "LIST");
  AddText(cost, "--allocations", args.allocations,
          "CSV file with a line an allocation; columns are named like these options", "FILE");
  cost->callback([&args, &chosen] {
    chosen = [&args](const Streams& streams) { return RunCost(args, streams); };
  });
}

void AddIsocost(CLI::App& app, IsocostArgs& args, Command& chosen) {
  CLI::App* isocost = app.add_subcommand(
      "isocost", Help("which models, generation tokens and samples cost the same"));
  isocost->footer("Example: kinetics isocost --cost-of Qwen3-14B:8192 --hardware b200-paper");
  AddOutput(isocost, args.output, kReportFile);
  AddCostOptions(isocost, args.cost, "names, globs or files [the whole catalogue]");
  Add(isocost, "--rule", args.rule, ParseRule,
      "only this one [additive, flops and parameters side by side]", "RULE");
  Add(isocost, "--attention", args.attention, ParseAttention, "of all models [dense]", "SPEC");
  Add(isocost, "--prompt-tokens", args.prompt_tokens, ParseTokens, "prompt length [160]", "C");
  Add(isocost, "--samples", args.samples, ParsePositive, "samples a question [1]", "N");
  Add(isocost, "--cost-of", args.target, ParseIsocostTarget,
      "the cost to match: 2s, 3e15eflops or MODEL:TOKENS[:ATTENTION] [Qwen3-14B:8192]", "TARGET");
  Add(isocost, "--solve", args.solve, ParseSolve, "generation-tokens or samples", "WHAT");
  Add(isocost, "--generation-tokens", args.generation_tokens, ParseExplicitCounts,
      "to solve for samples at, or the columns of the matrix", "LIST");
  isocost->add_flag("--matrix", args.matrix,
                    Help("print the cost over models and generation tokens instead"));
  isocost->callback([&args, &chosen] {
    chosen = [&args](const Streams& streams) { return RunIsocost(args, streams); };
  });
}

void AddModel(CLI::App& app, ModelArgs& args, Command& chosen) {
  CLI::App* model = app.add_subcommand(
      "model", Help("a model's parameters, KV bytes and layers; alone: all models"));
  model->footer("Example: kinetics model Qwen3-8B --context 32768");
  AddOutput(model, args.output, kReportFile);
  model->add_option("model", args.models, "names, globs or files")
      ->type_name("MODEL")
      ->delimiter(',');
  Add(model, "--context", args.context_tokens, ParsePositive,
      "also the KV bytes that a decode step reads at this context", "T");
  Add(model, "--kv-dtype", args.kv_dtype, ParseDtype, "of the KV cache [bf16]", "DTYPE");
  model->callback([&args, &chosen] {
    chosen = [&args](const Streams& streams) { return RunModel(args, streams); };
  });
}

void AddHardware(CLI::App& app, HardwareArgs& args, Command& chosen) {
  CLI::App* hardware = app.add_subcommand(
      "hardware", Help("a device's figures and their sources; alone: all devices"));
  hardware->footer("Example: kinetics hardware h200");
  AddOutput(hardware, args.output, kReportFile);
  hardware->add_option("device", args.hardware, "names or files")
      ->type_name("DEVICE")
      ->delimiter(',');
  hardware->callback([&args, &chosen] {
    chosen = [&args](const Streams& streams) { return RunHardware(args, streams); };
  });
}

void AddRecords(CLI::App& app, RecordsArgs& args, Command& chosen) {
  CLI::App* records = app.add_subcommand(
      "records", Help("what is in a records file: runs, trials, accuracy, lengths"));
  records->footer("Example: kinetics records otis-mock-aime");
  AddOutput(records, args.output, kReportFile);
  AddText(records, "records", args.records, "a file, " + BundledRecords(), "FILE");
  records->add_flag("--check", args.check, "only check that it is valid");
  Add(records, "--errors", args.errors, ParseErrorPolicy,
      "attempts without an answer: wrong, or skip them [wrong]", "POLICY");
  records->callback([&args, &chosen] {
    chosen = [&args](const Streams& streams) { return RunRecords(args, streams); };
  });
}

void AddImport(CLI::App& app, ImportArgs& args, Command& chosen) {
  CLI::App* command = app.add_subcommand("import", Help("your own trials (CSV) -> records"));
  command->footer(
      "One row a trial, with the columns model, question, tokens (empty: not known)\n"
      "and correct (0 or 1), and if you have them attention, variant, prompt_tokens\n"
      "and answer.\n"
      "Example: kinetics import trials.csv --prompt-tokens 200 -o my.records.json");
  AddOutput(command, args.output, "write the records (JSON) to this file");
  AddText(command, "trials", args.file, "CSV file", "FILE");
  AddText(command, "--task", args.task, "the task's name [the file's]", "NAME");
  Add(command, "--max-tokens", args.max_tokens, ParsePositive,
      "the limit that the trials were generated under", "T");
  Add(command, "--prompt-tokens", args.prompt_tokens, ParseTokens,
      "prompt length of every question, where there is no such column", "C");
  command->callback([&args, &chosen] {
    chosen = [&args](const Streams& streams) { return RunImport(args, streams); };
  });
}

const std::string kArtefactFile = "also write the fit (JSON) to this file";

void AddFitCoverage(CLI::App& fit, FitCoverageArgs& args, Command& chosen) {
  CLI::App* coverage =
      fit.add_subcommand("coverage", Help("pass@k and its laws from counts of right samples"));
  coverage->footer(
      "One row a problem, with the columns n (samples) and c (right ones), and if you\n"
      "have them problem, and group or model.\n"
      "Example: kinetics fit coverage --data counts.csv --bootstrap 4000");
  AddOutput(coverage, args.output, kArtefactFile);
  AddText(coverage, "--data", args.data, "counts of right samples (CSV)", "FILE");
  AddText(coverage, "--group", args.group, "the column that tells groups apart [group, else model]",
          "COLUMN");
  Add(coverage, "--k", args.k, ParseCountList,
      "samples to fit at: 1,2,4 or 1-32 or pow2 [101 values from 1 to 10,000, as far as n goes]",
      "LIST");
  Add(coverage, "--bootstrap", args.resamples, ParseResamples,
      "resamples of the problems for intervals; 0: none [1000]", "R");
  Add(coverage, "--seed", args.seed, ParseSeed, "of the resamples [1]", "N");
  coverage->callback([&args, &chosen] {
    args.output.made_by.seed = args.seed;
    chosen = [&args](const Streams& streams) { return RunFitCoverage(args, streams); };
  });
}

void AddFitLaw(CLI::App& fit, FitLawArgs& args, Command& chosen) {
  CLI::App* law = fit.add_subcommand("law", Help("one law of all runs of a task, to plan with"));
  law->footer("Example: kinetics fit law --cross-validate run -o law.json");
  AddOutput(law, args.output, "write the law (JSON) to this file, for kinetics plan --law");
  AddText(law, "--records", args.records, "recorded evaluations: a file, " + BundledRecords(),
          "FILE");
  AddNames(law, "--model", args.cost.models,
           "sizes of models that are not in the catalogue: files, or NAME=FILE", "MODEL");
  Add(law, "--cross-validate", args.cross_validate, ParseLawFold,
      "predict each run, model, KV budget (budget) or tenth of the questions (question) from the "
      "others",
      "WHAT");
  AddText(law, "--validate", args.validate, "predict the runs of other records", "FILE");
  AddNames(law, "--hardware", args.cost.hardware, "device to validate costs on [b200]", "DEVICE");
  Add(law, "--generation-tokens", args.generation_tokens, ParseCountList,
      "compare the accuracy of one sample cut at these lengths [512, 1024, ... where records say "
      "which trials are right]",
      "LIST");
  Add(law, "--bootstrap", args.bootstrap, ParseResamples,
      "fits to resamples of the questions for intervals; 0: the posterior's [0]", "R");
  Add(law, "--seed", args.seed, ParseSeed, "of resamples and draws [1]", "N");
  Add(law, "--errors", args.errors, ParseErrorPolicy,
      "attempts without an answer: wrong, or skip them [wrong]", "POLICY");
  law->callback([&args, &chosen] {
    args.output.made_by.seed = args.seed;
    chosen = [&args](const Streams& streams) { return RunFitLaw(args, streams); };
  });
}

/// Where the points of a curve are.
void AddCurvePoints(CLI::App* curve, FitCurveArgs& args) {
  AddText(curve, "--data", args.data, "CSV file of points, with a head", "FILE")->required();
  AddNames(curve, "--x", args.x, "its column of x, or of x1 and x2", "COL[,COL]")->required();
  AddText(curve, "--y", args.y, "its column of y", "COL")->required();
  curve
      ->add_option_function<std::vector<std::string>>(
          "--where",
          [&args](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              try {
                args.where.push_back(ParseRowFilter(text));
              } catch (const Error& e) {
                throw UsageError(std::string("--where: ") + e.what());
              }
            }
          },
          Help("only rows that meet this, as in 'loss<3.5' or model=Qwen3-8B (< <= > >= = !=); "
               "may be repeated"))
      ->type_name("COND")
      ->allow_extra_args(false);
}

void AddFitCurve(CLI::App& fit, FitCurveArgs& args, Command& chosen) {
  CLI::App* curve = fit.add_subcommand("curve", Help("one curve through points of a CSV file"));
  std::string forms =
      "Forms, for x above 0 (E, alpha, beta and the b of saturating-power at least 0):\n";
  for (const CurveFormSpec& spec : CurveForms()) {
    forms += "  " + std::string(spec.name) + std::string(19 - spec.name.size(), ' ') +
             std::string(spec.formula) + "\n";
  }
  curve->footer(forms +
                "Example: kinetics fit curve --form two-term-power --data runs.csv\n"
                "  --x parameters,tokens --y loss --loss huber:1e-3 --residual log");
  AddOutput(curve, args.output, "write the fit (JSON) to this file");
  Add(curve, "--form", args.options.form, ParseCurveForm, "the curve, one of those below", "FORM")
      ->required();
  AddCurvePoints(curve, args);
  Add(curve, "--loss", args.options.loss.huber, ParseLoss,
      "squared: r^2 / 2; huber:D: linear beyond |r| = D [squared]", "LOSS");
  Add(curve, "--residual", args.options.loss.residual, ParseResidual,
      "linear: y_hat - y; log: of logarithms; log1p: of ln(1 + y) [linear]", "NAME");
  Add(curve, "--bootstrap", args.bootstrap, ParseResamples,
      "resamples for errors and intervals; 0: none [1000]", "R");
  AddText(curve, "--cluster", args.cluster, "resample whole groups that share this column's value",
          "COL");
  AddText(curve, "--resamples", args.resamples,
          "the resamples themselves: a line each of 0-based numbers of the points fitted", "FILE");
  Add(curve, "--predict", args.predict, ParsePredictions,
      "also the curve at these x, with intervals; X1:X2 for two inputs", "X,...");
  Add(curve, "--holdout-top", args.holdout_top, ParseShare,
      "do not fit but predict this share of the points, those of largest x (x1 x2), rounded to "
      "whole points",
      "F");
  Add(curve, "--seed", args.options.seed, ParseSeed, "of resamples and starts [1]", "N");
  curve->callback([&args, &chosen] {
    args.output.made_by.seed = args.options.seed;
    chosen = [&args](const Streams& streams) { return RunFitCurve(args, streams); };
  });
}

void AddFit(CLI::App& app, FitArgs& args, Command& chosen) {
  CLI::App* fit = app.add_subcommand("fit", Help("scaling curves with uncertainty"));
  fit->footer("Example: kinetics fit curve --form power --data points.csv --x tokens --y loss");
  fit->require_subcommand(1);
  AddFitCurve(*fit, args.curve, chosen);
  AddFitCoverage(*fit, args.coverage, chosen);
  AddFitLaw(*fit, args.law, chosen);
}

/// CLI11's complaint in our words, with the nearest option where one is unknown.
[[noreturn]] void FailParse(const CLI::App& app, const CLI::ParseError& e) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
  }
  const std::vector<std::string> extras = command->remaining();
  for (const std::string& extra : extras) {
    if (extra.starts_with('-')) {
      std::vector<std::string> names;
      for (const CLI::Option* option : command->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          names.push_back("--" + name);
        }
      }
      throw UsageError("unknown option " + Excerpt(extra) + DidYouMean(extra, names));
    }
  }
  if (!extras.empty()) {
    throw UsageError("unexpected argument '" + Excerpt(extras.back()) + "'");
  }
  const std::string text = e.what();
  const std::string option = text.substr(0, text.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&e) != nullptr && option.starts_with('-')) {
    throw UsageError(option + ": expected one value");
  }
  throw UsageError(text);
}

/// A word at argv[at] that is no command of `app`, before CLI11 takes it for a stray argument; and
/// so on for the commands of that command. `path` is how `app` is called.
void ExpectCommand(const CLI::App& app, int argc, char** argv, int at, const std::string& path) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  if (names.empty()) {
    return;
  }
  const std::string what = at == 1 ? "command" : app.get_name() + " command";
  if (argc <= at) {
    throw UsageError(
        fmt::format("expected a {}: {}; see {} --help", what, JoinAlternatives(names), path));
  }
  const std::string word = argv[at];
  std::vector<std::string> options = {"--help", "-h"};
  if (at == 1) {
    options.emplace_back("--version");
  }
  if (std::find(options.begin(), options.end(), word) != options.end()) {
    return;
  }
  if (std::find(names.begin(), names.end(), word) != names.end()) {
    ExpectCommand(*app.get_subcommand(word), argc, argv, at + 1, path + " " + word);
    return;
  }
  if (word.starts_with('-')) {
    throw UsageError(fmt::format("unknown option {} before a {}{}", Excerpt(word), what,
                                 DidYouMean(word, options)));
  }
  throw UsageError(fmt::format("unknown {} '{}'; expected {}{}", what, Excerpt(word),
                               JoinAlternatives(names), DidYouMean(word, names)));
}

}  // namespace

int ParseAndRun(int argc, char** argv, const Streams& streams) {
  CLI::App app(
      "Plan LLM test-time compute: which model, attention, generation length and\n"
      "number of samples a budget is best spent on.",
      "kinetics");
  app.set_version_flag("--version", VersionText(), "print version, commit, CUDA and ISA");
  app.require_subcommand(1);
  app.get_formatter()->column_width(kHelpColumn);
  Command chosen;
  PlanArgs plan;
  CostCommandArgs cost;
  IsocostArgs isocost;
  ModelArgs model;
  HardwareArgs hardware;
  RecordsArgs records;
  ImportArgs import_args;
  FitArgs fit;
  AddPlan(app, plan, chosen);
  AddCost(app, cost, chosen);
  AddIsocost(app, isocost, chosen);
  AddFit(app, fit, chosen);
  AddModel(app, model, chosen);
  AddHardware(app, hardware, chosen);
  AddRecords(app, records, chosen);
  AddImport(app, import_args, chosen);
  const MadeBy made_by = {.version = Version(), .arguments = {argv + 1, argv + argc}};
  for (OutputArgs* output : {&plan.output, &cost.output, &isocost.output, &model.output,
                             &hardware.output, &records.output, &import_args.output,
                             &fit.curve.output, &fit.coverage.output, &fit.law.output}) {
    output->made_by = made_by;
  }
  ExpectCommand(app, argc, argv, 1, "kinetics");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e, streams.out, streams.err);
  } catch (const CLI::ParseError& e) {
    FailParse(app, e);
  }
  return static_cast<int>(chosen(streams));
}

}  // namespace kinetics::app
