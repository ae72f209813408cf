#include "kinetics/cost/parallel.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/core/error.h"

namespace kinetics {
namespace {

bool HasMixer(const LayerGroup& group) {
  return group.attention != LayerAttention::kNone || group.recurrence != Recurrence::kNone;
}

bool HasMlp(const LayerGroup& group) {
  return group.parameters.feed_forward + group.parameters.experts > 0;
}

bool SpreadsLayer(const LayerGroup& group, int64_t gpus) {
  const int64_t kv_heads = group.kv_heads;
  return group.attention == LayerAttention::kNone ||
         (group.query_heads % gpus == 0 &&
          (kv_heads == 0 || kv_heads % gpus == 0 || gpus % kv_heads == 0));
}

}  // namespace

bool Spreads(const Model& model, int64_t gpus) {
  return std::all_of(model.layers.begin(), model.layers.end(),
                     [gpus](const LayerGroup& group) { return SpreadsLayer(group, gpus); });
}

void ExpectSpreads(const Model& model, int64_t gpus) {
  for (const LayerGroup& group : model.layers) {
    if (!SpreadsLayer(group, gpus)) {
      throw Error(
          fmt::format("model {}: {} query heads and {} KV heads cannot be spread evenly over {} "
                      "devices",
                      model.name, group.query_heads, group.kv_heads, gpus));
    }
  }
}

double KvCopies(const LayerGroup& group, int64_t gpus) {
  return static_cast<double>(gpus) /
         static_cast<double>(std::clamp<int64_t>(group.kv_heads, 1, gpus));
}

int64_t AllReducesPerStep(const Model& model) {
  int64_t count = 1;
  for (const LayerGroup& group : model.layers) {
    count +=
        group.count * (static_cast<int64_t>(HasMixer(group)) + static_cast<int64_t>(HasMlp(group)));
  }
  return count;
}

double LinkElementsPerToken(const Model& model, int64_t gpus) {
  const auto others = static_cast<double>(gpus - 1);
  const double reduced =
      static_cast<double>(AllReducesPerStep(model)) * static_cast<double>(model.hidden_size);
  return others * (2 * reduced + static_cast<double>(model.vocabulary_size));
}

BytesPerSecond LinkBandwidth(const Hardware& hardware) {
  if (!hardware.interconnect_bandwidth) {
    throw Error(fmt::format(
        "hardware {}: has no interconnect bandwidth, which several devices need", hardware.name));
  }
  return hardware.interconnect_bandwidth->value;
}

}  // namespace kinetics
