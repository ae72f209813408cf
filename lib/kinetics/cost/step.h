#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kinetics/core/dtype.h"
#include "kinetics/cost/time_terms.h"
#include "kinetics/model/weights.h"

namespace kinetics {

/// An operation of a decode step.
struct StepOperation {
  std::string name;   ///< "gate and up".
  int64_t count = 0;  ///< How often a step runs it: once a layer, as a rule.
  TimeTerm once;      ///< Of one.
};

/// What a decode step is made for.
struct StepSetup {
  Dtype linear_dtype = Dtype::kBf16;    ///< Of linear layers.
  Dtype kv_dtype = Dtype::kBf16;        ///< Of the KV cache.
  double batch = 1;                     ///< Sequences, whole.
  int64_t gpus = 1;                     ///< Devices that share every layer, see parallel.h.
  std::optional<WeightFormat> weights;  ///< How they are stored; none: as linear_dtype.
};

/// What one of `gpus` devices has of `count`, at least one.
constexpr int64_t ShareOf(int64_t count, int64_t gpus) { return (count + gpus - 1) / gpus; }

}  // namespace kinetics
