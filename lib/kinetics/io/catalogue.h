#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/hardware/hardware.h"
#include "kinetics/model/model.h"
#include "kinetics/records/records.h"

namespace kinetics {

/// Models, hardware and records come from files, or by name from the catalogues that are compiled
/// into the program (configs/ and data/ of its source). Names match whatever the case, a model's
/// also after its last '/'. What starts with '.' or '/' or ends in ".json" is always a file, and so
/// is what names nothing in the catalogue but is there. Everything here throws Error: on an unknown
/// name with "did you mean", on a file as its reader does.

/// Names in the catalogue, in the order of the alphabet but numbers by value: 4B before 14B.
std::vector<std::string> ModelNames();
std::vector<std::string> HardwareNames();
std::vector<std::string> RecordsNames();

/// The paper's own records, which commands take where none are named.
inline constexpr std::string_view kDefaultRecords = "aime24-qwen3";

/// What a name or a file stands for.
Model LoadModel(const std::string& name_or_file);
Hardware LoadHardware(const std::string& name_or_file);
Records LoadRecords(const std::string& name_or_file);

/// Whether a name is one of no catalogue and no file: what LoadHardware calls unknown.
bool IsUnknownHardware(const std::string& name);

/// The preset for a model as records name it; nullopt where there is none.
std::optional<Model> FindModel(std::string_view recorded_name);

/// A model by the name that records use for it.
struct NamedModel {
  std::string name;
  Model model;
};

/// What a --model option selects: NAME, a glob over names (* ? []), FILE, or NAME=FILE, the model
/// that records call NAME. At least one.
std::vector<NamedModel> SelectModels(const std::string& option);

/// What several options select, each name once, in order.
std::vector<NamedModel> SelectModels(const std::vector<std::string>& options);

}  // namespace kinetics
