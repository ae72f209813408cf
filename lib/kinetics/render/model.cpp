#include "kinetics/render/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"
#include "kinetics/cost/parallel.h"
#include "kinetics/render/csv_writer.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

/// Nullopt where it depends on the token.
std::optional<double> KvPerToken(const Model& model, Dtype dtype) {
  return HasConstantKv(model) ? std::optional(KvBytesPerToken(model, dtype).value) : std::nullopt;
}

/// Whole bytes are written with all of their digits, never as 1e+15.
void WriteBytes(JsonWriter& json, std::optional<double> bytes) {
  constexpr auto kMost = static_cast<double>(kMostExactInteger);
  if (bytes && *bytes < kMost && *bytes == std::floor(*bytes)) {
    json.Value(static_cast<int64_t>(*bytes));
  } else {
    json.Value(bytes);
  }
}

/// For people.
std::string KvPerTokenText(const Model& model, Dtype dtype) {
  const auto bytes = KvPerToken(model, dtype);
  return bytes ? Grouped(static_cast<int64_t>(*bytes)) : "varies";
}

void WriteLayers(JsonWriter& json, const LayerGroup& group) {
  json.BeginObject();
  json.Key("kind").Value(KindName(group));
  json.Key("count").Value(group.count);
  for (const LayerField& field : LayerFields()) {
    const bool is_said =
        field.member == &LayerGroup::value_dim && group.value_dim == group.head_dim;
    if (group.*field.member != 0 && !is_said) {
      json.Key(field.key).Value(group.*field.member);
    }
  }
  if (group.parameters.Sum() > 0) {
    json.Key("parameters").BeginObject();
    json.Key("mixer").Value(group.parameters.mixer);
    json.Key("feed_forward").Value(group.parameters.feed_forward);
    json.Key("experts").Value(group.parameters.experts);
    if (group.parameters.expert_biases > 0) {
      json.Key("expert_biases").Value(group.parameters.expert_biases);
    }
    json.Key("other").Value(group.parameters.other);
    json.EndObject();
  }
  json.EndObject();
}

void WriteActive(JsonWriter& json, const Model& model) {
  if (!model.parameters) {
    json.Key("active_parameters").Null();
    return;
  }
  json.Key("active_parameters").BeginObject();
  json.Key("all").Value(model.active.all);
  json.Key("without_input_embedding").Value(model.active.without_input_embedding);
  json.Key("without_embedding_and_head").Value(model.active.without_embedding_and_head);
  json.EndObject();
}

/// What a model takes of a device's memory, and how much context that leaves.
struct MemoryRow {
  std::string hardware;
  int64_t gpus = 1;
  MemoryNeeds needs;
  int64_t tokens = 0;                // of one sequence
  std::optional<int64_t> sequences;  // at the context asked for
};

std::vector<MemoryRow> MemoryRows(const Model& model, const ModelView& view) {
  std::vector<MemoryRow> rows;
  for (const Hardware& hardware : view.hardware) {
    for (const int64_t gpus : view.gpus) {
      CostOptions options = view.cost;
      options.gpus = gpus;
      options.kv_dtype = view.kv_dtype;
      ExpectSpreads(model, gpus);
      const auto context = static_cast<double>(view.context_tokens.value_or(1));
      MemoryRow row = {.hardware = hardware.name,
                       .gpus = gpus,
                       .needs = NeedsOf(model, {}, hardware, options, view.memory, context),
                       .tokens = LongestContext(model, {}, hardware, options, view.memory),
                       .sequences = std::nullopt};
      if (view.context_tokens) {
        row.sequences = static_cast<int64_t>(row.needs.Sequences());
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

void WriteMemory(JsonWriter& json, const Model& model, const ModelView& view) {
  if (view.hardware.empty()) {
    return;
  }
  json.Key("memory").BeginList();
  for (const MemoryRow& row : MemoryRows(model, view)) {
    json.BeginObject();
    json.Key("hardware").Value(row.hardware);
    json.Key("gpus").Value(row.gpus);
    json.Key("usable_bytes").Value(row.needs.usable.value);
    json.Key("weight_bytes").Value(row.needs.weights.value);
    json.Key("reserve_bytes").Value(row.needs.reserve.value);
    json.Key("kv_tokens").Value(row.tokens);
    json.Key("sequences").Value(row.sequences);
    json.EndObject();
  }
  json.EndList();
}

/// In whole bytes; nullopt where its parameters are not known.
std::optional<double> WeightsOf(const Model& model) {
  return model.parameters ? std::optional(std::round(WeightBytes(model, FormatOf(model)).value))
                          : std::nullopt;
}

void WriteWeights(JsonWriter& json, const Model& model) {
  json.Key("weights");
  if (!model.weights) {
    json.Null();
  } else {
    json.BeginObject();
    json.Key("format").Value(model.weights->name);
    json.Key("embedding").Value(model.weights->embedding);
    json.Key("head").Value(model.weights->head);
    json.Key("other").Value(model.weights->other);
    json.Key("layers").BeginList();
    for (const LayerFormat& layer : model.weights->layers) {
      json.BeginObject();
      json.Key("mixer").Value(layer.mixer);
      json.Key("feed_forward").Value(layer.feed_forward);
      json.Key("experts").Value(layer.experts);
      json.EndObject();
    }
    json.EndList();
    json.EndObject();
  }
  WriteBytes(json.Key("weight_bytes"), WeightsOf(model));
}

void WriteModel(JsonWriter& json, const Model& model, const ModelView& view) {
  json.Key("name").Value(model.name);
  json.Key("model_type").Value(model.model_type);
  json.Key("source").Value(model.source);
  json.Key("parameters").Value(model.parameters);
  WriteActive(json, model);
  json.Key("published_parameters").Value(model.published_parameters);
  json.Key("hidden_size").Value(model.hidden_size);
  json.Key("vocabulary_size").Value(model.vocabulary_size);
  json.Key("tied_embeddings").Value(model.tied_embeddings);
  WriteWeights(json, model);
  json.Key("kv_dtype").Value(Name(view.kv_dtype));
  WriteBytes(json.Key("kv_bytes_per_token"), KvPerToken(model, view.kv_dtype));
  WriteBytes(json.Key("kv_bytes_per_token_growing"),
             GrowingKvBytesPerToken(model, view.kv_dtype).value);
  json.Key("state_elements").Value(StateElements(model));
  json.Key("conv_elements").Value(ConvElements(model));
  if (view.context_tokens) {
    json.Key("context_tokens").Value(*view.context_tokens);
    WriteBytes(json.Key("kv_read_bytes"),
               KvReadBytes(model, view.kv_dtype, *view.context_tokens).value);
  }
  json.Key("layers").BeginList();
  for (const LayerGroup& group : model.layers) {
    WriteLayers(json, group);
  }
  json.EndList();
  WriteMemory(json, model, view);
}

/// One line a model.
Table ModelsTable(const std::vector<Model>& models, const ModelView& view) {
  Table table = {.columns = {{"model", false},
                             {"total", true},
                             {"active", true},
                             {view.context_tokens ? "KV read" : "layers", true},
                             {"KV B/token", true}},
                 .rows = {}};
  for (const Model& model : models) {
    const auto count = [&model](int64_t parameters) {
      return model.parameters ? Si(static_cast<double>(parameters), "") : "unknown";
    };
    const std::string third =
        view.context_tokens ? Si(KvReadBytes(model, view.kv_dtype, *view.context_tokens).value, "B")
                            : std::to_string(LayerCount(model));
    table.rows.push_back({model.name, count(model.parameters.value_or(0)), count(model.active.all),
                          third, KvPerTokenText(model, view.kv_dtype)});
  }
  return table;
}

/// "32 query, 8 KV heads of 128, window 4,096"
std::string AttentionText(const LayerGroup& group) {
  std::string text =
      fmt::format("{} query, {} KV heads of {}", group.query_heads, group.kv_heads, group.head_dim);
  if (group.window_tokens > 0) {
    text += fmt::format(", window {}", Grouped(group.window_tokens));
  }
  if (group.chunk_tokens > 0) {
    text += fmt::format(", chunk {}", Grouped(group.chunk_tokens));
  }
  if (group.compression > 0) {
    text += fmt::format(", 1 for {}", group.compression);
  }
  if (group.index_top_tokens > 0) {
    text += fmt::format(", top {}", Grouped(group.index_top_tokens));
  }
  return text;
}

using AddTextRow = std::function<void(const std::string&, const std::string&, const std::string&)>;

void AddLayerRows(const LayerGroup& group, const AddTextRow& add) {
  std::string kind = KindName(group);
  std::replace(kind.begin(), kind.end(), '_', ' ');
  add("layers: " + kind, std::to_string(group.count),
      group.attention == LayerAttention::kNone ? "" : AttentionText(group));
  if (group.state_elements + group.conv_elements > 0) {
    add("  state", Grouped(group.state_elements + group.conv_elements), "elements a sequence");
  }
  if (group.intermediate_size > 0) {
    add("  MLP", Grouped(group.intermediate_size), group.experts > 0 ? "shared experts" : "");
  }
  if (group.experts > 0) {
    add("  experts", Grouped(group.experts),
        fmt::format("{} a token, {} parameters each", group.experts_per_token,
                    Grouped(ExpertParametersEach(group))));
  }
}

void AddParameterRows(const Model& model, const AddTextRow& add) {
  if (!model.parameters) {
    add("parameters", "unknown", "no formula for this type");
    return;
  }
  add("parameters", Grouped(*model.parameters), "text stack, a tied embedding once");
  add("active", Grouped(model.active.all), "multiplied with each token");
  add("  without input embedding", Grouped(model.active.without_input_embedding),
      "what the cost model charges");
  add("  without both ends", Grouped(model.active.without_embedding_and_head), "");
  if (model.published_parameters) {
    add("in the Kinetics paper", Si(model.published_parameters->value, ""),
        "under --convention published");
  }
}

/// "mxfp4 experts, the rest bf16"
std::string FormatText(const Model& model) {
  if (!model.weights) {
    return std::string(Name(Dtype::kBf16));
  }
  const WeightFormat& weights = *model.weights;
  const double plain = ElementBytes(Dtype::kBf16);
  const auto has = [&](double LayerFormat::*part, int64_t LayerParameters::*parameters) {
    for (size_t i = 0; i < model.layers.size(); ++i) {
      if (weights.Of(i).*part < plain && model.layers[i].parameters.*parameters > 0) {
        return true;
      }
    }
    return false;
  };
  std::vector<std::string> parts;
  if (has(&LayerFormat::mixer, &LayerParameters::mixer)) {
    parts.emplace_back("mixers");
  }
  if (has(&LayerFormat::feed_forward, &LayerParameters::feed_forward)) {
    parts.emplace_back("MLPs");
  }
  if (has(&LayerFormat::experts, &LayerParameters::experts)) {
    parts.emplace_back("experts");
  }
  if (weights.head < plain) {
    parts.emplace_back("head");
  }
  return fmt::format("{} {}, the rest {}", weights.name, Join(parts), Name(Dtype::kBf16));
}

Table ModelTable(const Model& model, const ModelView& view) {
  Table table = {.columns = {{model.name, false}, {"", true}, {"", false}}, .rows = {}};
  const AddTextRow add = [&table](const std::string& name, const std::string& value,
                                  const std::string& meaning) {
    table.rows.push_back({name, value, meaning});
  };
  add("type", model.model_type, "");
  AddParameterRows(model, add);
  add("embeddings", Grouped(model.vocabulary_size),
      fmt::format("tokens of {}, {}", model.hidden_size,
                  model.tied_embeddings ? "tied to the head" : "head apart"));
  for (const LayerGroup& group : model.layers) {
    AddLayerRows(group, add);
  }
  if (const auto bytes = WeightsOf(model)) {
    add("weights", Si(*bytes, "B"), FormatText(model));
  }
  const auto growing = GrowingKvBytesPerToken(model, view.kv_dtype).value;
  add("KV bytes per token", KvPerTokenText(model, view.kv_dtype), std::string(Name(view.kv_dtype)));
  if (growing != KvPerToken(model, view.kv_dtype)) {
    add("  that stay", Grouped(static_cast<int64_t>(growing)),
        "in layers that keep all of the context");
  }
  if (view.context_tokens) {
    add("KV read per decode step",
        Si(KvReadBytes(model, view.kv_dtype, *view.context_tokens).value, "B"),
        fmt::format("at a context of {} tokens", Grouped(*view.context_tokens)));
  }
  for (const MemoryRow& row : MemoryRows(model, view)) {
    const MemoryNeeds& needs = row.needs;
    add(fmt::format("fits {}{}", row.gpus > 1 ? fmt::format("{} x ", row.gpus) : "", row.hardware),
        Grouped(row.tokens),
        fmt::format("tokens of context, beside {} + {}", Si(needs.weights.value, "B"),
                    Si(needs.reserve.value, "B")));
    if (row.sequences) {
      add("  at that context", Grouped(*row.sequences), "sequences");
    }
  }
  return table;
}

std::string ModelsCsv(const std::vector<Model>& models, const ModelView& view) {
  CsvWriter csv({"model", "model_type", "parameters", "active_parameters",
                 "active_without_input_embedding", "active_without_embedding_and_head", "layers",
                 "kv_bytes_per_token", "kv_read_bytes", "weight_bytes"});
  for (const Model& model : models) {
    const auto active = [&model](int64_t count) {
      return model.parameters ? std::optional(count) : std::nullopt;
    };
    csv.Cell(model.name).Cell(model.model_type).Cell(model.parameters);
    csv.Cell(active(model.active.all)).Cell(active(model.active.without_input_embedding));
    csv.Cell(active(model.active.without_embedding_and_head));
    csv.Cell(LayerCount(model)).Cell(KvPerToken(model, view.kv_dtype));
    csv.Cell(view.context_tokens
                 ? std::optional(KvReadBytes(model, view.kv_dtype, *view.context_tokens).value)
                 : std::nullopt);
    csv.Cell(WeightsOf(model));
    csv.EndRow();
  }
  return csv.Text();
}

}  // namespace

std::string RenderModels(const std::vector<Model>& models, const ModelView& view, Format format,
                         const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return TableText(ModelsTable(models, view));
    case Format::kMarkdown:
      return TableMarkdown(ModelsTable(models, view));
    case Format::kCsv:
      return ModelsCsv(models, view);
    case Format::kJson:
      break;
  }
  JsonWriter json("kinetics.models/1", made_by);
  json.Key("models").BeginList();
  for (const Model& model : models) {
    json.BeginObject();
    WriteModel(json, model, view);
    json.EndObject();
  }
  json.EndList();
  return json.Finish();
}

std::string RenderModel(const Model& model, const ModelView& view, Format format,
                        const MadeBy& made_by) {
  if (format == Format::kJson) {
    JsonWriter json("kinetics.model/1", made_by);
    WriteModel(json, model, view);
    return json.Finish();
  }
  if (format == Format::kCsv) {
    return ModelsCsv({model}, view);
  }
  const Table table = ModelTable(model, view);
  return format == Format::kMarkdown
             ? TableMarkdown(table)
             : TableText(table) + "\n  " + Wrap("source: " + model.source, kTableWidth - 2, 4) +
                   "\n";
}

}  // namespace kinetics
