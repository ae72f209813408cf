#include <cmath>

#include "kinetics/render/json_writer.h"
#include "kinetics/render/plan.h"
#include "kinetics/render/plan_json_rows.h"
#include "kinetics/render/spend.h"

namespace kinetics {
namespace {

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
  WriteRates(json, plan.rates);
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
  json.Key("accuracy_interval").Value(row.accuracy_interval);
  json.Key("seconds").Value(row.is_served ? std::nullopt : std::optional(row.seconds.value));
  WriteSpend(json, row.spend);
  json.EndObject();
}

void WriteOracle(JsonWriter& json, const OraclePlan& plan, const PlanReport& report) {
  json.Key("dtype").Value(Name(plan.roofline.dtype));
  WriteRates(json, plan.rates);
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
void WriteDevices(JsonWriter& json, const std::vector<PlanType>& plans, bool has_device) {
  json.Key("hardware");
  if (plans.size() == 1) {
    has_device ? json.Value(plans.front().hardware) : json.Null();
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
  report.oracle ? WriteDevices(json, report.oracles, report.has_device)
                : WriteDevices(json, report.plans, report.has_device);
  json.Key("rule").Value(Name(report.rule));
  json.Key("convention").Value(Name(report.convention));
  json.Key("allocation").Value(report.oracle ? "oracle" : "uniform");
  json.Key("batch");
  std::isfinite(report.batch) ? json.Value(report.batch) : json.Null();
  if (report.law) {
    json.Key("law").Value(*report.law);
    json.Key("allocations_evaluated").Value(report.allocations);
  }
  if (!report.prices.empty()) {
    WritePrices(json, report.prices);
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
