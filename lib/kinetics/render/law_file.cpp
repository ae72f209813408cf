#include "kinetics/render/law_file.h"

#include "kinetics/render/json_writer.h"

namespace kinetics {
namespace {

void WriteNumbers(JsonWriter& json, const Eigen::Ref<const Eigen::VectorXd>& numbers) {
  json.BeginList();
  for (const double x : numbers) {
    json.Value(x);
  }
  json.EndList();
}

void WriteRun(JsonWriter& json, const LawRun& run) {
  json.BeginObject();
  json.Key("model").Value(run.model);
  json.Key("variant").Value(run.variant);
  json.Key("attention").Value(run.attention);
  json.Key("parameters").Value(run.parameters);
  json.Key("max_tokens").Value(run.max_tokens);
  json.Key("level").Value(run.level);
  json.EndObject();
}

void WriteLevel(JsonWriter& json, const Law& law, size_t level) {
  json.BeginObject();
  json.Key("model").Value(law.data.levels[level].model);
  json.Key("variant").Value(law.data.levels[level].variant);
  json.Key("has_size").Value(law.data.levels[level].has_size);
  json.Key("effects");
  WriteNumbers(json, law.state.shared.segment(LevelIndex(level, kLevelAbility), kLevelEffects));
  json.EndObject();
}

void WriteCell(JsonWriter& json, const LawCell& cell) {
  json.BeginObject();
  json.Key("run").Value(cell.run);
  json.Key("attempts").Value(cell.attempts);
  json.Key("solved").Value(cell.solved);
  json.Key("finished").Value(cell.finished);
  json.Key("cut_off").Value(cell.cut_off);
  json.Key("mean_log_length").Value(cell.mean_log_length);
  json.Key("variance_log_length").Value(cell.variance_log_length);
  json.Key("mean_length").Value(cell.mean_length);
  json.EndObject();
}

void WriteQuestion(JsonWriter& json, const Law& law, size_t q) {
  json.BeginObject();
  json.Key("id").Id(law.data.questions[q].id);
  json.Key("prompt_tokens").Value(law.data.questions[q].prompt_tokens);
  json.Key("effects");
  WriteNumbers(json, law.state.questions[q]);
  json.Key("cells").BeginList();
  for (const LawCell& cell : law.data.cells[q]) {
    WriteCell(json, cell);
  }
  json.EndList();
  json.EndObject();
}

}  // namespace

std::string LawJson(const Law& law, const MadeBy& made_by) {
  JsonWriter json("kinetics.law/1", made_by);
  json.Key("task").Value(law.data.task);
  json.Key("objective").Value(law.summary.objective);
  json.Key("converged").Value(law.summary.converged);
  json.Key("iterations").Value(law.summary.iterations);
  json.Key("parameters").BeginObject();
  for (Eigen::Index p = 0; p < kLawParameters; ++p) {
    json.Key(LawPriors()[static_cast<size_t>(p)].name).Value(law.state.shared[p]);
  }
  json.EndObject();
  json.Key("length_correlation").BeginObject();
  json.Key("value").Value(law.correlation.value);
  json.Key("standard_error").Value(law.correlation.standard_error);
  json.Key("trials").Value(law.correlation.trials);
  json.EndObject();
  json.Key("levels").BeginList();
  for (size_t level = 0; level < law.data.levels.size(); ++level) {
    WriteLevel(json, law, level);
  }
  json.EndList();
  json.Key("runs").BeginList();
  for (const LawRun& run : law.data.runs) {
    WriteRun(json, run);
  }
  json.EndList();
  json.Key("questions").BeginList();
  for (size_t q = 0; q < law.data.questions.size(); ++q) {
    WriteQuestion(json, law, q);
  }
  json.EndList();
  json.Key("warnings").BeginList();
  for (const std::string& warning : law.warnings) {
    json.Value(warning);
  }
  json.EndList();
  return json.Finish();
}

}  // namespace kinetics
