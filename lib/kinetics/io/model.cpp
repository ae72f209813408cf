#include "kinetics/io/model.h"

#include <fmt/format.h>

#include <cmath>

#include "kinetics/io/config.h"
#include "kinetics/io/json.h"

namespace kinetics {
namespace {

LayerParameters ReadLayerParameters(const JsonValue& value) {
  value.ExpectKeys({"mixer", "feed_forward", "experts", "expert_biases", "other"});
  const auto count = [&value](std::string_view key) {
    return value[key].Integer("parameters", 0, kMostExactInteger);
  };
  return {.mixer = count("mixer"),
          .feed_forward = count("feed_forward"),
          .experts = count("experts"),
          .expert_biases = value.Has("expert_biases") ? count("expert_biases") : 0,
          .other = count("other")};
}

/// What a layer of a kind must have.
void ExpectSizes(const JsonValue& value, const LayerGroup& group) {
  const auto expect = [&value](bool is_there, std::string_view key) {
    if (!is_there) {
      value[key].Fail("at least 1");
    }
  };
  if (group.attention == LayerAttention::kNone) {
    return;
  }
  expect(group.query_heads > 0, "query_heads");
  expect(group.kv_heads > 0, "kv_heads");
  expect(group.head_dim > 0, "head_dim");
  expect(group.value_dim > 0, "value_dim");
  expect(group.attention != LayerAttention::kSliding || group.window_tokens > 0, "window_tokens");
  expect(group.attention != LayerAttention::kChunked || group.chunk_tokens > 0, "chunk_tokens");
  if (group.query_heads % group.kv_heads != 0) {
    value["kv_heads"].Fail(fmt::format("a divisor of {} query heads", group.query_heads));
  }
}

/// Bytes an element.
double ReadElementBytes(const JsonValue& value, std::string_view key) {
  constexpr double kMostBytes = 8;
  return value[key].Number("bytes an element", 0, kMostBytes);
}

LayerGroup ReadLayers(const JsonValue& value) {
  std::vector<std::string_view> keys = {"kind", "count", "parameters"};
  for (const LayerField& field : LayerFields()) {
    keys.push_back(field.key);
  }
  value.ExpectKeys(keys);
  LayerGroup group;
  if (!SetKind(value["kind"].String(), group)) {
    value["kind"].Fail("a kind of layers such as full_attention");
  }
  group.count = value["count"].Integer("layers", 1, kMostLayers);
  for (const LayerField& field : LayerFields()) {
    if (value.Has(field.key)) {
      group.*field.member = value[field.key].Integer(field.what, 0, field.most);
    }
  }
  if (!value.Has("value_dim")) {
    group.value_dim = group.head_dim;
  }
  if (group.experts_per_token > group.experts) {
    value["experts_per_token"].Fail(fmt::format("at most {} experts", group.experts));
  }
  if (value.Has("parameters")) {
    group.parameters = ReadLayerParameters(value["parameters"]);
  }
  ExpectSizes(value, group);
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

LayerFormat ReadLayerFormat(const JsonValue& value) {
  value.ExpectKeys({"mixer", "feed_forward", "experts"});
  return {.mixer = ReadElementBytes(value, "mixer"),
          .feed_forward = ReadElementBytes(value, "feed_forward"),
          .experts = ReadElementBytes(value, "experts")};
}

WeightFormat ReadWeights(const JsonValue& value, size_t groups) {
  value.ExpectKeys({"format", "embedding", "head", "other", "layers"});
  WeightFormat weights = {.name = value["format"].Name("a format's name"),
                          .embedding = ReadElementBytes(value, "embedding"),
                          .head = ReadElementBytes(value, "head"),
                          .other = ReadElementBytes(value, "other")};
  const JsonValue layers = value["layers"];
  if (layers.Size() != 1 && layers.Size() != groups) {
    layers.Fail(fmt::format("one format, or one for each of {} groups of layers", groups),
                std::to_string(layers.Size()));
  }
  for (size_t i = 0; i < layers.Size(); ++i) {
    weights.layers.push_back(ReadLayerFormat(layers[i]));
  }
  return weights;
}

/// All counts of parameters but those of layers.
void ReadCounts(const JsonValue& root, Model& model) {
  if (!root["parameters"].IsNull()) {
    model.parameters = root["parameters"].Integer("parameters", 1, kMostExactInteger);
  }
  if (model.parameters || !root["active_parameters"].IsNull()) {
    model.active = ReadActive(root["active_parameters"]);
  }
  if (root.Has("published_parameters") && !root["published_parameters"].IsNull()) {
    const JsonValue published = root["published_parameters"];
    published.ExpectKeys({"value", "source"});
    model.published_parameters = {published["value"].Positive("parameters"),
                                  published["source"].String()};
  }
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
  if (root.Has(key) && !root[key].IsNull() &&
      root[key].Integer("bytes", 0, kMostExactInteger) != static_cast<int64_t>(derived)) {
    root[key].Fail(fmt::format("{}, as the layers give", static_cast<int64_t>(derived)));
  }
}

void ExpectAllDerived(const JsonValue& root, const Model& model) {
  const Dtype dtype = ReadKvDtype(root);
  ExpectDerived(root, "kv_bytes_per_token", KvBytesPerToken(model, dtype).value);
  ExpectDerived(root, "kv_bytes_per_token_growing", GrowingKvBytesPerToken(model, dtype).value);
  if (model.parameters) {
    ExpectDerived(root, "weight_bytes", std::round(WeightBytes(model, FormatOf(model)).value));
  }
  ExpectDerived(root, "state_elements", static_cast<double>(StateElements(model)));
  ExpectDerived(root, "conv_elements", static_cast<double>(ConvElements(model)));
  if (root.Has("context_tokens")) {
    const int64_t context = root["context_tokens"].Integer("tokens", 1, kMostTokens);
    ExpectDerived(root, "kv_read_bytes", KvReadBytes(model, dtype, context).value);
  }
}

}  // namespace

Model ReadModel(std::string text, const std::string& source) {
  // A preset says its schema; what does not is a config.json, if it is any model.
  if (text.find("\"schema\"") == std::string::npos) {
    return ReadConfig(std::move(text), source);
  }
  const JsonDocument document(std::move(text), source);
  const JsonValue& root = document.Root();
  if (root["schema"].String() != "kinetics.model/1") {
    root["schema"].Fail("\"kinetics.model/1\"");
  }
  root.ExpectKeys({"schema",
                   "made_by",
                   "name",
                   "model_type",
                   "source",
                   "parameters",
                   "active_parameters",
                   "published_parameters",
                   "hidden_size",
                   "vocabulary_size",
                   "tied_embeddings",
                   "weights",
                   "weight_bytes",
                   "kv_dtype",
                   "kv_bytes_per_token",
                   "kv_bytes_per_token_growing",
                   "state_elements",
                   "conv_elements",
                   "context_tokens",
                   "kv_read_bytes",
                   "memory",
                   "layers"});
  Model model;
  model.name = root["name"].Name("a model's name");
  model.model_type = root["model_type"].Name("a model's type");
  model.source = root["source"].String();
  ReadCounts(root, model);
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
  if (root.Has("weights") && !root["weights"].IsNull()) {
    model.weights = ReadWeights(root["weights"], model.layers.size());
  }
  ExpectAllDerived(root, model);
  return model;
}

}  // namespace kinetics
