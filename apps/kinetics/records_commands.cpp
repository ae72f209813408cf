#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "apps/kinetics/commands.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/io/file.h"
#include "kinetics/io/trials_csv.h"
#include "kinetics/render/records.h"

namespace kinetics::app {
namespace {

std::string SummaryReport(const Records& records, ErrorPolicy errors, const OutputArgs& output) {
  std::vector<RunSummary> summaries;
  for (const Run& run : records.runs) {
    summaries.push_back(Summarize(records, run, errors));
  }
  return RenderSummaries(records, summaries, output.format, output.made_by);
}

}  // namespace

Status RunRecords(const RecordsArgs& args, const Streams& streams) {
  const Records records = LoadRecords(args.records);
  if (args.check) {
    streams.err << fmt::format("kinetics: {}: valid, {}, {}\n", args.records,
                               Counted(records.questions.size(), "question"),
                               Counted(records.runs.size(), "run"));
    return Status::kDone;
  }
  Emit(SummaryReport(records, args.errors, args.output), args.output, streams);
  return Status::kDone;
}

Status RunImport(const ImportArgs& args, const Streams& streams) {
  if (args.file.empty()) {
    throw UsageError("expected a CSV file of trials; see kinetics import --help");
  }
  if (args.task && !IsName(*args.task)) {
    throw UsageError("--task: expected a name, found '" + Excerpt(*args.task) + "'");
  }
  const TrialsCsvOptions options = {
      .task = args.task.value_or(std::filesystem::path(args.file).stem().string()),
      .max_tokens = args.max_tokens,
      .prompt_tokens = args.prompt_tokens};
  const Records records = ReadTrialsCsv(ReadFile(args.file), args.file, options);
  if (args.output.file) {
    WriteFile(*args.output.file, RecordsJson(records, args.output.made_by));
  }
  streams.out << SummaryReport(records, ErrorPolicy::kWrong, args.output);
  return Status::kDone;
}

}  // namespace kinetics::app
