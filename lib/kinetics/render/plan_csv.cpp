#include <cmath>

#include "kinetics/render/csv_writer.h"
#include "kinetics/render/plan.h"
#include "kinetics/render/plan_rows.h"
#include "kinetics/render/spend.h"

namespace kinetics {
namespace {

std::optional<double> Low(const std::optional<Interval>& interval) {
  return interval ? std::optional(interval->low) : std::nullopt;
}

std::optional<double> High(const std::optional<Interval>& interval) {
  return interval ? std::optional(interval->high) : std::nullopt;
}

/// "kv_budget samples": blanks between.
std::string Extrapolation(const PlanRow& row) {
  std::string text;
  for (const std::string_view reason : row.extrapolation) {
    text += (text.empty() ? "" : " ") + std::string(reason);
  }
  return text;
}

/// Writes the rows of one report.
class PlanCsvWriter {
 public:
  explicit PlanCsvWriter(const PlanReport& report)
      : report_(report),
        has_hardware_(report.plans.size() > 1),
        has_budget_(report.options.budgets.size() > 1),
        csv_(Columns()) {}

  std::string Write() {
    for (const Plan& plan : report_.plans) {
      for (const ListedRow& listed : ListedRows(plan, report_.show)) {
        if (report_.options.per_question) {
          WriteQuestions(plan, listed);
        } else {
          WriteRow(plan, listed);
        }
      }
    }
    return csv_.Text();
  }

 private:
  std::vector<std::string> Columns() const {
    std::vector<std::string> columns;
    if (has_hardware_) {
      columns.emplace_back("hardware");
    }
    if (has_budget_) {
      columns.insert(columns.end(), {"budget", "unit"});
    }
    columns.insert(columns.end(),
                   {"model", "variant", "attention", "generation_tokens", "samples"});
    if (!report_.policies.empty()) {
      columns.insert(columns.end(), {"policy", "mean_samples", "upper_bound"});
    }
    if (HasCascades()) {
      columns.insert(columns.end(),
                     {"second_model", "second_variant", "second_attention",
                      "second_generation_tokens", "second_samples", "second_gpus", "second_batch"});
    }
    if (report_.options.per_question) {
      columns.emplace_back("question");
    }
    columns.insert(columns.end(), {"accuracy", "accuracy_low", "accuracy_high", "flops", "bytes",
                                   "eflops", "seconds"});
    if (report_.shows_spend) {
      columns.insert(columns.end(), kSpendColumns.begin(), kSpendColumns.end());
    }
    if (report_.has_serving) {
      columns.insert(columns.end(), {"gpus", "batch", "memory_bytes", "latency_seconds",
                                     "tokens_per_second_per_gpu", "questions_per_second_per_gpu"});
    }
    if (report_.law) {
      columns.insert(columns.end(), {"origin", "extrapolation", "chance_best"});
    }
    return columns;
  }

  /// The smallest budget that a row fits.
  std::optional<Budget> BudgetOf(const PlanRow& row) const {
    std::optional<Budget> smallest;
    for (const Budget& budget : report_.options.budgets) {
      const bool fits = Measure(row, budget.unit) <= budget.value;
      if (fits && (!smallest || budget.value < smallest->value)) {
        smallest = budget;
      }
    }
    return smallest;
  }

  void WriteAllocation(const Plan& plan, const ListedRow& listed) {
    if (has_hardware_) {
      csv_.Cell(plan.hardware);
    }
    if (has_budget_) {
      const std::optional<Budget> budget = listed.budget ? listed.budget : BudgetOf(*listed.row);
      csv_.Cell(budget ? std::optional(budget->value) : std::nullopt);
      csv_.Cell(budget ? Name(budget->unit) : "");
    }
    const PlanRow& row = *listed.row;
    csv_.Cell(row.model).Cell(row.variant).Cell(SpecText(row.attention, ""));
    csv_.Cell(row.generation_tokens).Cell(row.samples);
    WritePolicy(row);
  }

  bool HasCascades() const { return Includes(report_.policies, Policy::kCascade); }

  void WritePolicy(const PlanRow& row) {
    if (!report_.policies.empty()) {
      csv_.Cell(Name(row.policy)).Cell(row.mean_samples);
      csv_.Cell(IsUpperBound(row) ? "true" : "false");
    }
    if (!HasCascades()) {
      return;
    }
    if (row.second) {
      csv_.Cell(row.second->model).Cell(row.second->variant);
      csv_.Cell(SpecText(row.second->attention, ""));
      csv_.Cell(row.second->generation_tokens).Cell(row.second->samples);
      const Serving& serving = row.second->serving;
      csv_.Cell(row.second->is_served ? std::nullopt : std::optional(serving.gpus));
      csv_.Cell(std::isfinite(serving.batch) ? std::optional(serving.batch) : std::nullopt);
    } else {
      csv_.Cell("").Cell("").Cell("").Cell("").Cell("").Cell("").Cell("");
    }
  }

  void WriteRow(const Plan& plan, const ListedRow& listed) {
    const PlanRow& row = *listed.row;
    WriteAllocation(plan, listed);
    csv_.Cell(row.accuracy).Cell(Low(row.accuracy_interval)).Cell(High(row.accuracy_interval));
    WriteCosts(row, TotalFlops(row.cost.terms), TotalBytes(row.cost.terms), row.cost.eflops,
               row.cost.seconds);
    WriteSpendCells(row.spend);
    WriteExtras(row);
    csv_.EndRow();
  }

  void WriteCosts(const PlanRow& row, Flops flops, Bytes bytes, Flops eflops, Seconds seconds) {
    for (const double figure : {flops.value, bytes.value, eflops.value, seconds.value}) {
      csv_.Cell(row.is_served ? std::nullopt : std::optional(figure));
    }
  }

  void WriteSpendCells(const Spend& spend) {
    if (report_.shows_spend) {
      AddCells(csv_, spend);
    }
  }

  void WriteExtras(const PlanRow& row) {
    if (report_.has_serving) {
      WriteServing(row);
    }
    if (report_.law) {
      csv_.Cell(OriginOf(row)).Cell(Extrapolation(row)).Cell(row.chance_best);
    }
  }

  void WriteServing(const PlanRow& row) {
    const Serving& serving = row.serving;
    csv_.Cell(row.is_served ? std::nullopt : std::optional(serving.gpus));
    const auto cell = [&](bool is_known, double value) {
      csv_.Cell(is_known ? std::optional(value) : std::nullopt);
    };
    const bool is_finite = serving.latency.has_value();
    cell(is_finite, serving.batch);
    cell(serving.memory.has_value(), serving.memory.value_or(Bytes()).value);
    cell(is_finite, serving.latency.value_or(Seconds()).value);
    cell(is_finite, serving.tokens / row.cost.seconds.value);
    cell(is_finite, 1 / row.cost.seconds.value);
  }

  void WriteQuestions(const Plan& plan, const ListedRow& listed) {
    for (size_t q = 0; q < listed.row->questions.size(); ++q) {
      const QuestionRow& question = listed.row->questions[q];
      WriteAllocation(plan, listed);
      csv_.Cell(report_.question_ids[q]).Cell(question.accuracy).Cell("").Cell("");
      WriteCosts(*listed.row, question.flops, question.bytes, question.eflops, question.seconds);
      WriteSpendCells(question.spend);
      WriteExtras(*listed.row);
      csv_.EndRow();
    }
  }

  const PlanReport& report_;
  bool has_hardware_;
  bool has_budget_;
  CsvWriter csv_;
};

std::string OracleCsv(const PlanReport& report) {
  const bool has_hardware = report.oracles.size() > 1;
  std::vector<std::string> columns = {"budget",       "unit",          "model",  "accuracy",
                                      "accuracy_low", "accuracy_high", "seconds"};
  if (has_hardware) {
    columns.insert(columns.begin(), "hardware");
  }
  if (report.shows_spend) {
    columns.insert(columns.end(), kSpendColumns.begin(), kSpendColumns.end());
  }
  CsvWriter csv(columns);
  for (const OraclePlan& plan : report.oracles) {
    for (const OracleRow& row : plan.rows) {
      if (has_hardware) {
        csv.Cell(plan.hardware);
      }
      csv.Cell(row.budget.value).Cell(Name(row.budget.unit)).Cell(row.model).Cell(row.accuracy);
      csv.Cell(Low(row.accuracy_interval)).Cell(High(row.accuracy_interval));
      csv.Cell(row.is_served ? std::nullopt : std::optional(row.seconds.value));
      if (report.shows_spend) {
        AddCells(csv, row.spend);
      }
      csv.EndRow();
    }
  }
  return csv.Text();
}

}  // namespace

std::string PlanCsv(const PlanReport& report) {
  return report.oracle ? OracleCsv(report) : PlanCsvWriter(report).Write();
}

}  // namespace kinetics
