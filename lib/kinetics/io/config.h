#pragma once

#include <string>
#include <vector>

#include "kinetics/model/model.h"

namespace kinetics {

/// Reads a model's config.json as transformers writes it, the text model of one with vision or
/// audio. Missing keys take the defaults of their class where there are some. Throws Error, naming
/// line and JSON pointer: for a model_type or a kind of layer that is not known, a missing key, a
/// size out of range, a value that no formula covers. `Infinity` is read.
///
/// The format of its weights is what quantization_config says (see ReadQuantization); a
/// hf_quant_config.json beside it is not read. The model is named after the file's folder where the
/// file is called config.json, else after the file. Its parameters are null where its type has no
/// formula.
Model ReadConfig(std::string text, const std::string& source);

/// The values of model_type that it reads, in the order of the alphabet.
std::vector<std::string> ConfigTypes();

}  // namespace kinetics
