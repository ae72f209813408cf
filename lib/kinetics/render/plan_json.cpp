#include <cmath>

#include "kinetics/render/cost_parts.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/plan.h"
#include "kinetics/render/plan_rows.h"

namespace kinetics {
namespace {

void WriteInterval(JsonWriter& json, std::string_view key,
                   const std::optional<Interval>& interval) {
  json.Key(key);
  if (!interval) {
    json.Null();
    return;
  }
  json.BeginList();
  json.Value(interval->low);
  json.Value(interval->high);
  json.EndList();
}

void WriteBudget(JsonWriter& json, const std::optional<Budget>& budget) {
  if (!budget) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("value").Value(budget->value);
  json.Key("unit").Value(Name(budget->unit));
  json.EndObject();
}

void WriteQuestions(JsonWriter& json, const PlanRow& row, const PlanReport& report) {
  if (!report.options.per_question) {
    return;
  }
  json.Key("questions").BeginList();
  for (size_t q = 0; q < row.questions.size(); ++q) {
    const QuestionRow& question = row.questions[q];
    json.BeginObject();
    json.Key("question").Id(report.question_ids[q]);
    json.Key("accuracy").Value(question.accuracy);
    json.Key("seconds").Value(question.seconds.value);
    json.Key("flops").Value(question.flops.value);
    json.Key("bytes").Value(question.bytes.value);
    json.Key("eflops").Value(question.eflops.value);
    json.EndObject();
  }
  json.EndList();
}

/// The members of a row; the object around them is open.
void WriteRow(JsonWriter& json, const PlanRow& row, const PlanReport& report) {
  json.Key("model").Value(row.model);
  json.Key("variant").Value(row.variant);
  json.Key("attention").Value(row.attention);
  json.Key("generation_tokens").Value(row.generation_tokens);
  json.Key("samples").Value(row.samples);
  json.Key("accuracy").Value(row.accuracy);
  WriteInterval(json, "accuracy_interval", row.accuracy_interval);
  json.Key("accuracy_bound");
  if (row.accuracy_bound) {
    json.BeginObject();
    json.Key("lower").Value(row.accuracy_bound->low);
    json.Key("upper").Value(row.accuracy_bound->high);
    json.EndObject();
  } else {
    json.Null();
  }
  WriteCost(json, row.cost);
  if (report.law) {
    json.Key("origin").Value(OriginOf(row));
    json.Key("extrapolation").BeginList();
    for (const std::string_view reason : row.extrapolation) {
      json.Value(reason);
    }
    json.EndList();
    json.Key("chance_best").Value(row.chance_best);
  }
  WriteQuestions(json, row, report);
}

void WriteRows(JsonWriter& json, std::string_view key, const std::vector<PlanRow>& rows,
               const PlanReport& report) {
  json.Key(key).BeginList();
  for (const PlanRow& row : rows) {
    json.BeginObject();
    WriteRow(json, row, report);
    json.EndObject();
  }
  json.EndList();
}

void WriteRivals(JsonWriter& json, const std::vector<Rival>& rivals, const PlanReport& report) {
  json.Key("rivals").BeginList();
  for (const Rival& rival : rivals) {
    json.BeginObject();
    WriteRow(json, rival.row, report);
    json.Key("difference").Value(rival.difference);
    WriteInterval(json, "difference_interval", rival.difference_interval);
    json.Key("wins").Value(rival.wins);
    json.EndObject();
  }
  json.EndList();
}

void WriteCandidates(JsonWriter& json, const Choice& choice, const PlanReport& report) {
  if (report.law) {
    WriteRows(json, "candidates", choice.candidates, report);
  }
}

/// One budget among several: the best with its budget and rivals; only the budget where nothing
/// fits.
void WriteChoice(JsonWriter& json, const Choice& choice, const PlanReport& report) {
  json.BeginObject();
  json.Key("budget");
  WriteBudget(json, choice.budget);
  if (choice.best) {
    WriteRow(json, *choice.best, report);
  } else {
    json.Key("model").Null();
    json.Key("accuracy").Null();
  }
  WriteRivals(json, choice.rivals, report);
  WriteCandidates(json, choice, report);
  json.EndObject();
}

void WritePlan(JsonWriter& json, const Plan& plan, const PlanReport& report) {
  json.Key("dtype").Value(Name(plan.roofline.dtype));
  if (plan.choices.size() > 1) {
    json.Key("best").BeginList();
    for (const Choice& choice : plan.choices) {
      WriteChoice(json, choice, report);
    }
    json.EndList();
  } else {
    json.Key("best");
    if (const auto& best = plan.choices.front().best) {
      json.BeginObject();
      WriteRow(json, *best, report);
      json.EndObject();
    } else {
      json.Null();
    }
  }
  if (report.show != Show::kBest) {
    WriteRows(json, "frontier", plan.frontier, report);
  }
  if (plan.choices.size() == 1) {
    WriteRivals(json, plan.choices.front().rivals, report);
    WriteCandidates(json, plan.choices.front(), report);
  }
  if (report.show == Show::kAll) {
    WriteRows(json, "allocations", plan.allocations, report);
  }
}

void WriteOracleRow(JsonWriter& json, const OracleRow& row) {
  json.BeginObject();
  json.Key("budget");
  WriteBudget(json, row.budget);
  json.Key("model").Value(row.model);
  json.Key("accuracy").Value(row.accuracy);
  WriteInterval(json, "accuracy_interval", row.accuracy_interval);
  json.Key("seconds").Value(row.seconds.value);
  json.EndObject();
}

void WriteOracle(JsonWriter& json, const OraclePlan& plan, const PlanReport& report) {
  json.Key("dtype").Value(Name(plan.roofline.dtype));
  json.Key("best");
  if (report.options.budgets.size() > 1) {
    json.BeginList();
    for (const OracleRow& row : plan.rows) {
      WriteOracleRow(json, row);
    }
    json.EndList();
  } else if (plan.best) {
    WriteOracleRow(json, *plan.best);
  } else {
    json.Null();
  }
  if (report.show != Show::kBest) {
    json.Key("frontier").BeginList();
    for (const OracleRow& row : plan.rows) {
      if (row.model) {
        WriteOracleRow(json, row);
      }
    }
    json.EndList();
  }
}

void WriteBudgets(JsonWriter& json, const std::vector<Budget>& budgets) {
  json.Key("budget");
  if (budgets.size() < 2) {
    WriteBudget(json, budgets.empty() ? std::nullopt : std::optional(budgets.front()));
    return;
  }
  json.BeginList();
  for (const Budget& budget : budgets) {
    WriteBudget(json, budget);
  }
  json.EndList();
}

/// One device: its members stand in the document itself. Several: a list of "plans".
template <typename PlanType, typename Write>
void WriteDevices(JsonWriter& json, const std::vector<PlanType>& plans, const Write& write) {
  if (plans.size() == 1) {
    write(plans.front());
    return;
  }
  json.Key("plans").BeginList();
  for (const PlanType& plan : plans) {
    json.BeginObject();
    json.Key("hardware").Value(plan.hardware);
    write(plan);
    json.EndObject();
  }
  json.EndList();
}

template <typename PlanType>
void WriteHardware(JsonWriter& json, const std::vector<PlanType>& plans) {
  json.Key("hardware");
  if (plans.size() == 1) {
    json.Value(plans.front().hardware);
    return;
  }
  json.BeginList();
  for (const PlanType& plan : plans) {
    json.Value(plan.hardware);
  }
  json.EndList();
}

}  // namespace

std::string PlanJson(const PlanReport& report, const MadeBy& made_by) {
  JsonWriter json("kinetics.plan/1", made_by);
  json.Key("task").Value(report.task);
  report.oracle ? WriteHardware(json, report.oracles) : WriteHardware(json, report.plans);
  json.Key("rule").Value(Name(report.rule));
  json.Key("convention").Value(Name(report.convention));
  json.Key("allocation").Value(report.oracle ? "oracle" : "uniform");
  json.Key("batch");
  std::isfinite(report.batch) ? json.Value(report.batch) : json.Null();
  if (report.law) {
    json.Key("law").Value(*report.law);
    json.Key("allocations_evaluated").Value(report.allocations);
  }
  json.Key("bootstrap").Value(report.options.bootstrap);
  WriteBudgets(json, report.options.budgets);
  json.Key("min_accuracy").Value(report.options.min_accuracy);
  if (report.oracle) {
    WriteDevices(json, report.oracles,
                 [&](const OraclePlan& plan) { WriteOracle(json, plan, report); });
  } else {
    WriteDevices(json, report.plans, [&](const Plan& plan) { WritePlan(json, plan, report); });
  }
  return json.Finish();
}

}  // namespace kinetics
