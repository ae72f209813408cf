#include "kinetics/io/config/quantization.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/io/config/spared.h"

namespace kinetics {
namespace {

constexpr double kUnquantized = 2;  // bytes of an element
constexpr double kBitsOfByte = 8;
constexpr double kWideScale = 4;    // bytes of a scale in FP32
constexpr double kScale = 2;        // in BF16
constexpr double kNarrowScale = 1;  // in FP8, or a power of two
constexpr int64_t kMostBlock = 65536;

/// How a quantizer stores a matrix.
struct ElementFormat {
  std::string name;
  double bytes = 0;  // an element, with its scale
};

ElementFormat Nvfp4() { return {"nvfp4", 0.5 + kNarrowScale / 16}; }
ElementFormat Mxfp4() { return {"mxfp4", 0.5 + kNarrowScale / 32}; }

bool IsThere(const JsonValue& value, std::string_view key) {
  return value.Has(key) && !value[key].IsNull();
}

/// The text of a member, or "".
std::string TextOf(const JsonValue& value, std::string_view key) {
  return IsThere(value, key) ? value[key].String() : "";
}

/// Refuses a member with another text than these.
void ExpectText(const JsonValue& value, std::string_view key,
                std::initializer_list<std::string_view> known) {
  if (IsThere(value, key) &&
      std::find(known.begin(), known.end(), value[key].String()) == known.end()) {
    value[key].Fail(fmt::format("{}", fmt::join(known, " or ")));
  }
}

/// Refuses a member that is there and says something.
void ExpectNothing(const JsonValue& value, std::string_view key) {
  if (IsThere(value, key) && value[key].Dump() != "{}") {
    value[key].Fail("null, since weights with it are not known");
  }
}

/// Elements of a block: of two sizes.
double BlockElements(const JsonValue& block) {
  if (block.Size() != 2) {
    block.Fail("two sizes");
  }
  return static_cast<double>(block[0].Integer("elements", 1, kMostBlock)) *
         static_cast<double>(block[1].Integer("elements", 1, kMostBlock));
}

ElementFormat ReadFp8(const JsonValue& config) {
  config.ExpectKeys({"quant_method", "activation_scheme", "fmt", "scale_fmt", "weight_block_size",
                     "modules_to_not_convert", "ignored_layers"});
  ExpectText(config, "fmt", {"e4m3", "float8_e4m3fn"});
  ExpectText(config, "scale_fmt", {"float", "ue8m0"});
  if (!IsThere(config, "weight_block_size")) {
    return {"fp8", 1};
  }
  return {"fp8", 1 + kWideScale / BlockElements(config["weight_block_size"])};
}

/// One group of weights, as compressed-tensors writes it.
class TensorScheme {
 public:
  TensorScheme(const JsonValue& weights, const std::string& format)
      : weights_(weights), format_(format) {
    weights.ExpectKeys({"actorder", "block_structure", "dynamic", "group_size", "num_bits",
                        "observer", "observer_kwargs", "scale_dtype", "strategy", "symmetric",
                        "type", "zp_dtype"});
    bits_ = weights["num_bits"].Integer("bits", 1, 16);
    is_float_ = weights["type"].String() == "float";
    if (bits_ != 4 && bits_ != 8) {
      weights["num_bits"].Fail("4 or 8 bits");
    }
    ExpectText(weights, "type", {"float", "int"});
    ExpectText(weights, "actorder", {"static", "weight"});
    if (IsThere(weights, "symmetric") && !weights["symmetric"].Bool()) {
      weights["symmetric"].Fail("true, since zero points are not known");
    }
  }

  ElementFormat Read() const {
    if (is_float_ && bits_ == 4) {
      return ReadFloat4();
    }
    const bool is_packed = format_ == "pack-quantized";
    if (bits_ == 4 && !is_packed) {
      weights_["num_bits"].Fail("8 bits where the format is not pack-quantized");
    }
    ExpectText(weights_, "scale_dtype", {"torch.bfloat16", "torch.float16", "bfloat16", "float16"});
    return {is_float_ ? "fp8" : fmt::format("int{}", bits_),
            static_cast<double>(bits_) / kBitsOfByte + ScaleBytes()};
  }

 private:
  ElementFormat ReadFloat4() const {
    constexpr int64_t kNvfp4Group = 16;
    constexpr int64_t kMxfp4Group = 32;
    const int64_t group = weights_["group_size"].Integer("elements", 1, kMostBlock);
    if (group == kNvfp4Group && (format_.empty() || format_ == "nvfp4-pack-quantized")) {
      return Nvfp4();
    }
    if (group == kMxfp4Group && format_ == "mxfp4-pack-quantized") {
      return Mxfp4();
    }
    weights_["group_size"].Fail("16 of NVFP4 or 32 of MXFP4, with its format");
  }

  /// An element's share; a row's or a matrix's is left out.
  double ScaleBytes() const {
    const std::string strategy = TextOf(weights_, "strategy");
    if (strategy == "group") {
      return kScale /
             static_cast<double>(weights_["group_size"].Integer("elements", 1, kMostBlock));
    }
    if (strategy == "block") {
      return kScale / BlockElements(weights_["block_structure"]);
    }
    ExpectText(weights_, "strategy", {"tensor", "channel"});
    return 0;
  }

  const JsonValue& weights_;
  std::string format_;
  int64_t bits_ = 0;
  bool is_float_ = false;
};

/// The one group of config_groups, which must be of all linear layers.
ElementFormat ReadGroups(const JsonValue& config, const std::string& format) {
  const JsonValue groups = config["config_groups"];
  const std::vector<std::string> names = groups.Keys();
  if (names.size() != 1) {
    groups.Fail("one group of modules", std::to_string(names.size()));
  }
  const JsonValue group = groups[names[0]];
  group.ExpectKeys({"format", "input_activations", "output_activations", "targets", "weights"});
  const JsonValue targets = group["targets"];
  if (targets.Size() != 1 || targets[0].String() != "Linear") {
    targets.Fail("[\"Linear\"], since other groups are not known");
  }
  const std::string own = TextOf(group, "format");
  const JsonValue weights = group["weights"];
  return TensorScheme(weights, own.empty() ? format : own).Read();
}

ElementFormat ReadCompressedTensors(const JsonValue& config) {
  config.ExpectKeys({"quant_method", "config_groups", "format", "global_compression_ratio",
                     "ignore", "kv_cache_scheme", "quantization_status", "sparsity_config",
                     "transform_config", "version"});
  ExpectText(config, "format",
             {"float-quantized", "int-quantized", "naive-quantized", "pack-quantized",
              "nvfp4-pack-quantized", "mxfp4-pack-quantized"});
  ExpectText(config, "quantization_status", {"compressed"});
  ExpectNothing(config, "sparsity_config");
  ExpectNothing(config, "transform_config");
  return ReadGroups(config, config["format"].String());
}

ElementFormat ReadModelOpt(const JsonValue& config) {
  config.ExpectKeys({"quant_method", "quant_algo", "config_groups", "exclude_modules", "group_size",
                     "ignore", "kv_cache_quant_algo", "kv_cache_scheme", "producer"});
  ExpectText(config, "quant_algo", {"FP8", "NVFP4"});
  ElementFormat format = config["quant_algo"].String() == "FP8" ? ElementFormat{"fp8", 1} : Nvfp4();
  if (IsThere(config, "group_size") && format.name == "nvfp4" &&
      config["group_size"].Integer("elements", 0, kMostBlock) != 16) {
    config["group_size"].Fail("16, which NVFP4 has");
  }
  if (IsThere(config, "config_groups") && ReadGroups(config, "").name != format.name) {
    config["config_groups"].Fail("weights as quant_algo says");
  }
  return format;
}

/// Experts alone; other types' would be another thing.
ElementFormat ReadMxfp4(const JsonValue& config, const ModelDraft& draft) {
  config.ExpectKeys({"quant_method", "modules_to_not_convert"});
  if (draft.type != "gpt_oss") {
    config["quant_method"].Fail("another method than mxfp4, which is gpt-oss's");
  }
  return Mxfp4();
}

ElementFormat ReadMethod(const JsonValue& config, const ModelDraft& draft) {
  const std::string method = config["quant_method"].String();
  if (method == "mxfp4") {
    return ReadMxfp4(config, draft);
  }
  if (draft.type == "gpt_oss") {
    config["quant_method"].Fail("mxfp4, which gpt-oss has");
  }
  if (method == "fp8") {
    return ReadFp8(config);
  }
  if (method == "compressed-tensors") {
    return ReadCompressedTensors(config);
  }
  if (method == "modelopt") {
    return ReadModelOpt(config);
  }
  config["quant_method"].Fail("fp8, mxfp4, compressed-tensors or modelopt");
}

/// A mean over the elements of a class.
double MeanBytes(double spared, double bytes) {
  return spared * kUnquantized + (1 - spared) * bytes;
}

/// What a list that is there must say of the head for FP8, whose heads are published as they were.
void ExpectHeadSpared(const std::vector<JsonValue>& lists, const SparedModules& spared) {
  if (!lists.empty() && !spared.head) {
    lists.front().Fail("lm_head in the list, since no such head is known to be quantized", "none");
  }
}

DraftFormat ReadFormat(const JsonValue& config, const ConfigScope& scope, const ModelDraft& draft) {
  const ElementFormat format = ReadMethod(config, draft);
  std::vector<JsonValue> lists;
  for (const std::string_view key :
       {"modules_to_not_convert", "ignored_layers", "ignore", "exclude_modules"}) {
    if (IsThere(config, key)) {
      lists.push_back(config[key]);
    }
  }
  const SparedModules spared = ReadSpared(scope, draft, lists);
  const std::string method = config["quant_method"].String();
  const bool keeps_head = method == "fp8" || method == "mxfp4";
  if (method == "fp8" && !draft.is_tied) {
    ExpectHeadSpared(lists, spared);
  }
  DraftFormat all = {.name = format.name};
  all.head = draft.is_tied || keeps_head || spared.head ? kUnquantized : format.bytes;
  const double matrices = method == "mxfp4" ? kUnquantized : format.bytes;
  for (const SparedShares& shares : spared.layers) {
    all.layers.push_back({.mixer = MeanBytes(shares.mixer, matrices),
                          .feed_forward = MeanBytes(shares.feed_forward, matrices),
                          .experts = MeanBytes(shares.experts, format.bytes)});
  }
  return all;
}

}  // namespace

std::optional<DraftFormat> ReadQuantization(const ConfigScope& scope, const ModelDraft& draft) {
  for (const JsonValue* holder : {&scope.Text(), &scope.Root()}) {
    ExpectNothing(*holder, "compression_config");
    ExpectNothing(*holder, "expert_dtype");
    if (IsThere(*holder, "quantization_config")) {
      const JsonValue config = (*holder)["quantization_config"];
      if (!HasModuleNames(draft.type)) {
        config.Fail(fmt::format("null, since the weights of type {} are not known", draft.type),
                    "a quantization");
      }
      return ReadFormat(config, scope, draft);
    }
  }
  return std::nullopt;
}

}  // namespace kinetics
