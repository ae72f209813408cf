#include "apps/kinetics/plan_growth.h"

#include <algorithm>

#include "apps/kinetics/plan_law.h"
#include "apps/kinetics/progress.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/render/growth.h"

namespace kinetics::app {
namespace {

constexpr int64_t kGrowthDraws = 200;  // each looks at the whole grid again

}  // namespace

Status RunPlanGrowth(const PlanArgs& args, const Streams& streams) {
  const std::unique_ptr<LawChoice> choice = LoadLawChoice(args, streams);
  const Hardware device = LoadHardware(args.cost.hardware.front());
  const Deployment deployment = AllDeployments(args.deployment).front();
  CostOptions cost = args.cost.options;
  cost.batch = deployment.batch;
  cost.gpus = deployment.gpus;
  const LawEvaluator evaluator(choice->law, choice->sites, choice->grid, device, cost);
  GrowthReport report = {.task = choice->law.data.task,
                         .law = *args.law,
                         .hardware = device.name,
                         .rule = args.cost.options.rule,
                         .allocations = evaluator.Size(),
                         .draws = std::min<int64_t>(args.options.bootstrap, kGrowthDraws)};
  {
    Progress progress("draws of the law", streams);
    const GrowthOptions options = {
        .budgets = args.options.budgets,
        .unit = args.options.Unit(),
        .rates = RatesFor(device, args.cost.rates),
        .draws = report.draws,
        .seed = args.options.seed,
        .progress = [&progress](size_t done, size_t all) { progress.Show(done, all); }};
    report.growth = MeasureGrowth(choice->law, evaluator, options);
  }
  Emit(RenderGrowth(report, args.output.format, args.output.made_by), args.output, streams);
  for (const std::string& note : report.growth.notes) {
    Note(note, streams);
  }
  return report.growth.rows.empty() ? Status::kNothingFits : Status::kDone;
}

}  // namespace kinetics::app
