#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/io/config/draft.h"

namespace kinetics {

/// A model's weights by its config's quantization_config, layer by layer.
struct DraftFormat {
  std::string name;
  double head = 2;
  std::vector<LayerFormat> layers;  ///< One a layer.
};

/// Reads what quantization_config says, in the text model's part or beside it; nullopt where it
/// says nothing. quant_method and what an element of a matrix then takes:
///
///   fp8                 1 byte; blocks (weight_block_size) have an FP32 scale
///   mxfp4               4.25 bits, the experts of gpt-oss alone
///   compressed-tensors  num_bits, and 16 bits for each group or block; NVFP4 4.5 bits, MXFP4 4.25
///   modelopt            FP8 1 byte; NVFP4 4.5 bits
///
/// Scales of whole rows or matrices are left out. Embedding, norms, routers and biases are not
/// quantized; the head is by compressed-tensors and modelopt unless it is spared or tied. Throws
/// Error for a method, a key or a value that is not known.
std::optional<DraftFormat> ReadQuantization(const ConfigScope& scope, const ModelDraft& draft);

}  // namespace kinetics
