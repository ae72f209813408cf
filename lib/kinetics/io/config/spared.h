#pragma once

#include <span>
#include <vector>

#include "kinetics/io/config/modules.h"

namespace kinetics {

/// What a config's lists of modules spare.
struct SparedModules {
  std::vector<SparedShares> layers;  ///< One a layer.
  bool head = false;
};

/// Reads lists of modules that stay as they are (see ModulePattern), for a type whose names are
/// known. What belongs to vision, audio or further predicted tokens, and norms, routers and biases,
/// which are not quantized anyway, are passed over. Throws Error for an entry that is none of
/// these, or that names some experts of a layer alone.
SparedModules ReadSpared(const ConfigScope& scope, const ModelDraft& draft,
                         std::span<const JsonValue> lists);

}  // namespace kinetics
