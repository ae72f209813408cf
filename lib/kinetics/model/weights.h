#pragma once

#include <compare>
#include <string>
#include <vector>

#include "kinetics/core/dtype.h"
#include "kinetics/core/units.h"

namespace kinetics {

struct Model;

/// Bytes that an element of a layer's matrices takes, with its share of the scales of blocks and
/// groups. Classes are those of LayerParameters; a mean where some matrices of a class are spared.
struct LayerFormat {
  double mixer = 2;
  double feed_forward = 2;
  double experts = 2;

  auto operator<=>(const LayerFormat&) const = default;
};

/// How a model's weights are stored, in memory as in its checkpoint.
struct WeightFormat {
  std::string name;                 ///< Of its quantized matrices: "bf16", "fp8", "mxfp4", "int4".
  double embedding = 2;             ///< Bytes an element; of the head too where both are tied.
  double head = 2;                  ///< Of the output head.
  double other = 2;                 ///< Of norms, biases, routers, convolutions, positions.
  std::vector<LayerFormat> layers;  ///< One for each group of Model::layers, or one for all.

  const LayerFormat& Of(size_t group) const { return layers.at(layers.size() == 1 ? 0 : group); }
  auto operator<=>(const WeightFormat&) const = default;
};

/// All parameters alike, ElementBytes(dtype) each, without scales.
WeightFormat PlainFormat(Dtype dtype);

/// The format that a model says its weights have; BF16 where they are not quantized.
WeightFormat FormatOf(const Model& model);

/// Bytes of all weights of the text stack, a tied embedding once: what must be held in memory. As
/// all of these, needs a model whose parameters are known. Leaves out the scales of whole rows and
/// matrices, below 0.1 %, and does not round up to whole blocks.
Bytes WeightBytes(const Model& model, const WeightFormat& format);

/// Bytes of weights that one decode step of `batch` >= 1 sequences is expected to read: all but the
/// input embedding, of which it gathers rows, and of the routed experts those that ExpectedExperts
/// tells. An infinite batch reads them all.
Bytes StepWeightBytes(const Model& model, const WeightFormat& format, double batch);

}  // namespace kinetics
