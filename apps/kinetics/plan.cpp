#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apps/kinetics/commands.h"
#include "apps/kinetics/plan_growth.h"
#include "apps/kinetics/plan_law.h"
#include "apps/kinetics/plan_runs.h"
#include "kinetics/core/error.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/plan/combine.h"

namespace kinetics::app {
namespace {

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

/// What one plan is made from: recorded runs, a law, or both.
struct Sources {
  std::optional<Records> records;
  std::unique_ptr<LawChoice> law;
  std::vector<PlannedRun> runs;  ///< Recorded ones first.
  size_t recorded = 0;           ///< Their number.
};

Sources LoadSources(const PlanArgs& args, const Streams& streams) {
  Sources sources;
  if (args.law) {
    sources.law = LoadLawChoice(args, streams);
  }
  if (args.records || !args.law) {
    sources.records = LoadRecords(args.records.value_or("aime24-qwen3"));
    if (sources.law) {
      ExpectSameQuestions(sources.law->law, *sources.records);
    }
    sources.runs = SelectRuns(*sources.records, args, streams);
    sources.recorded = sources.runs.size();
  }
  if (sources.law) {
    sources.runs.insert(sources.runs.end(), sources.law->sites.begin(), sources.law->sites.end());
  }
  return sources;
}

Evaluation EvaluateRecords(const Sources& sources, const PlanArgs& args, const Hardware& device) {
  const AllocationGrid grid = {.samples = args.samples,
                               .generation_tokens = args.generation_tokens,
                               .errors = args.errors.value_or(ErrorPolicy::kWrong),
                               .beside_law = sources.law != nullptr};
  const std::vector<PlannedRun> recorded(
      sources.runs.begin(), sources.runs.begin() + static_cast<std::ptrdiff_t>(sources.recorded));
  return Evaluate(*sources.records, recorded, grid, device, args.cost.options);
}

/// The number of runs that recorded allocations are of.
size_t CountRecorded(const Evaluation& evaluation) {
  std::set<size_t> runs;
  for (const Allocation& allocation : evaluation.allocations) {
    if (!allocation.from_law) {
      runs.insert(allocation.run);
    }
  }
  return runs.size();
}

/// Plans on one device and adds the plan to the report.
void PlanOnDevice(const Sources& sources, const PlanArgs& args, const Hardware& device,
                  bool is_first, PlanReport& report, const Streams& streams) {
  std::optional<Evaluation> recorded;
  if (sources.records) {
    recorded = EvaluateRecords(sources, args, device);
    for (const std::string& note : recorded->notes) {
      if (is_first) {
        Note(note, streams);
      }
    }
  }
  std::optional<LawEvaluator> evaluator;
  std::optional<Evaluation> evaluation;
  if (sources.law) {
    evaluator.emplace(sources.law->law, sources.law->sites, sources.law->grid, device,
                      args.cost.options);
    evaluation = evaluator->Evaluate(args.oracle || args.options.per_question);
    if (recorded) {
      evaluation =
          Combine(std::move(*recorded), std::move(*evaluation), sources.runs, sources.recorded);
    }
  } else {
    evaluation = std::move(recorded);
  }
  report.allocations = evaluation->allocations.size();
  if (args.law) {
    report.recorded_runs = CountRecorded(*evaluation);
    report.runs = report.recorded_runs + sources.law->sites.size();
  }
  if (args.oracle) {
    report.oracles.push_back(MakeOraclePlan(*evaluation, sources.runs, args.options));
  } else {
    report.plans.push_back(MakePlan(*evaluation, sources.runs, report.options));
  }
}

/// Throws UsageError where options exclude each other.
void ExpectSound(const PlanArgs& args) {
  const auto exclude = [](bool both, const std::string& a, const std::string& b) {
    if (both) {
      throw UsageError(fmt::format("{} and {} exclude each other", a, b));
    }
  };
  exclude(args.oracle && args.options.per_question, "--allocation oracle", "--per-question");
  exclude(args.oracle && args.show == Show::kAll, "--allocation oracle", "--show all");
  exclude(args.growth && args.records, "--growth", "--records");
  exclude(args.growth && args.oracle, "--growth", "--allocation oracle");
  exclude(args.growth && args.cost.hardware.size() > 1, "--growth", "several devices");
  exclude(args.growth && args.show, "--growth", "--show");
  exclude(args.growth && args.options.min_accuracy, "--growth", "--min-accuracy");
  exclude(args.growth && args.options.per_question, "--growth", "--per-question");
  if (args.growth && !args.law) {
    throw UsageError("--growth needs a --law");
  }
  if (args.law && args.errors && !args.records) {
    throw UsageError("--errors: the law was fitted with its own; give them to kinetics fit law");
  }
  if (args.show == Show::kCandidates && !args.law) {
    throw UsageError("--show candidates needs a --law");
  }
}

}  // namespace

Status RunPlan(const PlanArgs& args, const Streams& streams) {
  ExpectSound(args);
  if (args.growth) {
    return RunPlanGrowth(args, streams);
  }
  const Sources sources = LoadSources(args, streams);
  std::vector<Hardware> devices;
  for (const std::string& name : args.cost.hardware) {
    devices.push_back(LoadHardware(name));
  }
  PlanReport report = {.task = sources.records ? sources.records->task : sources.law->law.data.task,
                       .runs = sources.runs.size(),
                       .models = CountModels(sources.runs),
                       .rule = args.cost.options.rule,
                       .convention = args.cost.options.convention,
                       .batch = BatchOf(args.cost.options),
                       .oracle = args.oracle,
                       .law = args.law,
                       .options = args.options,
                       .show = args.show};
  if (args.law) {
    constexpr size_t kCandidates = 200;
    report.options.candidates = kCandidates;
  }
  for (const Question& question :
       sources.records ? sources.records->questions : sources.law->law.data.questions) {
    report.question_ids.push_back(question.id);
  }
  for (const Hardware& device : devices) {
    PlanOnDevice(sources, args, device, &device == &devices.front(), report, streams);
  }
  Emit(RenderPlan(report, args.output.format, args.output.made_by), args.output, streams);
  if (NothingFits(report)) {
    Note(WhyNothingFits(report), streams);
    return Status::kNothingFits;
  }
  return Status::kDone;
}

}  // namespace kinetics::app
