#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "apps/kinetics/commands.h"
#include "apps/kinetics/model_choice.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"

namespace kinetics::app {
namespace {

std::string Listed(const std::set<std::string>& names) {
  return Join(std::vector<std::string>(names.begin(), names.end()));
}

/// Runs that can be planned with, in the order of the records; what is left out is noted.
std::vector<PlannedRun> SelectRuns(const Records& records, const PlanArgs& args,
                                   const Streams& streams) {
  const ModelChoice choice(args.cost.models);
  choice.ExpectRuns(records);
  std::vector<PlannedRun> planned;
  std::set<std::string> without_attention;
  std::set<std::string> unknown;
  std::map<std::string, std::optional<Model>> models;
  for (const Run& run : records.runs) {
    if (!choice.Takes(run.model)) {
      continue;
    }
    if (!run.attention) {
      without_attention.insert(Describe(run));
      continue;
    }
    const bool matches = std::any_of(
        args.attentions.begin(), args.attentions.end(),
        [&run](const AttentionFilter& filter) { return filter.Matches(*run.attention); });
    if (!args.attentions.empty() && !matches) {
      continue;
    }
    const auto [model, is_new] = models.emplace(run.model, std::nullopt);
    if (is_new) {
      model->second = choice.Find(run.model);
    }
    if (!model->second) {
      unknown.insert(run.model);
      continue;
    }
    planned.push_back({.run = &run, .model = *model->second});
  }
  if (!without_attention.empty()) {
    Note("left out, their attention is not recorded: " + Listed(without_attention), streams);
  }
  if (!unknown.empty()) {
    Note("left out, models that no catalogue has: " + Listed(unknown), streams);
  }
  if (planned.empty()) {
    const bool noted = !without_attention.empty() || !unknown.empty();
    throw Error(fmt::format("task {} has no run that can be planned with{}", records.task,
                            noted ? ", as noted above" : " and that --attention selects"));
  }
  return planned;
}

size_t CountModels(const std::vector<PlannedRun>& runs) {
  std::set<std::string> models;
  for (const PlannedRun& planned : runs) {
    models.insert(planned.run->model);
  }
  return models.size();
}

/// Nothing fits where no device has an answer for any of the budgets.
bool NothingFits(const PlanReport& report) {
  const bool any_plan = std::any_of(report.plans.begin(), report.plans.end(), [](const Plan& plan) {
    return std::any_of(plan.choices.begin(), plan.choices.end(),
                       [](const Choice& choice) { return choice.best.has_value(); });
  });
  const bool any_oracle = std::any_of(report.oracles.begin(), report.oracles.end(),
                                      [](const OraclePlan& plan) { return plan.best.has_value(); });
  return !any_plan && !any_oracle;
}

/// What could be had instead, on the device that comes closest.
std::string WhyNothingFits(const PlanReport& report) {
  if (report.plans.empty()) {
    return "no allocation fits";
  }
  const auto cheapest =
      std::min_element(report.plans.begin(), report.plans.end(),
                       [](const Plan& a, const Plan& b) { return a.lowest_cost < b.lowest_cost; });
  return fmt::format("no allocation fits; the cheapest costs {}, the highest accuracy is {} %",
                     HumanCost(cheapest->lowest_cost, report.options.Unit()),
                     Percent(cheapest->highest_accuracy));
}

}  // namespace

Status RunPlan(const PlanArgs& args, const Streams& streams) {
  if (args.oracle && (args.options.per_question || args.show == Show::kAll)) {
    throw UsageError(fmt::format("--allocation oracle and {} exclude each other",
                                 args.options.per_question ? "--per-question" : "--show all"));
  }
  const Records records = LoadRecords(args.records);
  std::vector<Hardware> devices;
  for (const std::string& name : args.cost.hardware) {
    devices.push_back(LoadHardware(name));
  }
  const std::vector<PlannedRun> runs = SelectRuns(records, args, streams);
  const AllocationGrid grid = {
      .samples = args.samples, .generation_tokens = args.generation_tokens, .errors = args.errors};
  PlanReport report = {.task = records.task,
                       .runs = runs.size(),
                       .models = CountModels(runs),
                       .rule = args.cost.options.rule,
                       .convention = args.cost.options.convention,
                       .batch = args.cost.options.batch,
                       .oracle = args.oracle,
                       .options = args.options,
                       .show = args.show};
  for (const Question& question : records.questions) {
    report.question_ids.push_back(question.id);
  }
  for (const Hardware& device : devices) {
    const Evaluation evaluation = Evaluate(records, runs, grid, device, args.cost.options);
    if (&device == &devices.front()) {
      for (const std::string& note : evaluation.notes) {
        Note(note, streams);
      }
    }
    report.allocations = evaluation.allocations.size();
    if (args.oracle) {
      report.oracles.push_back(MakeOraclePlan(evaluation, runs, args.options));
    } else {
      report.plans.push_back(MakePlan(evaluation, runs, args.options));
    }
  }
  Emit(RenderPlan(report, args.output.format, args.output.made_by), args.output, streams);
  if (NothingFits(report)) {
    Note(WhyNothingFits(report), streams);
    return Status::kNothingFits;
  }
  return Status::kDone;
}

}  // namespace kinetics::app
