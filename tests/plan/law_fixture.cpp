#include "tests/plan/law_fixture.h"

#include "kinetics/io/catalogue.h"
#include "tests/law/simulate.h"

namespace kinetics::test {
namespace {

std::vector<Model> LoadAll(const std::vector<std::string>& names) {
  std::vector<Model> models;
  models.reserve(names.size());
  for (const std::string& name : names) {
    models.push_back(LoadModel(name));
  }
  return models;
}

}  // namespace

const Law& BundledLaw() {
  static const Law law = [] {
    const Records records = LoadRecords("aime24-qwen3");
    return FitLaw(records, ParametersOf(records), {});
  }();
  return law;
}

LawPlan::LawPlan(const std::vector<std::string>& models, const std::vector<std::string>& attentions,
                 const std::vector<int64_t>& limits, const std::vector<int64_t>& samples,
                 const CostOptions& options)
    : LawPlan(BundledLaw(), LoadAll(models), attentions, limits, samples, options) {}

LawPlan::LawPlan(Law law, const std::vector<Model>& models,
                 const std::vector<std::string>& attentions, const std::vector<int64_t>& limits,
                 const std::vector<int64_t>& samples, const CostOptions& options)
    : law_(std::move(law)), grid_({.limits = {}, .samples = samples}) {
  for (const int64_t limit : limits) {
    grid_.limits.push_back(limit > 0 ? std::optional(limit) : std::nullopt);
  }
  for (const Model& model : models) {
    FindOrAddLevel(law_, model.name, std::nullopt, true);
    for (const std::string& attention : attentions) {
      runs_.push_back({.model = model.name, .attention = ParseAttention(attention)});
      sites_.push_back({.run = &runs_.back(), .model = model});
    }
  }
  evaluator_ = std::make_unique<LawEvaluator>(law_, sites_, grid_, LoadHardware("b200"), options);
}

Model Scaled(const std::string& name, double share) {
  Model model = LoadModel(name);
  model.name += " scaled";
  model.active.without_input_embedding =
      static_cast<int64_t>(share * static_cast<double>(model.active.without_input_embedding));
  return model;
}

}  // namespace kinetics::test
