#include "apps/kinetics/plan_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "apps/kinetics/model_choice.h"
#include "apps/kinetics/served.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics::app {
namespace {

std::string Listed(const std::set<std::string>& names) {
  return Join(std::vector<std::string>(names.begin(), names.end()));
}

/// Chooses runs one by one and remembers which are left out.
class RunSelector {
 public:
  RunSelector(const Records& records, const PlanArgs& args)
      : records_(records), args_(args), choice_(CatalogueOptions(records, args)) {
    if (!args.law) {
      ExpectRunsOf(args.prices, records);
      choice_.ExpectRuns({&records});
    }
  }

  void Add(const Run& run) {
    const std::optional<TokenPrice> price = PriceOf(args_.prices, run.model);
    if (!Takes(run.model, price.has_value())) {
      return;
    }
    if (!run.attention && (!price || !args_.attentions.empty())) {
      without_attention_.insert(Describe(run));
    } else if (!MatchesAttention(run)) {
      return;
    } else if (price) {
      AddServed(run, *price);
    } else if (const std::optional<Model>& model = ModelOf(run.model)) {
      planned_.push_back({.run = &run, .model = *model});
    } else {
      unknown_.insert(run.model);
    }
  }

  /// Throws Error where none remains, but not beside a law.
  std::vector<PlannedRun> Finish(const Streams& streams) {
    const std::set<std::string>* const noted[] = {&without_attention_, &unknown_, &billed_};
    constexpr const char* kReasons[] = {"their attention is not recorded",
                                        "models that no catalogue has",
                                        "billed by tokens, which cost usd alone"};
    bool any_noted = false;
    for (size_t i = 0; i < std::size(noted); ++i) {
      if (!noted[i]->empty()) {
        Note(fmt::format("left out, {}: {}", kReasons[i], Listed(*noted[i])), streams);
        any_noted = true;
      }
    }
    if (planned_.empty() && !args_.law) {
      throw Error(fmt::format("task {} has no run that can be planned with{}", records_.task,
                              any_noted ? ", as noted above" : " and that --attention selects"));
    }
    return std::move(planned_);
  }

 private:
  /// Whether an option names served models alone; these need not be in a catalogue.
  static bool NamesServed(const std::string& option, const Records& records, const PlanArgs& args) {
    bool any_served = false;
    for (const Run& run : records.runs) {
      if (MatchesGlob(option, run.model)) {
        if (!PriceOf(args.prices, run.model)) {
          return false;
        }
        any_served = true;
      }
    }
    return any_served;
  }

  static std::vector<std::string> CatalogueOptions(const Records& records, const PlanArgs& args) {
    std::vector<std::string> options = args.cost.models;
    std::erase_if(options,
                  [&](const std::string& option) { return NamesServed(option, records, args); });
    return options;
  }

  bool Takes(const std::string& model, bool is_served) const {
    const std::vector<std::string>& options = args_.cost.models;
    if (options.empty()) {
      return true;
    }
    const bool is_named = std::any_of(options.begin(), options.end(), [&](const auto& option) {
      return MatchesGlob(option, model);
    });
    return (is_served && is_named) || (choice_.HasOptions() && choice_.Takes(model));
  }

  bool MatchesAttention(const Run& run) const {
    return args_.attentions.empty() || std::any_of(args_.attentions.begin(), args_.attentions.end(),
                                                   [&run](const AttentionFilter& filter) {
                                                     return filter.Matches(*run.attention);
                                                   });
  }

  void AddServed(const Run& run, const TokenPrice& price) {
    if (args_.options.Unit() == CostUnit::kUsd) {
      planned_.push_back({.run = &run, .price = price});
    } else {
      billed_.insert(Describe(run));
    }
  }

  const std::optional<Model>& ModelOf(const std::string& name) {
    const auto [model, is_new] = models_.emplace(name, std::nullopt);
    if (is_new) {
      model->second = choice_.Find(name);
    }
    return model->second;
  }

  const Records& records_;
  const PlanArgs& args_;
  ModelChoice choice_;
  std::map<std::string, std::optional<Model>> models_;
  std::vector<PlannedRun> planned_;
  std::set<std::string> without_attention_;
  std::set<std::string> unknown_;
  std::set<std::string> billed_;
};

}  // namespace

std::vector<PlannedRun> SelectRuns(const Records& records, const PlanArgs& args,
                                   const Streams& streams) {
  RunSelector selector(records, args);
  for (const Run& run : records.runs) {
    selector.Add(run);
  }
  return selector.Finish(streams);
}

}  // namespace kinetics::app
