#include "apps/kinetics/model_choice.h"

#include <fmt/format.h>

#include <set>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics::app {

ModelChoice::ModelChoice(const std::vector<std::string>& options) {
  for (const std::string& option : options) {
    for (NamedModel& named : SelectModels(option)) {
      selected_.push_back({option, std::move(named)});
    }
  }
}

void ModelChoice::ExpectRuns(const std::vector<const Records*>& records) const {
  for (const Selection& selection : selected_) {
    std::set<std::string> models;
    bool used = false;
    for (const Records* of_task : records) {
      for (const Run& run : of_task->runs) {
        models.insert(run.model);
        used |= FindSelected(run.model, &selection.option) != nullptr;
      }
    }
    if (!used) {
      throw Error(fmt::format("--model: task {} has no run of '{}'; it has {}",
                              records.front()->task, selection.option,
                              Join(std::vector<std::string>(models.begin(), models.end()))));
    }
  }
}

std::optional<Model> ModelChoice::Find(const std::string& name) const {
  const NamedModel* selected = FindSelected(name);
  return selected != nullptr ? std::optional(selected->model) : FindModel(name);
}

std::vector<std::optional<Model>> ModelChoice::Of(const Records& records) const {
  std::vector<std::optional<Model>> models;
  models.reserve(records.runs.size());
  for (const Run& run : records.runs) {
    models.push_back(Find(run.model));
  }
  return models;
}

std::vector<NamedModel> ModelChoice::Selected() const {
  std::vector<NamedModel> named;
  named.reserve(selected_.size());
  for (const Selection& selection : selected_) {
    named.push_back(selection.named);
  }
  return named;
}

const NamedModel* ModelChoice::FindSelected(const std::string& name,
                                            const std::string* option) const {
  const std::string plain = ToLower(name.substr(name.rfind('/') + 1));
  for (const Selection& selection : selected_) {
    const std::string wanted = ToLower(selection.named.name);
    if ((option == nullptr || selection.option == *option) &&
        (wanted == ToLower(name) || wanted == plain)) {
      return &selection.named;
    }
  }
  return nullptr;
}

}  // namespace kinetics::app
