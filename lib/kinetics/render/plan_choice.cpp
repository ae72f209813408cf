#include "kinetics/render/plan_choice.h"

#include <fmt/format.h>

#include <cmath>

#include "kinetics/core/text.h"
#include "kinetics/render/cost_parts.h"
#include "kinetics/render/plan_rows.h"

namespace kinetics {
namespace {

/// " topk:512", or nothing where it is not known.
std::string AttentionSuffix(const std::optional<Attention>& attention) {
  return attention ? " " + FormatSpec(*attention) : "";
}

template <typename RowOrStage>
std::string StageText(const RowOrStage& stage) {
  std::string text = HumanModel(stage) + AttentionSuffix(stage.attention);
  if (stage.generation_tokens) {
    text += ", " + Counted(static_cast<size_t>(*stage.generation_tokens), "token");
  }
  return text + ", " + Counted(static_cast<size_t>(stage.samples), "sample");
}

std::string AllocationText(const PlanRow& row) {
  std::string text = StageText(row);
  const auto drawn = [&row] { return fmt::format("{:.3g} in the mean", row.mean_samples); };
  switch (row.policy) {
    case Policy::kCoverage:
      return text;
    case Policy::kSequential:
      return fmt::format("{} at most, one after another until one is right ({})", text, drawn());
    case Policy::kCascade:
      return row.second ? fmt::format("{}; for what is left {}", text, StageText(*row.second))
                        : text;
    case Policy::kMajority:
      return text + ", majority vote";
    case Policy::kAdaptive:
      return fmt::format("{} at most, as many as each question is worth ({}{})", text, drawn(),
                         IsUpperBound(row) ? "; with hindsight, an upper bound" : "");
  }
  return text;
}

/// "1.69 s = 3.80 PeFLOPs", and what that amounts to where the unit counts money or the like.
std::string CostText(const PlanRow& row, CostUnit unit) {
  if (row.is_served) {
    return HumanCost(Measure(row, unit), unit);
  }
  const std::string text = fmt::format("{} = {}", HumanSeconds(row.cost.seconds.value),
                                       Si(row.cost.eflops.value, "eFLOPs"));
  return IsSpend(unit) ? fmt::format("{} = {}", text, HumanCost(Measure(row, unit), unit)) : text;
}

std::string RivalLine(const Rival& rival, CostUnit unit) {
  std::string text =
      fmt::format("  {:.1f} points {} {} at {}", 100 * std::abs(rival.difference),
                  rival.difference < 0 ? "behind" : "ahead of", AllocationText(rival.row),
                  IsSpend(unit) ? HumanCost(Measure(rival.row, unit), unit)
                                : HumanSeconds(rival.row.cost.seconds.value));
  if (rival.difference_interval) {
    text += fmt::format("; paired difference {}, the rival wins {:.0f} % of resamples",
                        HumanInterval(rival.difference_interval), 100 * *rival.wins);
  }
  return PlanLine(text);
}

/// "served by 2 GPUs at batch 143 (61 of 72 GB each): ..."
std::string ServingText(const PlanRow& row) {
  const Serving& serving = row.serving;
  const double seconds = row.cost.seconds.value;
  std::string text = fmt::format("served by {} at batch {:g}",
                                 Counted(static_cast<size_t>(serving.gpus), "GPU"), serving.batch);
  if (serving.memory) {
    text +=
        fmt::format(" in {}{}", Si(serving.memory->value, "B"), serving.gpus > 1 ? " each" : "");
  }
  return text + fmt::format(": {} a question, {} tokens/s and {:.3g} questions/s{}",
                            HumanSeconds(serving.latency->value), Si(serving.tokens / seconds, ""),
                            1 / seconds, serving.gpus > 1 ? " a GPU" : "");
}

/// Where an accuracy comes from, what it extrapolates in, and its chance among the candidates.
std::string OriginText(const PlanReport& report, const Choice& choice) {
  const PlanRow& row = *choice.best;
  std::string text(row.from_law ? "predicted by the law" : "recorded");
  if (!row.extrapolation.empty()) {
    text += ", EXTRAPOLATED in " +
            Join(std::vector<std::string>(row.extrapolation.begin(), row.extrapolation.end()));
  }
  if (row.chance_best) {
    text += fmt::format("; the {} in {} % of draws, of {}",
                        report.options.min_accuracy ? "cheapest that reaches it" : "best",
                        Percent(*row.chance_best), Counted(choice.candidates.size(), "candidate"));
  }
  return text;
}

}  // namespace

std::string PlanLine(const std::string& text) {
  return Wrap(text, kTableWidth, text.find_first_not_of(' ') + 2) + "\n";
}

std::string PlanRequest(const PlanReport& report, const std::optional<Budget>& budget) {
  std::string text;
  if (report.options.min_accuracy) {
    text += fmt::format(" reaching {} %", Percent(*report.options.min_accuracy));
  }
  if (budget) {
    text += fmt::format(" under {} a question", HumanCost(budget->value, budget->unit));
  }
  return text;
}

std::string ChoiceText(const PlanReport& report, const Plan& plan, const Choice& choice) {
  const std::string request = PlanRequest(report, choice.budget);
  if (!choice.best) {
    return "\n" +
           PlanLine(fmt::format(
               "No allocation{} fits: the cheapest costs {}, the highest accuracy is {} %", request,
               HumanCost(plan.lowest_cost, report.options.Unit()), Percent(plan.highest_accuracy)));
  }
  const PlanRow& best = *choice.best;
  std::string text =
      "\n" + PlanLine(fmt::format("{}{}: {}", report.options.min_accuracy ? "Cheapest" : "Best",
                                  request, AllocationText(best)));
  std::string accuracy = fmt::format("  accuracy {} %", Percent(best.accuracy));
  if (best.accuracy_interval) {
    accuracy += " " + HumanInterval(best.accuracy_interval);
  }
  if (best.accuracy_bound) {
    accuracy += fmt::format(" (a lower bound; at most {} %)", Percent(best.accuracy_bound->high));
  }
  text += PlanLine(fmt::format("{}, {}", accuracy, CostText(best, report.options.Unit())));
  if (report.law) {
    text += PlanLine("  " + OriginText(report, choice));
  }
  if (report.has_serving && best.serving.latency) {
    text += PlanLine("  " + ServingText(best));
  }
  text += PlanLine("  cost: " + (best.is_served
                                     ? std::string("billed by tokens")
                                     : DescribeParts(best.cost, plan.roofline, report.rule)));
  if (!choice.rivals.empty()) {
    text += RivalLine(choice.rivals.front(), report.options.Unit());
  }
  return text;
}

}  // namespace kinetics
