#pragma once

#include "kinetics/cost/cost.h"
#include "kinetics/render/json_writer.h"

namespace kinetics {

/// Writes the members "seconds", "eflops", "flops", "bytes" and "terms" of the open object.
void WriteCost(JsonWriter& json, const Cost& cost);

/// Seconds of each part of a cost, by its rule; under Rule::kMax compute and memory both count.
struct CostParts {
  double parameters = 0;  ///< Linear layers and reading the weights.
  double attention = 0;   ///< Attention's compute.
  double kv = 0;          ///< Reading the KV cache.
  double search = 0;      ///< Block search, compute and memory.
};

/// Splits work into parts, in the seconds that the rule counts.
CostParts PartsOf(const CostTerms& terms, const Roofline& roofline, Rule rule);

/// "parameters 40 %, attention compute 4 %, KV cache 56 %, search 0 %".
std::string DescribeParts(const CostParts& parts);

}  // namespace kinetics
