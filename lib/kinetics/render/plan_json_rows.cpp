#include "kinetics/render/plan_json_rows.h"

#include <cmath>

#include "kinetics/render/cost_parts.h"
#include "kinetics/render/plan_rows.h"
#include "kinetics/render/spend.h"

namespace kinetics {
namespace {

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
    const auto unless_served = [&row](auto figure) {
      return row.is_served ? std::nullopt : std::optional(figure.value);
    };
    json.Key("seconds").Value(unless_served(question.seconds));
    json.Key("flops").Value(unless_served(question.flops));
    json.Key("bytes").Value(unless_served(question.bytes));
    json.Key("eflops").Value(unless_served(question.eflops));
    WriteSpend(json, question.spend);
    json.EndObject();
  }
  json.EndList();
}

void WriteServing(JsonWriter& json, const PlanRow& row) {
  const Serving& serving = row.serving;
  const bool is_finite = serving.latency.has_value();
  const auto rate = [&](double amount) {
    return is_finite ? std::optional(amount / row.cost.seconds.value) : std::nullopt;
  };
  json.Key("gpus").Value(row.is_served ? std::nullopt : std::optional(serving.gpus));
  json.Key("batch").Value(is_finite ? std::optional(serving.batch) : std::nullopt);
  json.Key("memory_bytes")
      .Value(serving.memory ? std::optional(serving.memory->value) : std::nullopt);
  json.Key("latency_seconds")
      .Value(is_finite ? std::optional(serving.latency->value) : std::nullopt);
  json.Key("tokens_per_second_per_gpu").Value(rate(serving.tokens));
  json.Key("questions_per_second_per_gpu").Value(rate(1));
}

/// The policy of a row, and where one was asked for what there is to say of it.
void WritePolicy(JsonWriter& json, const PlanRow& row, const PlanReport& report) {
  json.Key("policy").Value(Name(row.policy));
  if (report.policies.empty()) {
    return;
  }
  json.Key("mean_samples").Value(row.mean_samples);
  json.Key("upper_bound").Value(IsUpperBound(row));
  json.Key("second_stage");
  if (!row.second) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("model").Value(row.second->model);
  json.Key("variant").Value(row.second->variant);
  json.Key("attention").Value(row.second->attention);
  json.Key("generation_tokens").Value(row.second->generation_tokens);
  json.Key("samples").Value(row.second->samples);
  json.Key("gpus").Value(row.second->is_served ? std::nullopt
                                               : std::optional(row.second->serving.gpus));
  const double batch = row.second->serving.batch;
  json.Key("batch").Value(std::isfinite(batch) ? std::optional(batch) : std::nullopt);
  json.EndObject();
}

}  // namespace

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

void WriteRow(JsonWriter& json, const PlanRow& row, const PlanReport& report) {
  json.Key("model").Value(row.model);
  json.Key("variant").Value(row.variant);
  json.Key("attention").Value(row.attention);
  json.Key("generation_tokens").Value(row.generation_tokens);
  json.Key("samples").Value(row.samples);
  WritePolicy(json, row, report);
  json.Key("accuracy").Value(row.accuracy);
  json.Key("accuracy_interval").Value(row.accuracy_interval);
  json.Key("accuracy_bound");
  if (row.accuracy_bound) {
    json.BeginObject();
    json.Key("lower").Value(row.accuracy_bound->low);
    json.Key("upper").Value(row.accuracy_bound->high);
    json.EndObject();
  } else {
    json.Null();
  }
  row.is_served ? WriteUnknownCost(json) : WriteCost(json, row.cost);
  WriteSpend(json, row.spend);
  WriteServing(json, row);
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
    json.Key("difference_interval").Value(rival.difference_interval);
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

}  // namespace kinetics
