#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/io/catalogue.h"
#include "kinetics/records/records.h"

namespace kinetics::app {

/// The models that --model options name, and for other names those of the catalogue, by the names
/// that records use.
class ModelChoice {
 public:
  /// Throws Error where an option names no model.
  explicit ModelChoice(const std::vector<std::string>& options);

  /// Throws Error where an option selects no run of any of `records`.
  void ExpectRuns(const std::vector<const Records*>& records) const;

  bool HasOptions() const { return !selected_.empty(); }

  /// Whether there is no --model option, or one of them takes runs of this name.
  bool Takes(const std::string& name) const {
    return selected_.empty() || FindSelected(name) != nullptr;
  }

  /// The model of that name; nullopt where no option and no catalogue has it.
  std::optional<Model> Find(const std::string& name) const;

  /// The model of each run of `records`.
  std::vector<std::optional<Model>> Of(const Records& records) const;

  /// What the options name, in order.
  std::vector<NamedModel> Selected() const;

 private:
  struct Selection {
    std::string option;
    NamedModel named;
  };
  const NamedModel* FindSelected(const std::string& name,
                                 const std::string* option = nullptr) const;

  std::vector<Selection> selected_;
};

}  // namespace kinetics::app
