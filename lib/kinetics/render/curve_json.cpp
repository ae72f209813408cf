#include "kinetics/render/curve.h"
#include "kinetics/render/json_writer.h"

namespace kinetics {
namespace {

void WriteParameters(JsonWriter& json, const CurveFit& fit) {
  json.Key("parameters").BeginObject();
  for (const CurveParameter& parameter : fit.parameters) {
    json.Key(parameter.name).BeginObject();
    json.Members(parameter.estimate);
    json.Key("at_bound").Value(parameter.at_bound);
    json.EndObject();
  }
  json.EndObject();
  json.Key("at_centre").BeginObject();
  json.Key("x").BeginList();
  for (const double x : fit.centre) {
    json.Value(x);
  }
  json.EndList();
  json.Key("terms").BeginObject();
  for (const CurveParameter& term : fit.centre_terms) {
    json.Key(term.name).BeginObject();
    json.Members(term.estimate);
    json.EndObject();
  }
  json.EndObject();
  json.EndObject();
}

void WriteCurveErrors(JsonWriter& json, const CurveErrors& errors) {
  json.BeginObject();
  json.Key("points").Value(errors.points);
  json.Key("root_mean_square").Value(errors.root_mean_square);
  json.Key("mean_absolute").Value(errors.mean_absolute);
  json.Key("mean_relative").Value(errors.mean_relative);
  json.Key("root_mean_square_log").Value(errors.root_mean_square_log);
  json.EndObject();
}

void WritePredictions(JsonWriter& json, const CurveFit& fit) {
  json.Key("predictions").BeginList();
  for (const CurvePrediction& prediction : fit.predictions) {
    json.BeginObject();
    json.Key("x").BeginList();
    for (const double x : prediction.x) {
      json.Value(x);
    }
    json.EndList();
    json.Members(prediction.y);
    json.Key("extrapolated").Value(prediction.is_extrapolated);
    json.EndObject();
  }
  json.EndList();
}

void WriteData(JsonWriter& json, const CurveSource& source) {
  json.Key("data").BeginObject();
  json.Key("file").Value(source.file);
  json.Key("rows").Value(source.rows);
  json.Key("where").BeginList();
  for (const CurveSource::Filter& filter : source.filters) {
    json.BeginObject();
    json.Key("condition").Value(filter.text);
    json.Key("left_out").Value(filter.left_out);
    json.EndObject();
  }
  json.EndList();
  json.Key("holdout_top").Value(source.holdout_top);
  json.EndObject();
}

void WriteStarts(JsonWriter& json, const CurveProcedure& procedure) {
  json.Key("starts").BeginObject();
  json.Key("method").Value("variable projection over a grid");
  json.Key("grid").BeginList();
  for (const CurveAxis& axis : procedure.axes) {
    json.BeginObject();
    json.Key("parameter").Value(axis.parameter);
    json.Key("low").Value(axis.low);
    json.Key("high").Value(axis.high);
    json.Key("cells").Value(axis.values.size());
    json.Key("both_signs").Value(axis.is_signed);
    json.EndObject();
  }
  json.EndList();
  json.Key("cells").Value(procedure.cells);
  json.Key("agreeing").Value(procedure.agreeing);
  json.Key("objectives").BeginList();
  for (const double objective : procedure.start_objectives) {
    json.Value(objective);
  }
  json.EndList();
  json.EndObject();
}

void WriteCurveProcedure(JsonWriter& json, const CurveFit& fit, const CurveSource& source,
                         const MadeBy& made_by) {
  const CurveProcedure& procedure = fit.procedure;
  json.Key("procedure").BeginObject();
  json.Key("objective").Value("sum over points of loss(residual)");
  json.Key("loss").Value(LossText(fit.loss));
  json.Key("residual").Value(Name(fit.loss.residual));
  WriteData(json, source);
  WriteStarts(json, procedure);
  json.Key("solver").BeginObject();
  json.Key("method").Value("Levenberg-Marquardt");
  json.Key("objective").Value(procedure.solver_objective);
  json.Key("max_iterations").Value(procedure.solver.max_iterations);
  json.Key("function_tolerance").Value(procedure.solver.function_tolerance);
  json.Key("parameter_tolerance").Value(procedure.solver.parameter_tolerance);
  json.Key("gradient_tolerance").Value(procedure.solver.gradient_tolerance);
  json.Key("stopped").Value(procedure.stopped);
  json.EndObject();
  json.Key("condition").Value(fit.condition);
  json.Key("bootstrap").BeginObject();
  json.Key("resamples").Value(procedure.resamples);
  json.Key("of").Value(source.cluster ? "clusters" : "points");
  json.Key("cluster").Value(source.cluster);
  json.Key("clusters");
  source.cluster ? json.Value(procedure.clusters) : json.Null();
  json.Key("file").Value(source.resamples);
  json.Key("seed").Value(made_by.seed);
  json.Key("left_out").Value(procedure.left_out);
  json.Key("not_converged").Value(procedure.not_converged);
  json.Key("interval").Value("percentile, 95 %");
  json.EndObject();
  json.EndObject();
}

}  // namespace

std::string CurveFitJson(const CurveFit& fit, const CurveSource& source, const MadeBy& made_by) {
  const CurveFormSpec& spec = Spec(fit.form);
  JsonWriter json("kinetics.fit/1", made_by);
  json.Key("form").Value(spec.name);
  json.Key("formula").Value(spec.formula);
  json.Key("x").BeginList();
  for (const std::string& name : fit.split.fitted.inputs) {
    json.Value(name);
  }
  json.EndList();
  json.Key("y").Value(source.y);
  WriteParameters(json, fit);
  json.Key("objective").Value(fit.objective);
  json.Key("points").Value(fit.points);
  json.Key("degrees_of_freedom").Value(fit.degrees_of_freedom);
  json.Key("converged").Value(fit.converged);
  json.Key("errors");
  WriteCurveErrors(json, fit.errors);
  json.Key("holdout");
  if (fit.holdout) {
    WriteCurveErrors(json, *fit.holdout);
  } else {
    json.Null();
  }
  WritePredictions(json, fit);
  WriteCurveProcedure(json, fit, source, made_by);
  json.Key("warnings").BeginList();
  for (const std::string& warning : fit.warnings) {
    json.Value(warning);
  }
  json.EndList();
  return json.Finish();
}

}  // namespace kinetics
