#pragma once

#include <string>
#include <vector>

#include "kinetics/io/config/draft.h"

namespace kinetics {

/// Of the matrices of a layer's classes (see LayerParameters), the share that a quantizer spares.
struct SparedShares {
  double mixer = 0;
  double feed_forward = 0;
  double experts = 0;
};

/// One matrix of a layer, of all experts the same.
struct LayerModule {
  double SparedShares::*part;
  double elements = 0;
  /// Paths that it may have in the layer, alone or merged with others, as transformers names them;
  /// # stands for the number of an expert.
  std::vector<std::string> names;
  bool is_spared = false;
};
using LayerModules = std::vector<LayerModule>;

/// Whether the names of a type's modules are known.
bool HasModuleNames(const std::string& type);

/// The matrices of a layer, for a type whose names are known.
LayerModules ModulesOf(const ConfigScope& scope, const ModelDraft& draft, const LayerGroup& layer);

}  // namespace kinetics
