#include "kinetics/model/weights.h"

#include "kinetics/model/model.h"

namespace kinetics {
namespace {

/// Elements of the embedding, or of the head.
double TableElements(const Model& model) {
  return static_cast<double>(model.active.without_input_embedding -
                             model.active.without_embedding_and_head);
}

/// Bytes of all layers, of whose routed experts `read(group)` count.
template <typename OfGroup>
double LayerBytes(const Model& model, const WeightFormat& format, const OfGroup& read) {
  double bytes = 0;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerGroup& group = model.layers[i];
    const LayerParameters& parameters = group.parameters;
    const LayerFormat& each = format.Of(i);
    double layer = static_cast<double>(parameters.mixer) * each.mixer +
                   static_cast<double>(parameters.feed_forward) * each.feed_forward +
                   static_cast<double>(parameters.other) * format.other;
    if (group.experts > 0) {
      const double experts = static_cast<double>(parameters.experts) * each.experts +
                             static_cast<double>(parameters.expert_biases) * format.other;
      layer += experts * (read(group) / static_cast<double>(group.experts));
    }
    bytes += static_cast<double>(group.count) * layer;
  }
  return bytes;
}

/// Of what stands outside of layers, embedding and head.
double OuterBytes(const Model& model, const WeightFormat& format) {
  double outer = static_cast<double>(*model.parameters) -
                 TableElements(model) * (model.tied_embeddings ? 1 : 2);
  for (const LayerGroup& group : model.layers) {
    outer -= static_cast<double>(group.count) * static_cast<double>(group.parameters.Sum());
  }
  return outer * format.other;
}

double HeadBytes(const Model& model, const WeightFormat& format) {
  return TableElements(model) * (model.tied_embeddings ? format.embedding : format.head);
}

}  // namespace

WeightFormat PlainFormat(Dtype dtype) {
  const double each = ElementBytes(dtype);
  return {.name = std::string(Name(dtype)),
          .embedding = each,
          .head = each,
          .other = each,
          .layers = {LayerFormat{each, each, each}}};
}

WeightFormat FormatOf(const Model& model) {
  return model.weights ? *model.weights : PlainFormat(Dtype::kBf16);
}

Bytes WeightBytes(const Model& model, const WeightFormat& format) {
  const double layers = LayerBytes(
      model, format, [](const LayerGroup& group) { return static_cast<double>(group.experts); });
  const double embedding = model.tied_embeddings ? 0 : TableElements(model) * format.embedding;
  return {layers + OuterBytes(model, format) + HeadBytes(model, format) + embedding};
}

Bytes StepWeightBytes(const Model& model, const WeightFormat& format, double batch) {
  const double layers = LayerBytes(
      model, format, [batch](const LayerGroup& group) { return ExpectedExperts(group, batch); });
  return {layers + OuterBytes(model, format) + HeadBytes(model, format)};
}

}  // namespace kinetics
