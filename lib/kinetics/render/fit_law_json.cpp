#include "kinetics/render/fit_law_json.h"

#include "kinetics/render/coverage.h"
#include "kinetics/render/json_writer.h"

namespace kinetics {
namespace {

void WriteValidatedRun(JsonWriter& json, const LawValidationRow& row) {
  json.Key("model").Value(row.model);
  json.Key("attention").Value(row.attention);
  json.Key("variant").Value(row.variant);
  if (!row.held_out.empty()) {
    json.Key("held_out").Value(row.held_out);
  }
}

void WriteLawProcedure(JsonWriter& json, const LawReport& report) {
  json.Key("procedure").BeginObject();
  json.Key("likelihood")
      .Value("beta-binomial counts; normal log lengths, censored at max_tokens - 3");
  json.Key("objective")
      .Value("negative log posterior, effects of questions integrated out (Laplace)");
  json.Key("solver").Value(
      "damped Newton to the joint mode, then quasi-Newton; questions eliminated (Schur "
      "complement)");
  json.Key("iterations").Value(report.law.summary.iterations);
  json.Key("intervals").Value(report.bootstrap > 0 ? "bootstrap of questions" : "laplace");
  json.Key("bootstrap").Value(report.bootstrap);
  json.Key("not_converged").Value(report.not_converged);
  json.Key("seed").Value(report.seed);
  json.Key("priors").BeginObject();
  for (const LawPrior& prior : LawPriors()) {
    json.Key(prior.name).BeginObject();
    json.Key("mean").Value(prior.mean);
    json.Key("standard_deviation").Value(prior.deviation);
    json.EndObject();
  }
  json.EndObject();
  json.EndObject();
}

void WriteTokenBudgets(JsonWriter& json, const LawReport& report) {
  if (report.token_budgets.empty()) {
    return;
  }
  json.Key("token_budgets").BeginList();
  for (const TokenBudgetRow& row : report.token_budgets) {
    const LawRun& run = report.law.data.runs[row.run];
    json.BeginObject();
    json.Key("model").Value(run.model);
    json.Key("attention").Value(run.attention);
    json.Key("variant").Value(run.variant);
    json.Key("generation_tokens").Value(row.generation_tokens);
    json.Key("accuracy").Value(row.observed.lower);
    json.Key("accuracy_bound").BeginObject();
    json.Key("lower").Value(row.observed.lower);
    json.Key("upper").Value(row.observed.upper);
    json.EndObject();
    json.Key("predicted").Value(row.predicted);
    json.EndObject();
  }
  json.EndList();
}

void WriteLawErrors(JsonWriter& json, const LawErrors& errors) {
  json.BeginObject();
  json.Key("rows").Value(errors.rows);
  json.Key("mean_absolute_error").Value(errors.mean_absolute);
  json.Key("bias").Value(errors.bias);
  json.Key("interval_coverage").Value(errors.coverage);
  json.Key("sampling_floor").Value(errors.floor);
  json.EndObject();
}

void WriteComparisons(JsonWriter& json, std::string_view list, std::string_view key,
                      const LawValidation& validation,
                      std::optional<LawComparison> LawValidationRow::*member) {
  json.Key(list).BeginList();
  for (const LawValidationRow& row : validation.rows) {
    if (const auto& comparison = row.*member) {
      json.BeginObject();
      WriteValidatedRun(json, row);
      json.Key(key).Value(comparison->observed);
      json.Key("predicted").Value(comparison->predicted);
      json.Key("interval").Value(comparison->interval);
      json.EndObject();
    }
  }
  json.EndList();
}

void WriteValidation(JsonWriter& json, const LawReport& report) {
  const LawValidation& validation = *report.validation;
  json.Key("held_out");
  report.fold ? json.Value(Name(*report.fold)) : json.Null();
  json.Key("validated_on").Value(report.validated);
  json.Key("validation").BeginList();
  for (const LawValidationRow& row : validation.rows) {
    for (const LawAccuracyComparison& comparison : row.accuracies) {
      json.BeginObject();
      WriteValidatedRun(json, row);
      json.Key("samples").Value(comparison.samples);
      json.Key("accuracy").Value(comparison.accuracy.observed);
      json.Key("predicted").Value(comparison.accuracy.predicted);
      json.Key("interval").Value(comparison.accuracy.interval);
      json.Key("sampling_error").Value(comparison.floor);
      json.EndObject();
    }
  }
  json.EndList();
  WriteComparisons(json, "validation_lengths", "mean_tokens", validation,
                   &LawValidationRow::length);
  WriteComparisons(json, "validation_costs", "seconds", validation, &LawValidationRow::seconds);
  json.Key("mean_absolute_error").BeginObject();
  for (const auto& [samples, errors] : validation.accuracy) {
    json.Key(std::to_string(samples)).Value(errors.mean_absolute);
  }
  json.EndObject();
  json.Key("errors").BeginObject();
  for (const auto& [samples, errors] : validation.accuracy) {
    json.Key(std::to_string(samples));
    WriteLawErrors(json, errors);
  }
  if (validation.length) {
    json.Key("mean_tokens");
    WriteLawErrors(json, *validation.length);
  }
  if (validation.seconds) {
    json.Key("seconds");
    WriteLawErrors(json, *validation.seconds);
  }
  json.EndObject();
}

}  // namespace

std::string LawReportJson(const LawReport& report, const MadeBy& made_by) {
  const Law& law = report.law;
  JsonWriter json("kinetics.fit-law/1", made_by);
  json.Key("task").Value(law.data.task);
  json.Key("runs").Value(law.data.runs.size());
  json.Key("questions").Value(law.data.questions.size());
  json.Key("objective").Value(law.summary.objective);
  json.Key("converged").Value(law.summary.converged);
  json.Key("parameters").BeginObject();
  for (size_t p = 0; p < report.parameters.size(); ++p) {
    json.Key(LawPriors()[p].name);
    WriteEstimate(json, report.parameters[p]);
  }
  json.EndObject();
  json.Key("length_correlation").BeginObject();
  json.Key("value").Value(law.correlation.value);
  json.Key("standard_error").Value(law.correlation.standard_error);
  json.Key("assumed").Value(!law.correlation.standard_error.has_value());
  json.Key("trials").Value(law.correlation.trials);
  json.EndObject();
  WriteLawProcedure(json, report);
  WriteTokenBudgets(json, report);
  if (report.validation) {
    WriteValidation(json, report);
  }
  json.Key("warnings").BeginList();
  for (const std::string& warning : Warnings(report)) {
    json.Value(warning);
  }
  json.EndList();
  return json.Finish();
}

}  // namespace kinetics
