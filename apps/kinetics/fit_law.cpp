#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>

#include "apps/kinetics/commands.h"
#include "apps/kinetics/model_choice.h"
#include "apps/kinetics/progress.h"
#include "kinetics/core/error.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/io/file.h"
#include "kinetics/law/law_estimates.h"
#include "kinetics/render/fit_law.h"
#include "kinetics/render/law_file.h"

namespace kinetics::app {
namespace {

/// Powers of two from 512 on that runs with a known outcome of each trial are compared at.
std::vector<int64_t> TokenBudgets(const FitLawArgs& args, const Records& records) {
  int64_t longest = 0;
  bool knows_correct = false;
  for (const Run& run : records.runs) {
    for (const TrialList& list : run.trials) {
      knows_correct |= !list.correct.empty();
      for (const int64_t tokens : list.tokens) {
        longest = std::max(longest, tokens);
      }
    }
  }
  if (args.generation_tokens) {
    return args.generation_tokens->counts.empty()
               ? UpTo(*args.generation_tokens, std::max<int64_t>(longest, 1))
               : args.generation_tokens->counts;
  }
  std::vector<int64_t> budgets;
  constexpr int64_t kFirst = 512;
  for (int64_t tokens = kFirst; knows_correct && tokens / 2 < longest; tokens *= 2) {
    budgets.push_back(tokens);
  }
  return budgets;
}

/// What a sample costs, for runs whose model and attention are known.
std::vector<std::optional<SampleCost>> CostsOf(const Records& records,
                                               const std::vector<std::optional<Model>>& models,
                                               const Hardware& hardware,
                                               const CostOptions& options) {
  std::vector<std::optional<SampleCost>> costs(records.runs.size());
  for (size_t r = 0; r < records.runs.size(); ++r) {
    const std::optional<Attention>& attention = records.runs[r].attention;
    if (!models[r] || !attention) {
      continue;
    }
    const auto model = std::make_shared<CostModel>(*models[r], *attention, hardware, options);
    costs[r] = SampleCost{
        .of_tokens = [model](double prompt,
                             double tokens) { return model->Of(prompt, tokens, 1).seconds.value; },
        .of_law =
            [model](double prompt, const LogNormalLength& length) {
              return ExpectedLawCost(*model, prompt, length).At(1).seconds.value;
            }};
  }
  return costs;
}

std::vector<std::optional<double>> ParametersOf(const std::vector<std::optional<Model>>& models) {
  std::vector<std::optional<double>> parameters;
  parameters.reserve(models.size());
  for (const std::optional<Model>& model : models) {
    parameters.push_back(
        model ? std::optional(static_cast<double>(model->active.without_input_embedding))
              : std::nullopt);
  }
  return parameters;
}

/// Warns of questions of `other` that the law has not seen: it can only be right about their mean.
void WarnOfNewQuestions(const FitLawArgs& args, const Records& other, LawReport& report) {
  const LawData& data = report.law.data;
  std::set<std::string> known;
  if (data.task == other.task) {
    for (const Question& question : data.questions) {
      known.insert(question.id);
    }
  }
  const auto is_new = [&known](const Question& question) { return !known.contains(question.id); };
  const auto count = std::count_if(other.questions.begin(), other.questions.end(), is_new);
  if (count > 0) {
    report.warnings.push_back(fmt::format(
        "{}: {} of {} of task {} are not among the law's questions (task {}); each is predicted as "
        "the mean over those",
        *args.validate, count, Counted(other.questions.size(), "question"), other.task, data.task));
  }
}

/// Warns of runs that the law was fitted to: their errors are no test of it.
void WarnOfKnownRuns(const FitLawArgs& args, const Records& other, LawReport& report) {
  const LawData& data = report.law.data;
  const auto is_known = [&data](const Run& run) {
    return std::any_of(data.runs.begin(), data.runs.end(), [&run](const LawRun& known) {
      return known.model == run.model && known.variant == run.variant &&
             known.attention == run.attention;
    });
  };
  const auto count = std::count_if(other.runs.begin(), other.runs.end(), is_known);
  if (data.task == other.task && count > 0) {
    report.warnings.push_back(fmt::format(
        "{}: {} of {} are among those that the law was fitted to: errors on the same trials are "
        "those of the fit, not of predictions; see --cross-validate",
        *args.validate, count, Counted(other.runs.size(), "run")));
  }
}

/// Compares the law with `judged`: other records, or its own, held out.
void ValidateOn(const FitLawArgs& args, const Records& judged, const ModelChoice& models,
                const Hardware& hardware, LawReport& report, const Streams& streams) {
  Progress progress(args.validate ? "validation" : "cross-validation", streams);
  LawValidationOptions options = {.seed = args.seed};
  options.progress = [&progress](size_t done, size_t all) { progress.Show(done, all); };
  report.hardware = hardware.name;
  const std::vector<std::optional<Model>> of_runs = models.Of(judged);
  options.costs = CostsOf(judged, of_runs, hardware, args.cost.options);
  if (args.validate) {
    report.validated = *args.validate;
    report.validation =
        ValidateLaw(report.law, judged, ParametersOf(of_runs), args.errors, options);
    if (report.validation->rows.empty()) {
      throw Error(*args.validate + ": no run has trials to validate the law on");
    }
    WarnOfNewQuestions(args, judged, report);
    WarnOfKnownRuns(args, judged, report);
  } else {
    report.fold = args.cross_validate;
    report.validation =
        CrossValidateLaw(report.law, judged, args.errors, *args.cross_validate, options);
  }
}

/// Standard errors and intervals of the shared parameters.
void EstimateLaw(const FitLawArgs& args, LawReport& report, const Streams& streams) {
  if (args.bootstrap == 0) {
    report.parameters = PosteriorEstimates(report.law);
    return;
  }
  Progress progress("bootstrap", streams);
  const LawBootstrap bootstrap =
      BootstrapLaw(report.law, args.bootstrap, args.seed,
                   [&progress](size_t done, size_t all) { progress.Show(done, all); });
  report.bootstrap = args.bootstrap;
  report.not_converged = bootstrap.not_converged;
  report.parameters = BootstrapEstimates(report.law, bootstrap);
}

}  // namespace

Status RunFitLaw(const FitLawArgs& args, const Streams& streams) {
  if (args.validate && args.cross_validate) {
    throw UsageError("--validate and --cross-validate exclude each other");
  }
  if (args.cost.hardware.size() > 1) {
    throw UsageError("--hardware: expected one device");
  }
  const Hardware hardware = LoadHardware(args.cost.hardware.front());
  const Records records = LoadRecords(args.records);
  const std::optional<Records> other =
      args.validate ? std::optional(LoadRecords(*args.validate)) : std::nullopt;
  const ModelChoice models(args.cost.models);
  models.ExpectRuns(other ? std::vector{&records, &*other} : std::vector{&records});
  LawReport report = {
      .law = FitLaw(records, ParametersOf(models.Of(records)), {.errors = args.errors}),
      .seed = args.seed};
  EstimateLaw(args, report, streams);
  report.token_budgets =
      CompareTokenBudgets(report.law, records, TokenBudgets(args, records), args.errors);
  if (args.validate || args.cross_validate) {
    ValidateOn(args, other ? *other : records, models, hardware, report, streams);
  }
  if (args.output.file) {
    WriteFile(*args.output.file, LawJson(report.law, args.output.made_by));
  }
  if (args.output.format == Format::kCsv || args.output.format == Format::kMarkdown) {
    for (const std::string& warning : Warnings(report)) {
      Note(warning, streams);
    }
  }
  streams.out << RenderLawReport(report, args.output.format, args.output.made_by);
  return Status::kDone;
}

}  // namespace kinetics::app
