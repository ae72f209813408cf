#include "kinetics/cost/calibrated_linear.h"

#include <algorithm>
#include <cmath>

namespace kinetics {
namespace {

/// Whether weights of so many bytes an element are of `dtype`, but for the scales of blocks.
bool IsOf(Dtype dtype, double bytes) {
  constexpr double kScales = 0.1;
  return bytes >= ElementBytes(dtype) && bytes <= ElementBytes(dtype) + kScales;
}

int64_t Rounded(double size) { return std::max<int64_t>(1, std::llround(size)); }

}  // namespace

void CalibratedLinear::Batch::Add(const std::string& name, int64_t count, const TimeTerm& once) {
  for (StepOperation& operation : operations) {
    if (operation.name == name && operation.once.seconds.value == once.seconds.value) {
      operation.count += count;
      return;
    }
  }
  operations.push_back({name, count, once});
}

TimeTerm CalibratedLinear::Product(const OperationShape& shape, double weight_bytes) const {
  Dtype dtype = setup_.linear_dtype;
  if (!IsOf(dtype, weight_bytes)) {
    const bool is_fp8 = IsOf(Dtype::kFp8, weight_bytes) &&
                        FindCalibrated(hardware_, Operation::kGemm, Dtype::kFp8, std::nullopt);
    if (!is_fp8) {
      return ByRoofline(shape, weight_bytes);
    }
    dtype = Dtype::kFp8;
  }
  const bool is_vector =
      shape.m == 1 && FindCalibrated(hardware_, Operation::kGemv, dtype, std::nullopt) != nullptr;
  return OperationTimer(hardware_, is_vector ? Operation::kGemv : Operation::kGemm, dtype)
      .Of(shape);
}

TimeTerm CalibratedLinear::ByRoofline(const OperationShape& shape, double weight_bytes) const {
  const double of_activations = ElementBytes(setup_.linear_dtype);
  const OperationWork work = WorkOf(Operation::kGemm, shape, of_activations);
  const double saved =
      (of_activations - weight_bytes) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
  return RooflineTime(hardware_, setup_.linear_dtype, {work.flops}, {work.bytes - saved});
}

std::vector<StepOperation> CalibratedLinear::LayersAt(int64_t m) const {
  Batch batch = {.tokens = m};
  for (size_t i = 0; i < model_.layers.size(); ++i) {
    const LayerGroup& group = model_.layers[i];
    AddMixer(group, weights_.Of(i).mixer, batch);
    if (group.intermediate_size > 0) {
      AddMlp(group, weights_.Of(i).feed_forward, batch);
    }
    if (group.experts > 0) {
      AddExperts(group, weights_.Of(i).experts, batch);
    }
  }
  return batch.operations;
}

void CalibratedLinear::AddMixer(const LayerGroup& group, double weight_bytes, Batch& batch) const {
  const int64_t hidden = model_.hidden_size;
  const int64_t queries = ShareOf(group.query_heads, setup_.gpus) * group.head_dim;
  const int64_t keys =
      group.shared_cache > 0 ? 0 : ShareOf(group.kv_heads, setup_.gpus) * group.head_dim;
  batch.Add(keys > 0 ? "QKV" : "queries", group.count,
            Product({.m = batch.tokens, .n = queries + 2 * keys, .k = hidden}, weight_bytes));
  batch.Add("attention output", group.count,
            Product({.m = batch.tokens, .n = hidden, .k = queries}, weight_bytes));
}

void CalibratedLinear::AddMlp(const LayerGroup& group, double weight_bytes, Batch& batch) const {
  const int64_t hidden = model_.hidden_size;
  const int64_t width = ShareOf(group.intermediate_size, setup_.gpus);
  // Without a gate there are two matrices, not three.
  const bool is_gated = group.parameters.feed_forward != 2 * hidden * group.intermediate_size;
  const std::string of = group.experts > 0 ? "shared experts, " : "";
  batch.Add(
      of + (is_gated ? "gate and up" : "up"), group.count,
      Product({.m = batch.tokens, .n = (is_gated ? 2 : 1) * width, .k = hidden}, weight_bytes));
  batch.Add(of + "down", group.count,
            Product({.m = batch.tokens, .n = hidden, .k = width}, weight_bytes));
}

void CalibratedLinear::AddExperts(const LayerGroup& group, double weight_bytes,
                                  Batch& batch) const {
  const auto m = static_cast<double>(batch.tokens);
  const auto hidden = static_cast<double>(model_.hidden_size);
  const double touched = ExpectedExperts(group, m);
  const int64_t rows = Rounded(m * static_cast<double>(group.experts_per_token) / touched);
  const double here = touched / static_cast<double>(setup_.gpus);
  // Each is a gated MLP: three matrices.
  const double width = static_cast<double>(group.parameters.experts) /
                       static_cast<double>(group.experts) / 3 / hidden;
  const auto add = [&](const std::string& name, double n, double k) {
    TimeTerm once = Product({.m = rows, .n = Rounded(n), .k = Rounded(k)}, weight_bytes);
    once.provenance = Provenance::kExtrapolated;
    batch.Add(name, group.count, once);
  };
  batch.Add("router", group.count,
            Product({.m = batch.tokens, .n = group.experts, .k = model_.hidden_size},
                    ElementBytes(setup_.linear_dtype)));
  add("experts, gate and up", here * 2 * width, hidden);
  add("experts, down", here * hidden, width);
}

StepOperation CalibratedLinear::HeadAt(int64_t m) const {
  const int64_t words = ShareOf(model_.vocabulary_size, setup_.gpus);
  return {"output head", 1, Product({.m = m, .n = words, .k = model_.hidden_size}, weights_.head)};
}

}  // namespace kinetics
