#include "apps/kinetics/plan_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "apps/kinetics/model_choice.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics::app {
namespace {

std::string Listed(const std::set<std::string>& names) {
  return Join(std::vector<std::string>(names.begin(), names.end()));
}

}  // namespace

std::vector<PlannedRun> SelectRuns(const Records& records, const PlanArgs& args,
                                   const Streams& streams) {
  const ModelChoice choice(args.cost.models);
  if (!args.law) {
    choice.ExpectRuns({&records});
  }
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
  if (planned.empty() && !args.law) {
    const bool noted = !without_attention.empty() || !unknown.empty();
    throw Error(fmt::format("task {} has no run that can be planned with{}", records.task,
                            noted ? ", as noted above" : " and that --attention selects"));
  }
  return planned;
}

}  // namespace kinetics::app
