#pragma once

#include "kinetics/cost/cost.h"

namespace kinetics::test {

/// 1 layer of 2 query heads and 1 KV head of size 4, 10 parameters: 32 FLOPs and 16 bytes a pair.
inline Model ToyModel() {
  return {.name = "toy",
          .model_type = "toy",
          .parameters = 10,
          .active = {10, 10, 10},
          .layers = {{.count = 1, .query_heads = 2, .kv_heads = 1, .head_dim = 4, .value_dim = 4}}};
}

/// 100 FLOP/s and 10 byte/s.
inline Hardware ToyHardware() {
  Hardware hardware = {.name = "toy"};
  hardware.peak_flops[0] = {{FlopsPerSecond{100}, "made up"}};
  hardware.memory_bandwidth = {{BytesPerSecond{10}, "made up"}};
  return hardware;
}

inline CostModel Toy(const char* attention, const CostOptions& options = {}) {
  return {ToyModel(), ParseAttention(attention), ToyHardware(), options};
}

}  // namespace kinetics::test
