#include <fmt/format.h>

#include <cmath>
#include <map>

#include "kinetics/core/text.h"
#include "kinetics/render/chart.h"
#include "kinetics/render/cost_parts.h"
#include "kinetics/render/plan.h"
#include "kinetics/render/plan_rows.h"

namespace kinetics {
namespace {

std::string Describe(const PlanRow& row) {
  std::string text = fmt::format("{} {}", HumanModel(row), FormatSpec(row.attention));
  if (row.generation_tokens) {
    text += fmt::format(", {} tokens", *row.generation_tokens);
  }
  return text + ", " + Counted(static_cast<size_t>(row.samples), "sample");
}

/// A line of text, continued two columns further in than it starts.
std::string Line(const std::string& text) {
  return Wrap(text, kTableWidth, text.find_first_not_of(' ') + 2) + "\n";
}

template <typename PlanType>
std::string Device(const PlanType& plan) {
  return fmt::format("{} ({}, {}/s, {}/s)", plan.hardware, Name(plan.roofline.dtype),
                     Si(plan.roofline.peak.value, "FLOP"), Si(plan.roofline.bandwidth.value, "B"));
}

std::string Head(const PlanReport& report) {
  std::string text = Line(
      fmt::format("{}: {}, {} of {}, {}; accuracy is coverage (a sample is right)", report.task,
                  Counted(report.question_ids.size(), "question"),
                  report.law ? fmt::format("{} recorded and {} predicted runs",
                                           report.recorded_runs, report.runs - report.recorded_runs)
                             : Counted(report.runs, "run"),
                  Counted(report.models, "model"), Counted(report.allocations, "allocation")));
  if (report.law) {
    text += Line(fmt::format(
        "predicted by the law {} where not recorded; a chance to be best counts what the law does "
        "not know: its parameters, runs that nobody made, and questions",
        *report.law));
  }
  std::string devices;
  for (const Plan& plan : report.plans) {
    devices += (devices.empty() ? "" : ", ") + Device(plan);
  }
  for (const OraclePlan& plan : report.oracles) {
    devices += (devices.empty() ? "" : ", ") + Device(plan);
  }
  text += Line("on " + devices);
  std::string assumed = fmt::format("rule {}, convention {}, {} allocation", Name(report.rule),
                                    Name(report.convention), report.oracle ? "oracle" : "uniform");
  if (std::isfinite(report.batch)) {
    assumed += fmt::format(", batch {}", Shortest(report.batch));
  }
  if (report.options.bootstrap > 0) {
    assumed +=
        fmt::format("; 95 % intervals, {} resamples of the questions", report.options.bootstrap);
  }
  return text + Line(assumed);
}

std::string RivalLine(const Rival& rival) {
  std::string text = fmt::format("  {:.1f} points {} {} at {}", 100 * std::abs(rival.difference),
                                 rival.difference < 0 ? "behind" : "ahead of", Describe(rival.row),
                                 HumanSeconds(rival.row.cost.seconds.value));
  if (rival.difference_interval) {
    text += fmt::format("; paired difference {}, the rival wins {:.0f} % of resamples",
                        HumanInterval(rival.difference_interval), 100 * *rival.wins);
  }
  return Line(text);
}

/// What a choice was asked for: "under 2.00 s", "at 90.0 % or more under 2.00 s".
std::string Request(const PlanReport& report, const std::optional<Budget>& budget) {
  std::string text;
  if (report.options.min_accuracy) {
    text += fmt::format(" reaching {} %", Percent(*report.options.min_accuracy));
  }
  if (budget) {
    text += fmt::format(" under {} a question", HumanCost(budget->value, budget->unit));
  }
  return text;
}

/// Where an accuracy comes from, what it extrapolates in, and its chance to be the best.
std::string Provenance(const PlanRow& row) {
  std::string text(row.from_law ? "predicted by the law" : "recorded");
  if (!row.extrapolation.empty()) {
    text += ", EXTRAPOLATED in " +
            Join(std::vector<std::string>(row.extrapolation.begin(), row.extrapolation.end()));
  }
  if (row.chance_best) {
    text += fmt::format("; chance to be the best of the 200 that come closest: {} %",
                        Percent(*row.chance_best));
  }
  return text;
}

std::string ChoiceText(const PlanReport& report, const Plan& plan, const Choice& choice) {
  const std::string request = Request(report, choice.budget);
  if (!choice.best) {
    return "\n" +
           Line(fmt::format(
               "No allocation{} fits: the cheapest costs {}, the highest accuracy is {} %", request,
               HumanCost(plan.lowest_cost, report.options.Unit()), Percent(plan.highest_accuracy)));
  }
  const PlanRow& best = *choice.best;
  std::string text = fmt::format("\n{}{}: {}\n", report.options.min_accuracy ? "Cheapest" : "Best",
                                 request, Describe(best));
  std::string accuracy = fmt::format("  accuracy {} %", Percent(best.accuracy));
  if (best.accuracy_interval) {
    accuracy += " " + HumanInterval(best.accuracy_interval);
  }
  if (best.accuracy_bound) {
    accuracy += fmt::format(" (a lower bound; at most {} %)", Percent(best.accuracy_bound->high));
  }
  text += Line(fmt::format("{}, {} = {}", accuracy, HumanSeconds(best.cost.seconds.value),
                           Si(best.cost.eflops.value, "eFLOPs")));
  if (report.law) {
    text += Line("  " + Provenance(best));
  }
  text += Line("  cost: " + DescribeParts(PartsOf(best.cost.terms, plan.roofline, report.rule)));
  if (!choice.rivals.empty()) {
    text += RivalLine(choice.rivals.front());
  }
  return text;
}

/// The frontier as a picture: each model has a letter.
std::string Picture(const std::vector<PlanRow>& rows, CostUnit unit) {
  constexpr size_t kIndent = 9;
  std::map<std::string, char> marks;
  std::string legend;
  size_t column = kIndent;
  std::vector<ChartPoint> points;
  for (const PlanRow& row : rows) {
    const auto next = static_cast<char>('a' + marks.size() % 26);
    const auto [mark, is_new] = marks.emplace(row.model, next);
    points.push_back({Measure(row.cost, unit), row.accuracy, mark->second});
    if (is_new) {
      const std::string entry = fmt::format("{} {}", next, row.model);
      const bool breaks = column > kIndent && column + 2 + entry.size() > kTableWidth;
      const std::string separator = breaks ? "\n" + std::string(kIndent, ' ') : "  ";
      legend += legend.empty() ? entry : separator + entry;
      column = (breaks ? kIndent : column + 2) + entry.size();
    }
  }
  const std::string chart = AccuracyChart(points, unit);
  return chart.empty() ? "" : "\n" + chart + std::string(kIndent, ' ') + legend + "\n";
}

/// Columns that a table does without where it would be too wide.
const std::vector<std::string> kDispensable = {"eFLOPs", "FLOPs", "interval"};

// Of accuracy, between the rows of a frontier that is too long to read.
constexpr double kApart = 0.02;

/// The rows of a frontier, or of a long one those that are some way apart, and the last.
std::vector<ListedRow> Thinned(const std::vector<ListedRow>& rows) {
  constexpr size_t kReadable = 60;
  if (rows.size() <= kReadable) {
    return rows;
  }
  std::vector<ListedRow> thinned = {rows.front()};
  for (const ListedRow& listed : rows) {
    if (listed.row->accuracy >= thinned.back().row->accuracy + kApart ||
        listed.row == rows.back().row) {
      thinned.push_back(listed);
    }
  }
  return thinned;
}

std::string DevicePlan(const PlanReport& report, const Plan& plan) {
  std::string text;
  for (const Choice& choice : plan.choices) {
    text += ChoiceText(report, plan, choice);
  }
  if (report.show == Show::kBest) {
    return text;
  }
  if (!plan.frontier.empty()) {
    const std::vector<ListedRow> all = ListedRows(plan, Show::kFrontier);
    const std::vector<ListedRow> rows = Thinned(all);
    text += fmt::format("\nPareto frontier ({} of {} allocations)\n", plan.frontier.size(),
                        report.allocations);
    text += TableText(RowsTable(rows, report.options.Unit()), kDispensable);
    if (rows.size() < all.size()) {
      text += Line(fmt::format("  {} of them, {:g} points or more apart; --format csv has all",
                               rows.size(), 100 * kApart));
    }
    text += Picture(plan.frontier, report.options.Unit());
  }
  if (report.show == Show::kCandidates) {
    text +=
        "\nCandidates\n" +
        TableText(RowsTable(ListedRows(plan, report.show), report.options.Unit()), kDispensable);
  }
  if (report.show == Show::kAll) {
    text += "\nAll allocations\n" +
            TableText(RowsTable(ListedRows(plan, Show::kAll), report.options.Unit()), kDispensable);
  }
  return text;
}

/// Several devices: the best of each, side by side.
std::string DevicesTable(const PlanReport& report) {
  std::string text;
  const size_t choices = report.plans.front().choices.size();
  for (size_t c = 0; c < choices; ++c) {
    const std::string request = Request(report, report.plans.front().choices[c].budget);
    text += fmt::format("\n{}{}, by device\n", report.options.min_accuracy ? "Cheapest" : "Best",
                        request);
    Table table = {.columns = {{"hardware", false},
                               {"cost", true},
                               {"accuracy", true},
                               {"interval", false},
                               {"samples", true},
                               {"model", false},
                               {"attention", false}},
                   .rows = {}};
    for (const Plan& plan : report.plans) {
      const auto& best = plan.choices[c].best;
      if (best) {
        table.rows.push_back(
            {plan.hardware,
             HumanCost(Measure(best->cost, report.options.Unit()), report.options.Unit()),
             Percent(best->accuracy), HumanInterval(best->accuracy_interval),
             std::to_string(best->samples), HumanModel(*best), FormatSpec(best->attention)});
      } else {
        table.rows.push_back({plan.hardware, "", "", "", "", "(nothing fits)", ""});
      }
    }
    text += TableText(table, kDispensable);
  }
  return text;
}

}  // namespace

std::string PlanTable(const PlanReport& report) {
  std::string text = Head(report);
  for (const OraclePlan& plan : report.oracles) {
    text += fmt::format("\n{}: each question takes its own best allocation (an upper bound)\n",
                        plan.hardware);
    if (plan.rows.empty()) {
      text += fmt::format("  no budget reaches {} %\n", Percent(*report.options.min_accuracy));
    } else {
      text += TableText(OracleTable(plan));
    }
  }
  if (report.plans.size() > 1) {
    text += DevicesTable(report);
  }
  if (report.plans.size() == 1 || (report.show && report.show != Show::kBest)) {
    for (const Plan& plan : report.plans) {
      text += report.plans.size() > 1 ? "\n" + plan.hardware + "\n" : "";
      text += DevicePlan(report, plan);
    }
  }
  return text;
}

}  // namespace kinetics
