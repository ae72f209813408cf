#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/cost/memory.h"
#include "kinetics/model/model.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// What to say of models beside their figures.
struct ModelView {
  Dtype kv_dtype = Dtype::kBf16;
  std::optional<int64_t> context_tokens;  ///< Also what a decode step reads at this context.
  /// Also what fits these devices; CostOptions::kv_dtype is `kv_dtype` above.
  std::vector<Hardware> hardware;
  std::vector<int64_t> gpus = {1};
  CostOptions cost;
  MemoryOptions memory;
};

/// Models one a line.
std::string RenderModels(const std::vector<Model>& models, const ModelView& view, Format format,
                         const MadeBy& made_by);

/// One model, explained. As JSON it can be read back as a preset (kinetics.model/1).
std::string RenderModel(const Model& model, const ModelView& view, Format format,
                        const MadeBy& made_by);

}  // namespace kinetics
