#include "kinetics/io/catalogue.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/embedded.h"
#include "kinetics/io/file.h"
#include "kinetics/io/hardware.h"
#include "kinetics/io/model.h"
#include "kinetics/io/records.h"

namespace kinetics {
namespace {

/// One of the three catalogues.
struct Catalogue {
  std::string_view what;
  std::string_view folder;
  std::string_view suffix;
};

constexpr Catalogue kModels = {"model", "configs/models/", ".json"};
constexpr Catalogue kHardware = {"hardware", "configs/hardware/", ".json"};
constexpr Catalogue kRecords = {"records", "data/", ".records.json"};

/// The name under which an embedded file is in the catalogue, if it is.
std::optional<std::string_view> NameIn(const Catalogue& catalogue, std::string_view path) {
  if (!path.starts_with(catalogue.folder) || !path.ends_with(catalogue.suffix)) {
    return std::nullopt;
  }
  path.remove_prefix(catalogue.folder.size());
  path.remove_suffix(catalogue.suffix.size());
  return path;
}

/// "Qwen3-4B" before "Qwen3-14B": runs of digits compare as numbers.
bool NaturalLess(const std::string& a, const std::string& b) {
  return strverscmp(a.c_str(), b.c_str()) < 0;
}

std::vector<std::string> Names(const Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (const auto name = NameIn(catalogue, file.path)) {
      names.emplace_back(*name);
    }
  }
  std::sort(names.begin(), names.end(), NaturalLess);
  return names;
}

const EmbeddedFile* Find(const Catalogue& catalogue, std::string_view name) {
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    const auto entry = NameIn(catalogue, file.path);
    if (entry && ToLower(*entry) == ToLower(name)) {
      return &file;
    }
  }
  return nullptr;
}

/// By name, else by what follows the last '/' ("Qwen/Qwen3-8B").
const EmbeddedFile* FindModelFile(std::string_view name) {
  const EmbeddedFile* file = Find(kModels, name);
  return file != nullptr ? file : Find(kModels, name.substr(name.rfind('/') + 1));
}

/// Whether a text can only be a path.
bool IsPath(std::string_view name) {
  return name.starts_with('.') || name.starts_with('/') || name.ends_with(".json");
}

[[noreturn]] void FailUnknown(const Catalogue& catalogue, const std::string& name) {
  constexpr size_t kMostInALine = 24;
  const std::vector<std::string> names = Names(catalogue);
  const std::string hint = DidYouMean(name, names);
  const std::string known =
      names.size() > kMostInALine
          ? fmt::format("one of the {} that `kinetics {}` lists", names.size(), catalogue.what)
          : JoinAlternatives(names);
  throw Error(fmt::format("unknown {} '{}'{}", catalogue.what, Excerpt(name),
                          hint.empty() ? "; expected a file or " + known : hint));
}

/// Whether a text stands for no preset and no file.
bool IsUnknown(const EmbeddedFile* preset, const std::string& name) {
  std::error_code ignored;
  return preset == nullptr && !IsPath(name) && name.find('/') == std::string::npos &&
         !std::filesystem::exists(name, ignored);
}

template <typename T>
T LoadFrom(const Catalogue& catalogue, const EmbeddedFile* preset, const std::string& name,
           T (*read)(std::string, const std::string&)) {
  if (preset != nullptr && !IsPath(name)) {
    return read(std::string(preset->text), std::string(preset->path));
  }
  if (IsUnknown(preset, name)) {
    FailUnknown(catalogue, name);
  }
  return read(ReadFile(name), name);
}

}  // namespace

std::vector<std::string> ModelNames() { return Names(kModels); }
std::vector<std::string> HardwareNames() { return Names(kHardware); }
std::vector<std::string> RecordsNames() { return Names(kRecords); }

Model LoadModel(const std::string& name_or_file) {
  return LoadFrom(kModels, FindModelFile(name_or_file), name_or_file, ReadModel);
}

Hardware LoadHardware(const std::string& name_or_file) {
  return LoadFrom(kHardware, Find(kHardware, name_or_file), name_or_file, ReadHardware);
}

bool IsUnknownHardware(const std::string& name) { return IsUnknown(Find(kHardware, name), name); }

Records LoadRecords(const std::string& name_or_file) {
  return LoadFrom(kRecords, Find(kRecords, name_or_file), name_or_file, ReadRecords);
}

std::optional<Model> FindModel(std::string_view recorded_name) {
  const EmbeddedFile* file = FindModelFile(recorded_name);
  if (file == nullptr) {
    return std::nullopt;
  }
  return ReadModel(std::string(file->text), std::string(file->path));
}

std::vector<NamedModel> SelectModels(const std::string& option) {
  const size_t equals = option.find('=');
  if (equals != std::string::npos && option.substr(0, equals).find('/') == std::string::npos) {
    return {{option.substr(0, equals), LoadModel(option.substr(equals + 1))}};
  }
  if (option.find_first_of("*?[") == std::string::npos) {
    Model model = LoadModel(option);
    return {{model.name, std::move(model)}};
  }
  std::vector<NamedModel> selected;
  for (const std::string& name : ModelNames()) {
    if (fnmatch(option.c_str(), name.c_str(), FNM_CASEFOLD) == 0) {
      selected.push_back({name, LoadModel(name)});
    }
  }
  if (selected.empty()) {
    FailUnknown(kModels, option);
  }
  return selected;
}

std::vector<NamedModel> SelectModels(const std::vector<std::string>& options) {
  std::vector<NamedModel> selected;
  std::set<std::string> names;
  for (const std::string& option : options) {
    for (NamedModel& named : SelectModels(option)) {
      if (names.insert(named.name).second) {
        selected.push_back(std::move(named));
      }
    }
  }
  return selected;
}

}  // namespace kinetics
