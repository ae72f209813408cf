#include "kinetics/render/coverage.h"

namespace kinetics {
namespace {

void WriteMembers(JsonWriter& json, const std::optional<Estimate>& estimate) {
  if (estimate) {
    json.Members(*estimate);
    return;
  }
  for (const char* member : {"value", "standard_error", "interval"}) {
    json.Key(member).Null();
  }
}

void WriteLaw(JsonWriter& json, const FittedLaw& law) {
  json.Key(law.name).BeginObject();
  for (const FittedParameter& parameter : law.parameters) {
    json.Key(parameter.name);
    WriteEstimate(json, parameter.estimate);
  }
  json.Key(law.objective.name).Value(law.objective.value);
  json.Key("points").Value(law.points);
  json.EndObject();
}

void WriteSamples(JsonWriter& json, const CoverageFit& fit) {
  json.Key("samples");
  if (fit.fewest_samples == fit.most_samples) {
    json.Value(fit.fewest_samples);
    return;
  }
  json.BeginList();
  json.Value(fit.fewest_samples);
  json.Value(fit.most_samples);
  json.EndList();
}

void WriteFit(JsonWriter& json, const CoverageFit& fit) {
  json.BeginObject();
  json.Key("group").Value(fit.group);
  json.Key("problems").Value(fit.problems);
  WriteSamples(json, fit);
  json.Key("pass_at_k").BeginList();
  for (size_t i = 0; i < fit.k.size(); ++i) {
    json.BeginObject();
    json.Key("k").Value(fit.k[i]);
    WriteMembers(json, fit.pass_at_k[i]);
    json.EndObject();
  }
  json.EndList();
  for (const FittedLaw& law : fit.laws) {
    WriteLaw(json, law);
  }
  json.Key("k").BeginList();
  for (const int64_t k : fit.k) {
    json.Value(k);
  }
  json.EndList();
  json.Key("warnings").BeginList();
  for (const std::string& warning : fit.warnings) {
    json.Value(warning);
  }
  json.EndList();
  json.EndObject();
}

}  // namespace

void WriteEstimate(JsonWriter& json, const std::optional<Estimate>& estimate) {
  json.BeginObject();
  WriteMembers(json, estimate);
  json.EndObject();
}

std::string CoverageJson(const CoverageReport& report, const MadeBy& made_by) {
  JsonWriter json("kinetics.coverage/1", made_by);
  json.Key("data").Value(report.source);
  json.Key("procedure").BeginObject();
  json.Key("pass_at_k").Value("unbiased: mean over problems of 1 - C(n - c, k) / C(n, k)");
  json.Key("log_log").Value(
      "coverage = exp(-exp(log_prefactor) k^-exponent): ordinary least squares of log(-log "
      "coverage) on log k, equal weights");
  json.Key("exponential_power")
      .Value("coverage = exp(a k^b): least squares on coverage, equal weights on every k");
  json.Key("beta_binomial").Value("maximum likelihood; the negative log-likelihood is a mean");
  json.Key("scaled_beta_binomial")
      .Value("the same for chances up to scale = (m + 1) / m max c / n of m problems, at most 1");
  json.Key("intervals").Value("95 % percentile and standard deviation, problems resampled");
  json.EndObject();
  json.Key("resamples").Value(report.resamples);
  json.Key("groups").BeginList();
  for (const CoverageFit& fit : report.fits) {
    WriteFit(json, fit);
  }
  json.EndList();
  return json.Finish();
}

}  // namespace kinetics
