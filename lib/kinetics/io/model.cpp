#include "kinetics/io/model.h"

#include <fmt/format.h>

#include "kinetics/io/json.h"

namespace kinetics {
namespace {

// Generous for any model, and small enough that products of three stay within 64 bits.
constexpr int64_t kMostLayers = 10'000;
constexpr int64_t kMostHeads = 10'000;
constexpr int64_t kMostWidth = 10'000'000;

LayerGroup ReadLayers(const JsonValue& value) {
  value.ExpectKeys({"kind", "count", "query_heads", "kv_heads", "head_dim", "intermediate_size"});
  if (value["kind"].String() != "full_attention") {
    value["kind"].Fail("\"full_attention\"");
  }
  LayerGroup group = {
      .count = value["count"].Integer("layers", 1, kMostLayers),
      .query_heads = value["query_heads"].Integer("heads", 1, kMostHeads),
      .kv_heads = value["kv_heads"].Integer("heads", 1, kMostHeads),
      .head_dim = value["head_dim"].Integer("elements", 1, kMostWidth),
      .intermediate_size = value["intermediate_size"].Integer("elements", 1, kMostWidth)};
  if (group.query_heads % group.kv_heads != 0) {
    value["kv_heads"].Fail(fmt::format("a divisor of {} query heads", group.query_heads));
  }
  return group;
}

ActiveParameters ReadActive(const JsonValue& value) {
  value.ExpectKeys({"all", "without_input_embedding", "without_embedding_and_head"});
  const auto count = [&value](std::string_view key, int64_t most) {
    return value[key].Integer("parameters", 1, most);
  };
  ActiveParameters active;
  active.all = count("all", kMostExactInteger);
  active.without_input_embedding = count("without_input_embedding", active.all);
  active.without_embedding_and_head =
      count("without_embedding_and_head", active.without_input_embedding);
  return active;
}

/// The format that derived KV figures are given in.
Dtype ReadKvDtype(const JsonValue& root) {
  if (!root.Has("kv_dtype")) {
    return Dtype::kBf16;
  }
  const auto dtype = FindDtype(root["kv_dtype"].String());
  if (!dtype) {
    root["kv_dtype"].Fail("a number format such as bf16");
  }
  return *dtype;
}

/// A figure that follows from the others must be what they give.
void ExpectDerived(const JsonValue& root, std::string_view key, double derived) {
  if (root.Has(key) &&
      root[key].Integer("bytes", 0, kMostExactInteger) != static_cast<int64_t>(derived)) {
    root[key].Fail(fmt::format("{}, as the layers give", static_cast<int64_t>(derived)));
  }
}

}  // namespace

Model ReadModel(std::string text, const std::string& source) {
  const JsonDocument document(std::move(text), source);
  const JsonValue& root = document.Root();
  if (!root.Has("schema") || root["schema"].String() != "kinetics.model/1") {
    root.Fail("a model of schema kinetics.model/1 (a config.json is not read)");
  }
  root.ExpectKeys({"schema", "made_by", "name", "model_type", "source", "parameters",
                   "active_parameters", "published_parameters", "hidden_size", "vocabulary_size",
                   "tied_embeddings", "kv_dtype", "kv_bytes_per_token",
                   "kv_bytes_per_token_growing", "state_elements", "context_tokens",
                   "kv_read_bytes", "layers"});
  Model model;
  model.name = root["name"].Name("a model's name");
  model.model_type = root["model_type"].Name("a model's type");
  model.source = root["source"].String();
  if (!root["parameters"].IsNull()) {
    model.parameters = root["parameters"].Integer("parameters", 1, kMostExactInteger);
  }
  model.active = ReadActive(root["active_parameters"]);
  if (root.Has("published_parameters") && !root["published_parameters"].IsNull()) {
    const JsonValue published = root["published_parameters"];
    published.ExpectKeys({"value", "source"});
    model.published_parameters = {published["value"].Positive("parameters"),
                                  published["source"].String()};
  }
  model.hidden_size = root["hidden_size"].Integer("elements", 1, kMostWidth);
  model.vocabulary_size = root["vocabulary_size"].Integer("tokens", 1, kMostWidth);
  model.tied_embeddings = root["tied_embeddings"].Bool();
  const JsonValue layers = root["layers"];
  for (size_t i = 0; i < layers.Size(); ++i) {
    model.layers.push_back(ReadLayers(layers[i]));
  }
  if (model.layers.empty()) {
    layers.Fail("at least one group of layers");
  }
  const double kv_bytes = KvBytesPerToken(model, ReadKvDtype(root)).value;
  ExpectDerived(root, "kv_bytes_per_token", kv_bytes);
  ExpectDerived(root, "kv_bytes_per_token_growing", kv_bytes);
  ExpectDerived(root, "state_elements", 0);
  if (root.Has("context_tokens")) {
    const int64_t context = root["context_tokens"].Integer("tokens", 1, kMostTokens);
    ExpectDerived(root, "kv_read_bytes", kv_bytes * static_cast<double>(context));
  }
  return model;
}

}  // namespace kinetics
