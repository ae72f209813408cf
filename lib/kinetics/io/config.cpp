#include "kinetics/io/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"
#include "kinetics/io/config/draft.h"
#include "kinetics/io/config/quantization.h"
#include "kinetics/io/config/scope.h"
#include "kinetics/io/json.h"

namespace kinetics {
namespace {

/// What reads models of a type.
struct Family {
  std::string_view type;
  void (*read)(const ConfigScope& scope, ModelDraft& draft);
  bool is_tied = false;  ///< Where the config does not say.
};

constexpr std::array kFamilies = {
    Family{"deepseek_v2", ReadLatent},
    Family{"deepseek_v3", ReadLatent},
    Family{"deepseek_v32", ReadLatent},
    Family{"deepseek_v4", ReadDeepSeekV4},
    Family{"ernie4_5_moe", ReadDecoder, true},
    Family{"falcon_h1", ReadFalconH1},
    Family{"gemma2", ReadDecoder, true},
    Family{"gemma3_text", ReadDecoder, true},
    Family{"gemma4_text", ReadGemma4, true},
    Family{"glm4_moe", ReadDecoder},
    Family{"glm_moe_dsa", ReadLatent},
    Family{"gpt2", ReadGpt2, true},
    Family{"gpt_oss", ReadGptOss},
    Family{"granitemoehybrid", ReadGraniteHybrid},
    Family{"jamba", ReadJamba},
    Family{"kimi_k2", ReadLatent},
    Family{"lfm2", ReadLfm2, true},
    Family{"llama", ReadDecoder},
    Family{"llama4_text", ReadLlama4},
    Family{"mimo", ReadDecoder},
    Family{"minicpm3", ReadLatent, true},
    Family{"minimax_m1", ReadMiniMaxM1},
    Family{"minimax_m2", ReadDecoder},
    Family{"mistral", ReadDecoder},
    Family{"mixtral", ReadDecoder},
    Family{"nemotron-nas", ReadNemotronNas},
    Family{"nemotron_h", ReadNemotronH},
    Family{"olmo2", ReadDecoder},
    Family{"olmo3", ReadDecoder},
    Family{"opt", ReadOpt, true},
    Family{"phi3", ReadDecoder},
    Family{"qwen2", ReadDecoder},
    Family{"qwen3", ReadDecoder},
    Family{"qwen3_5_moe_text", ReadQwenNext},
    Family{"qwen3_5_text", ReadQwenNext},
    Family{"qwen3_moe", ReadDecoder},
    Family{"qwen3_next", ReadQwenNext},
    Family{"smollm3", ReadDecoder, true},
};

/// Types with the text model of another; those of whole models whose text_config may not say.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kAliases = {{
    {"gemma3", "gemma3_text"},
    {"gemma4", "gemma4_text"},
    {"kimi_k25", "kimi_k2"},
    {"llama4", "llama4_text"},
    {"mistral3", "mistral"},
    {"qwen3_5", "qwen3_5_text"},
    {"qwen3_5_moe", "qwen3_5_moe_text"},
    {"qwen3_vl", "qwen3"},
    {"qwen3_vl_text", "qwen3"},
    {"qwen3_vl_moe", "qwen3_moe"},
    {"qwen3_vl_moe_text", "qwen3_moe"},
}};

/// Other programs write Infinity, which is not JSON, outside of strings; every offset stays.
std::string WithoutInfinity(std::string text) {
  constexpr std::string_view kInfinity = "Infinity";
  constexpr std::string_view kLarge = "1e308   ";
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_in_string = !is_in_string;
    } else if (!is_in_string && text.compare(i, kInfinity.size(), kInfinity) == 0) {
      text.replace(i, kInfinity.size(), kLarge);
    }
  }
  return text;
}

const Family& FamilyOf(const ConfigScope& scope) {
  const JsonValue& holder = scope.Text().Has("model_type") ? scope.Text() : scope.Root();
  std::string type = holder["model_type"].String();
  for (const auto& [alias, meaning] : kAliases) {
    if (type == alias) {
      type = meaning;
      break;
    }
  }
  for (const Family& family : kFamilies) {
    if (family.type == type) {
      return family;
    }
  }
  const std::vector<std::string> known = ConfigTypes();
  const std::string hint = DidYouMean(type, known);
  const std::string examples =
      fmt::format(" (one of {}, such as llama, qwen3, deepseek_v3)", known.size());
  holder["model_type"].Fail("a type of model that is known" + (hint.empty() ? examples : hint));
}

int64_t ReadLayerCount(const ConfigScope& scope) {
  const auto count = scope.Find(kLayerCountKeys);
  if (!count && scope.Text().Has("layers_block_type")) {
    const JsonValue types = scope.Text()["layers_block_type"];
    if (types.Size() < 1 || static_cast<int64_t>(types.Size()) > kMostLayers) {
      types.Fail(fmt::format("a list of 1 to {} layers", kMostLayers));
    }
    return static_cast<int64_t>(types.Size());
  }
  if (!count) {
    scope.FailMissing(kLayerCountKeys);
  }
  return count->Integer("layers", 1, kMostLayers);
}

bool ReadTied(const ConfigScope& scope, bool fallback) {
  for (const JsonValue* holder : {&scope.Text(), &scope.Root()}) {
    for (const std::string_view key : {"tie_word_embeddings", "tie_embedding"}) {
      if (holder->Has(key) && !(*holder)[key].IsNull()) {
        return (*holder)[key].Bool();
      }
    }
  }
  return fallback;
}

/// Layers of one shape, and of one format of weights, become one group.
void AddGroups(const ModelDraft& draft, const std::optional<DraftFormat>& format, Model& model) {
  std::vector<LayerFormat> formats;
  for (size_t i = 0; i < draft.layers.size(); ++i) {
    LayerGroup layer = draft.layers[i];
    const LayerFormat own = format ? format->layers[i] : LayerFormat{};
    size_t same = 0;
    for (; same < formats.size(); ++same) {
      layer.count = model.layers[same].count;
      if (layer == model.layers[same] && own == formats[same]) {
        break;
      }
    }
    if (same == formats.size()) {
      layer.count = 0;
      model.layers.push_back(layer);
      formats.push_back(own);
    }
    ++model.layers[same].count;
  }
  if (format) {
    if (std::count(formats.begin(), formats.end(), formats[0]) ==
        static_cast<std::ptrdiff_t>(formats.size())) {
      formats.resize(1);
    }
    model.weights = {.name = format->name, .head = format->head, .layers = formats};
  }
}

/// Counts what the layers, the embeddings and the rest have. A layer's experts that a token does
/// not pass are not active.
void CountParameters(const ConfigScope& scope, const ModelDraft& draft, Model& model) {
  const double embedding =
      static_cast<double>(draft.vocabulary) * static_cast<double>(draft.embedding_width);
  double total = draft.outer_parameters + embedding * (draft.is_tied ? 1 : 2);
  double idle = 0;
  for (const LayerGroup& group : model.layers) {
    const auto count = static_cast<double>(group.count);
    total += count * static_cast<double>(group.parameters.Sum());
    if (group.experts > 0) {
      const int64_t experts = group.experts - group.experts_per_token;
      idle += count * static_cast<double>(experts * ExpertParametersEach(group));
    }
  }
  if (!(total <= static_cast<double>(kMostExactInteger))) {
    scope.Text().Fail("a model of at most 2^53 parameters");
  }
  model.parameters = static_cast<int64_t>(total);
  model.active.all = static_cast<int64_t>(total - idle);
  const auto table = static_cast<int64_t>(embedding);
  model.active.without_input_embedding = model.active.all - (draft.is_tied ? 0 : table);
  model.active.without_embedding_and_head = model.active.without_input_embedding - table;
}

std::string NameOfFile(const std::string& source) {
  const std::filesystem::path path(source);
  const std::string folder =
      std::filesystem::absolute(path).lexically_normal().parent_path().filename().string();
  return path.filename() == "config.json" && !folder.empty() ? folder : path.stem().string();
}

}  // namespace

std::vector<std::string> ConfigTypes() {
  std::vector<std::string> types;
  types.reserve(kFamilies.size() + kAliases.size());
  for (const Family& family : kFamilies) {
    types.emplace_back(family.type);
  }
  for (const auto& [alias, meaning] : kAliases) {
    types.emplace_back(alias);
  }
  std::sort(types.begin(), types.end());
  return types;
}

Model ReadConfig(std::string text, const std::string& source) {
  const JsonDocument document(WithoutInfinity(std::move(text)), source);
  document.Root().Keys();  // fails on what is no object
  const ConfigScope scope(document.Root());
  const Family& family = FamilyOf(scope);
  ExpectArchitecture(scope, std::string(family.type));
  ModelDraft draft = {.type = std::string(family.type),
                      .hidden = scope.Size({"hidden_size", "n_embd"}),
                      .layer_count = ReadLayerCount(scope),
                      .is_tied = ReadTied(scope, family.is_tied)};
  constexpr int64_t kGemmaVocabulary = 262208;
  draft.vocabulary = draft.type == "gemma3_text" ? scope.SizeOr({"vocab_size"}, kGemmaVocabulary)
                                                 : scope.Size({"vocab_size"});
  draft.embedding_width = draft.hidden;
  family.read(scope, draft);
  ExpectUnusedSizes(scope);
  Model model = {.name = NameOfFile(source),
                 .model_type = document.Root()["model_type"].Name("a model's type"),
                 .source = "config.json: " + source,
                 .hidden_size = draft.hidden,
                 .vocabulary_size = draft.vocabulary,
                 .tied_embeddings = draft.is_tied};
  AddGroups(draft, draft.has_formula ? ReadQuantization(scope, draft) : std::nullopt, model);
  if (draft.has_formula) {
    CountParameters(scope, draft, model);
  }
  return model;
}

}  // namespace kinetics
