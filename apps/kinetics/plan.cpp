#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>

#include "apps/kinetics/commands.h"
#include "apps/kinetics/plan_growth.h"
#include "apps/kinetics/plan_law.h"
#include "apps/kinetics/plan_runs.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/cost/parallel.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/plan/combine.h"
#include "kinetics/plan/law_policy.h"
#include "kinetics/plan/policy_evaluation.h"
#include "kinetics/plan/select.h"

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
  std::vector<PlannedRun> runs;  ///< Recorded ones first; each as often as there are deployments.
  size_t recorded = 0;           ///< Their number.
  size_t distinct = 0;           ///< Runs that they are of.
};

/// Every run in every deployment that its heads can be spread over; one with a price as it is.
std::vector<PlannedRun> Deploy(const std::vector<PlannedRun>& runs, const PlanArgs& args,
                               std::set<std::string>& unspread) {
  std::vector<PlannedRun> deployed;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(deployed),
               [](const PlannedRun& planned) { return planned.price.has_value(); });
  for (const Deployment& deployment : AllDeployments(args.deployment)) {
    for (PlannedRun planned : runs) {
      if (planned.price) {
        continue;
      }
      planned.deployment = deployment;
      if (Spreads(planned.model, deployment.gpus)) {
        deployed.push_back(std::move(planned));
      } else {
        unspread.insert(fmt::format("{} over {}", planned.run->model, deployment.gpus));
      }
    }
  }
  return deployed;
}

Sources LoadSources(const PlanArgs& args, const Streams& streams) {
  Sources sources;
  std::set<std::string> unspread;
  if (args.law) {
    sources.law = LoadLawChoice(args, streams);
    sources.distinct = sources.law->sites.size();
    sources.law->sites = Deploy(sources.law->sites, args, unspread);
  }
  if (args.records || !args.law) {
    sources.records = LoadRecords(args.records.value_or(std::string(kDefaultRecords)));
    if (sources.law) {
      ExpectSameQuestions(sources.law->law, *sources.records);
    }
    const std::vector<PlannedRun> runs = SelectRuns(*sources.records, args, streams);
    sources.distinct += runs.size();
    sources.runs = Deploy(runs, args, unspread);
    sources.recorded = sources.runs.size();
  }
  if (sources.law) {
    sources.runs.insert(sources.runs.end(), sources.law->sites.begin(), sources.law->sites.end());
  }
  if (!unspread.empty()) {
    Note("left out, heads that cannot be spread evenly: " +
             Join(std::vector<std::string>(unspread.begin(), unspread.end())) + " devices",
         streams);
  }
  if (sources.runs.empty()) {
    throw Error("no run can be spread over the devices of --gpus");
  }
  return sources;
}

/// Whether policies other than the default are asked for.
bool HasPolicies(const PlanArgs& args) {
  return !args.policies.empty() && args.policies != std::vector<Policy>{Policy::kCoverage};
}

/// Evaluates what was recorded by the policies asked for.
Evaluation EvaluateRecords(const Sources& sources, const PlanArgs& args, const Hardware& device) {
  const AllocationGrid grid = {.samples = args.samples,
                               .generation_tokens = args.generation_tokens,
                               .errors = args.errors.value_or(ErrorPolicy::kWrong),
                               .beside_law = sources.law != nullptr};
  const std::vector<PlannedRun> recorded(
      sources.runs.begin(), sources.runs.begin() + static_cast<std::ptrdiff_t>(sources.recorded));
  Evaluation evaluation = Evaluate(*sources.records, recorded, grid, device, args.cost.options);
  evaluation.rates = RatesFor(device, args.cost.rates);
  if (HasPolicies(args)) {
    ApplyPolicies({.records = *sources.records,
                   .runs = recorded,
                   .errors = grid.errors,
                   .hardware = device,
                   .options = args.cost.options,
                   .beside_law = grid.beside_law},
                  args.policies, args.options, evaluation);
  }
  return evaluation;
}

/// The number of runs that recorded allocations are of.
size_t CountRecorded(const Evaluation& evaluation, const std::vector<PlannedRun>& planned) {
  std::set<const Run*> runs;
  for (const Allocation& allocation : evaluation.allocations) {
    if (!allocation.from_law) {
      runs.insert(planned[allocation.run].run);
    }
  }
  return runs.size();
}

/// Tells what several devices have notes of, each once.
class NoteTaker {
 public:
  explicit NoteTaker(const Streams& streams) : streams_(streams) {}

  void Take(const std::vector<std::string>& notes) {
    for (const std::string& note : notes) {
      if (taken_.insert(note).second) {
        Note(note, streams_);
      }
    }
  }

 private:
  const Streams& streams_;
  std::set<std::string> taken_;
};

/// Plans on one device and adds the plan to the report.
void PlanOnDevice(const Sources& sources, const PlanArgs& args, const Hardware& device,
                  NoteTaker& notes, PlanReport& report) {
  std::optional<Evaluation> recorded;
  if (sources.records) {
    recorded = EvaluateRecords(sources, args, device);
    notes.Take(recorded->notes);
  }
  std::optional<LawEvaluator> evaluator;
  std::optional<Evaluation> evaluation;
  if (sources.law) {
    evaluator.emplace(sources.law->law, sources.law->sites, sources.law->grid, device,
                      args.cost.options);
    const bool with_questions = args.oracle || args.options.per_question || HasPolicies(args);
    evaluation = evaluator->Evaluate(with_questions);
    evaluation->rates = RatesFor(device, args.cost.rates);
    if (HasPolicies(args)) {
      ApplyLawPolicies(*evaluator, sources.law->sites, args.policies, args.options, *evaluation);
    }
    notes.Take(evaluation->notes);
    if (recorded) {
      evaluation =
          Combine(std::move(*recorded), std::move(*evaluation), sources.runs, sources.recorded);
    }
  } else {
    evaluation = std::move(recorded);
  }
  if (args.deployment.max_latency) {
    evaluation->notes.clear();
    KeepWithinLatency(*args.deployment.max_latency, *evaluation);
    notes.Take(evaluation->notes);
  }
  report.allocations = evaluation->allocations.size() + evaluation->dropped;
  if (args.law) {
    report.recorded_runs = CountRecorded(*evaluation, sources.runs);
  }
  if (args.oracle) {
    report.oracles.push_back(MakeOraclePlan(*evaluation, sources.runs, report.options));
  } else {
    report.plans.push_back(MakePlan(*evaluation, sources.runs, report.options));
  }
}

/// The batch of all deployments; NaN where they differ, or where memory decides.
double CommonBatch(const PlanArgs& args) {
  const std::vector<Deployment> deployments = AllDeployments(args.deployment);
  CostOptions options = args.cost.options;
  options.batch = deployments.front().batch;
  const auto differs = [&](const Deployment& deployment) {
    return deployment.is_auto || deployment.batch != options.batch;
  };
  return std::any_of(deployments.begin(), deployments.end(), differs)
             ? std::numeric_limits<double>::quiet_NaN()
             : BatchOf(options);
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
  exclude(args.oracle && HasPolicies(args), "--allocation oracle", "--policy");
  exclude(args.growth && HasPolicies(args), "--growth", "--policy");
  const auto other = std::find_if_not(args.policies.begin(), args.policies.end(), IsOfLaws);
  if (args.law && other != args.policies.end()) {
    throw UsageError(fmt::format(
        "--law plans by coverage and adaptive; --policy {} needs recorded trials", Name(*other)));
  }
  // Of these only what is Pareto-optimal in cost is kept.
  for (const Policy policy : {Policy::kCascade, Policy::kAdaptive}) {
    exclude(args.deployment.max_latency && Includes(args.policies, policy), "--max-latency",
            fmt::format("--policy {}", Name(policy)));
  }
  exclude(!args.prices.empty() && args.law, "--price", "--law");
  exclude(!args.prices.empty() && args.deployment.max_latency, "--price", "--max-latency");
  exclude(args.growth && args.records, "--growth", "--records");
  exclude(args.growth && args.oracle, "--growth", "--allocation oracle");
  exclude(args.growth && args.cost.hardware.size() > 1, "--growth", "several devices");
  exclude(args.growth && args.show, "--growth", "--show");
  exclude(args.growth && args.options.min_accuracy, "--growth", "--min-accuracy");
  exclude(args.growth && args.options.per_question, "--growth", "--per-question");
  exclude(args.growth && args.deployment.max_latency, "--growth", "--max-latency");
  const std::vector<Deployment> deployments = AllDeployments(args.deployment);
  exclude(args.growth && (deployments.size() > 1 || deployments.front().is_auto), "--growth",
          "several deployments or --batch auto");
  if (args.deployment.max_latency && std::isinf(CommonBatch(args))) {
    throw UsageError("--max-latency needs a finite --batch, or auto");
  }
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
  PlanReport report = {
      .task = sources.records ? sources.records->task : sources.law->law.data.task,
      .runs = sources.distinct,
      .models = CountModels(sources.runs),
      .rule = args.cost.options.rule,
      .convention = args.cost.options.convention,
      .has_serving = args.deployment.IsAsked(),
      .has_prefill = args.cost.options.prefill,
      .batch = CommonBatch(args),
      .oracle = args.oracle,
      .policies = args.policies,
      .law = args.law,
      .options = args.options,
      .show = args.show,
      .shows_spend = IsSpend(args.options.Unit()) || args.cost.rates.IsAny(),
      .prices = args.prices,
      .has_device = std::any_of(sources.runs.begin(), sources.runs.end(),
                                [](const PlannedRun& run) { return !run.price.has_value(); })};
  if (args.law) {
    constexpr size_t kCandidates = 200;
    report.options.candidates = kCandidates;
  }
  for (const Question& question :
       sources.records ? sources.records->questions : sources.law->law.data.questions) {
    report.question_ids.push_back(question.id);
  }
  NoteTaker notes(streams);
  for (const Hardware& device : devices) {
    PlanOnDevice(sources, args, device, notes, report);
  }
  Emit(RenderPlan(report, args.output.format, args.output.made_by), args.output, streams);
  if (NothingFits(report)) {
    Note(WhyNothingFits(report), streams);
    return Status::kNothingFits;
  }
  return Status::kDone;
}

}  // namespace kinetics::app
