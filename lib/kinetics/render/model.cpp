#include "kinetics/render/model.h"

#include <fmt/format.h>

#include "kinetics/render/csv_writer.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

void WriteModel(JsonWriter& json, const Model& model, const ModelView& view) {
  const double kv_bytes = KvBytesPerToken(model, view.kv_dtype).value;
  json.Key("name").Value(model.name);
  json.Key("model_type").Value(model.model_type);
  json.Key("source").Value(model.source);
  json.Key("parameters").Value(model.parameters);
  json.Key("active_parameters").BeginObject();
  json.Key("all").Value(model.active.all);
  json.Key("without_input_embedding").Value(model.active.without_input_embedding);
  json.Key("without_embedding_and_head").Value(model.active.without_embedding_and_head);
  json.EndObject();
  json.Key("published_parameters").Value(model.published_parameters);
  json.Key("hidden_size").Value(model.hidden_size);
  json.Key("vocabulary_size").Value(model.vocabulary_size);
  json.Key("tied_embeddings").Value(model.tied_embeddings);
  json.Key("kv_dtype").Value(Name(view.kv_dtype));
  json.Key("kv_bytes_per_token").Value(kv_bytes);
  json.Key("kv_bytes_per_token_growing").Value(kv_bytes);
  json.Key("state_elements").Value(0);
  if (view.context_tokens) {
    const auto context = static_cast<double>(*view.context_tokens);
    json.Key("context_tokens").Value(*view.context_tokens);
    json.Key("kv_read_bytes").Value(KvReadBytes(model, view.kv_dtype, context).value);
  }
  json.Key("layers").BeginList();
  for (const LayerGroup& group : model.layers) {
    json.BeginObject();
    json.Key("kind").Value("full_attention");
    json.Key("count").Value(group.count);
    json.Key("query_heads").Value(group.query_heads);
    json.Key("kv_heads").Value(group.kv_heads);
    json.Key("head_dim").Value(group.head_dim);
    json.Key("intermediate_size").Value(group.intermediate_size);
    json.EndObject();
  }
  json.EndList();
}

/// One line a model. Heads are those of its first group of layers.
Table ModelsTable(const std::vector<Model>& models, const ModelView& view) {
  Table table = {.columns = {{"model", false},
                             {"parameters", true},
                             {"layers", true},
                             {"heads", true},
                             {"KV heads", true},
                             {"head size", true},
                             {"KV B/token", true}},
                 .rows = {}};
  if (view.context_tokens) {
    table.columns.push_back({"KV read", true});
  }
  for (const Model& model : models) {
    const LayerGroup& group = model.layers.front();
    table.rows.push_back(
        {model.name, model.parameters ? Grouped(*model.parameters) : "unknown",
         std::to_string(LayerCount(model)), std::to_string(group.query_heads),
         std::to_string(group.kv_heads), std::to_string(group.head_dim),
         Grouped(static_cast<int64_t>(KvBytesPerToken(model, view.kv_dtype).value))});
    if (view.context_tokens) {
      const auto context = static_cast<double>(*view.context_tokens);
      table.rows.back().push_back(Si(KvReadBytes(model, view.kv_dtype, context).value, "B"));
    }
  }
  return table;
}

Table ModelTable(const Model& model, const ModelView& view) {
  Table table = {.columns = {{model.name, false}, {"", true}, {"", false}}, .rows = {}};
  const auto add = [&table](const std::string& name, const std::string& value,
                            const std::string& meaning) {
    table.rows.push_back({name, value, meaning});
  };
  add("type", model.model_type, "");
  add("parameters", model.parameters ? Grouped(*model.parameters) : "unknown",
      "text stack, a tied embedding once");
  add("active", Grouped(model.active.all), "multiplied with each token");
  add("  without input embedding", Grouped(model.active.without_input_embedding),
      "what the cost model charges");
  add("  without both ends", Grouped(model.active.without_embedding_and_head), "");
  if (model.published_parameters) {
    add("in the Kinetics paper", Si(model.published_parameters->value, ""),
        "under --convention published");
  }
  add("embeddings", Grouped(model.vocabulary_size),
      fmt::format("tokens of {}, {}", model.hidden_size,
                  model.tied_embeddings ? "tied to the head" : "head apart"));
  for (const LayerGroup& group : model.layers) {
    add("layers", std::to_string(group.count),
        fmt::format("{} query, {} KV heads of {}", group.query_heads, group.kv_heads,
                    group.head_dim));
    add("  MLP", Grouped(group.intermediate_size), "gated");
  }
  add("KV bytes per token",
      Grouped(static_cast<int64_t>(KvBytesPerToken(model, view.kv_dtype).value)),
      std::string(Name(view.kv_dtype)));
  if (view.context_tokens) {
    const auto context = static_cast<double>(*view.context_tokens);
    add("KV read per decode step", Si(KvReadBytes(model, view.kv_dtype, context).value, "B"),
        fmt::format("at a context of {} tokens", Grouped(*view.context_tokens)));
  }
  return table;
}

std::string ModelsCsv(const std::vector<Model>& models, const ModelView& view) {
  CsvWriter csv({"model", "model_type", "parameters", "active_parameters",
                 "active_without_input_embedding", "active_without_embedding_and_head", "layers",
                 "kv_bytes_per_token", "kv_read_bytes"});
  for (const Model& model : models) {
    csv.Cell(model.name).Cell(model.model_type).Cell(model.parameters).Cell(model.active.all);
    csv.Cell(model.active.without_input_embedding).Cell(model.active.without_embedding_and_head);
    csv.Cell(LayerCount(model)).Cell(KvBytesPerToken(model, view.kv_dtype).value);
    const auto context = static_cast<double>(view.context_tokens.value_or(0));
    csv.Cell(view.context_tokens ? std::optional(KvReadBytes(model, view.kv_dtype, context).value)
                                 : std::nullopt);
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
