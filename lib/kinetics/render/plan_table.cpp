#include <fmt/format.h>

#include <cmath>
#include <map>

#include "kinetics/render/chart.h"
#include "kinetics/render/plan.h"
#include "kinetics/render/plan_choice.h"
#include "kinetics/render/plan_rows.h"
#include "kinetics/render/spend.h"

namespace kinetics {
namespace {

template <typename PlanType>
std::string Device(const PlanType& plan) {
  return fmt::format("{} ({}, {}/s, {}/s)", plan.hardware, Name(plan.roofline.dtype),
                     Si(plan.roofline.peak.value, "FLOP"), Si(plan.roofline.bandwidth.value, "B"));
}

/// "35 runs", beside a law "35 recorded and 162 predicted runs".
std::string RunsText(const PlanReport& report) {
  if (!report.law) {
    return Counted(report.runs, "run");
  }
  const size_t predicted = report.runs - report.recorded_runs;
  return report.recorded_runs == 0 ? Counted(predicted, "predicted run")
                                   : fmt::format("{} recorded and {}", report.recorded_runs,
                                                 Counted(predicted, "predicted run"));
}

/// What adaptive allocation knows of questions.
std::string_view Knowledge(const PlanReport& report) {
  if (!report.law) {
    return "with hindsight, an upper bound";
  }
  return report.recorded_runs == 0
             ? "how hard they are by the law"
             : "how hard they are by the law, or with hindsight, an upper bound";
}

/// When a policy's answer is right.
std::string Meaning(Policy policy, const PlanReport& report) {
  switch (policy) {
    case Policy::kCoverage:
      return "coverage (a sample is right)";
    case Policy::kSequential:
      return "sequential (samples one after another until one is right)";
    case Policy::kCascade:
      return "cascade (a second stage for questions that the first leaves unsolved)";
    case Policy::kMajority:
      return "majority (the most frequent answer is right)";
    case Policy::kAdaptive:
      return fmt::format("adaptive (a sample is right, as many as each question is worth: {})",
                         Knowledge(report));
  }
  return "";
}

/// What accuracy means, for each of the policies.
std::string AccuracyText(const PlanReport& report) {
  if (report.policies.empty()) {
    return fmt::format("accuracy is {}", Meaning(Policy::kCoverage, report));
  }
  std::string text = report.policies.size() > 1 ? "policies" : "policy";
  for (const Policy policy : report.policies) {
    text += policy == report.policies.front() ? " " : ", ";
    text += Meaning(policy, report);
  }
  return text;
}

std::string PlanHead(const PlanReport& report) {
  std::string text = PlanLine(fmt::format(
      "{}: {}, {} of {}, {}; {}", report.task, Counted(report.question_ids.size(), "question"),
      RunsText(report), Counted(report.models, "model"), Counted(report.allocations, "allocation"),
      AccuracyText(report)));
  if (report.law) {
    text += PlanLine(fmt::format("predicted by the law {}{}{}", *report.law,
                                 report.recorded_runs > 0 ? " where not recorded" : "",
                                 report.options.bootstrap > 0
                                     ? "; draws count what it does not know: its parameters, runs "
                                       "that nobody made, and questions"
                                     : ""));
  }
  std::string devices;
  std::string rates;
  const auto add = [&](const auto& plan) {
    devices += (devices.empty() ? "" : ", ") + Device(plan);
    rates += (rates.empty() ? "" : "; ") + DescribeRates(plan.rates, report.options.Unit());
  };
  for (const Plan& plan : report.plans) {
    add(plan);
  }
  for (const OraclePlan& plan : report.oracles) {
    add(plan);
  }
  if (report.has_device) {
    text += PlanLine("on " + devices);
    if (IsSpend(report.options.Unit())) {
      text += PlanLine("charged: " + rates);
    }
  }
  if (!report.prices.empty()) {
    text += PlanLine("billed: " + DescribePrices(report.prices) + "; the prompt with every sample");
  }
  std::string assumed;
  if (report.has_device) {
    assumed = fmt::format("rule {}, convention {}, ", Name(report.rule), Name(report.convention));
  }
  assumed += report.oracle ? "oracle allocation" : "uniform allocation";
  if (report.has_device && std::isfinite(report.batch)) {
    assumed += fmt::format(", batch {}", Shortest(report.batch));
  } else if (report.has_device && std::isinf(report.batch)) {
    assumed += ", weights for free (the limit of a large batch)";
  }
  if (report.has_prefill) {
    assumed += ", with prefill";
  }
  if (report.options.bootstrap > 0) {
    assumed += fmt::format("; 95 % intervals, {} {}", report.options.bootstrap,
                           report.law ? "draws" : "resamples of the questions");
  }
  return text + PlanLine(assumed);
}

/// The frontier as a picture: each model has a letter.
std::string FrontierChart(const std::vector<PlanRow>& rows, CostUnit unit) {
  constexpr size_t kIndent = 9;
  std::map<std::string, char> marks;
  std::string legend;
  size_t column = kIndent;
  std::vector<ChartPoint> points;
  for (const PlanRow& row : rows) {
    const auto next = static_cast<char>('a' + marks.size() % 26);
    const auto [mark, is_new] = marks.emplace(row.model, next);
    points.push_back({Measure(row, unit), row.accuracy, mark->second});
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
const std::vector<std::string> kDispensable = {"eFLOPs", "FLOPs", "interval", "tok/s", "best %",
                                               "by",     "drawn", "batch",    "GPUs"};

/// Likewise of a plan in which every model is served: what no row has.
const std::vector<std::string> kDispensableServed = {"seconds", "attention", "interval"};

/// A table of rows, and what a star in it means.
std::string RowsText(const Table& table, const PlanReport& report) {
  std::string text = TableText(table, report.has_device ? kDispensable : kDispensableServed);
  if (text.find('*') != std::string::npos) {
    text += PlanLine("  * outside of the data behind the law; --format csv says in what");
  }
  return text;
}

// Of accuracy, between the rows of a frontier that is too long to read.
constexpr double kApart = 0.02;

/// The rows of a frontier, or of a long one those that are some way apart, and the last.
std::vector<ListedRow> ReadableRows(const std::vector<ListedRow>& rows) {
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
    const std::vector<ListedRow> rows = ReadableRows(all);
    text += fmt::format("\nPareto frontier ({} of {} allocations)\n", plan.frontier.size(),
                        report.allocations);
    text += RowsText(RowsTable(rows, report.options.Unit()), report);
    if (rows.size() < all.size()) {
      text += PlanLine(fmt::format("  {} of them, {:g} points or more apart; --format csv has all",
                                   rows.size(), 100 * kApart));
    }
    text += FrontierChart(plan.frontier, report.options.Unit());
  }
  for (const Choice& choice : plan.choices) {
    if (report.show == Show::kCandidates && !choice.candidates.empty()) {
      text += fmt::format("\nCandidates{}\n", PlanRequest(report, choice.budget));
      std::vector<ListedRow> rows;
      for (const PlanRow& row : choice.candidates) {
        rows.push_back({.budget = choice.budget, .row = &row});
      }
      text += RowsText(RowsTable(rows, report.options.Unit()), report);
    }
  }
  if (report.show == Show::kAll) {
    const std::vector<ListedRow> rows = ListedRows(plan, Show::kAll);
    text += "\nAll allocations\n" + RowsText(RowsTable(rows, report.options.Unit()), report);
  }
  return text;
}

/// Several devices: the best of each, side by side.
std::string DevicesTable(const PlanReport& report) {
  std::string text;
  const size_t choices = report.plans.front().choices.size();
  for (size_t c = 0; c < choices; ++c) {
    const std::string request = PlanRequest(report, report.plans.front().choices[c].budget);
    text += fmt::format("\n{}{}, by device\n", report.options.min_accuracy ? "Cheapest" : "Best",
                        request);
    std::vector<ListedRow> rows;
    for (const Plan& plan : report.plans) {
      if (const auto& best = plan.choices[c].best) {
        rows.push_back({.budget = std::nullopt, .row = &*best});
      }
    }
    Table table = RowsTable(rows, report.options.Unit());
    table.columns.insert(table.columns.begin(), {"hardware", false});
    auto row = table.rows.begin();
    for (const Plan& plan : report.plans) {
      if (const auto& best = plan.choices[c].best) {
        row->insert(row->begin(), plan.hardware);
        if (best->second) {
          ++row;
          row->insert(row->begin(), "");
        }
      } else {
        row = table.rows.insert(row, std::vector<std::string>(table.columns.size()));
        row->front() = plan.hardware;
        row->at(kModelColumn + 1) = "(nothing fits)";
      }
      ++row;
    }
    text += RowsText(table, report);
  }
  return text;
}

}  // namespace

std::string PlanTable(const PlanReport& report) {
  std::string text = PlanHead(report);
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
