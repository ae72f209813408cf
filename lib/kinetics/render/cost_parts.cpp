#include "kinetics/render/cost_parts.h"

#include <fmt/format.h>

namespace kinetics {

void WriteCost(JsonWriter& json, const Cost& cost) {
  const FlopsTerms& flops = cost.terms.flops;
  const BytesTerms& bytes = cost.terms.bytes;
  json.Key("seconds").Value(cost.seconds.value);
  json.Key("eflops").Value(cost.eflops.value);
  json.Key("flops").Value(TotalFlops(cost.terms).value);
  json.Key("bytes").Value(TotalBytes(cost.terms).value);
  json.Key("terms").BeginObject();
  json.Key("flops").BeginObject();
  json.Key("linear").Value(flops.linear.value);
  json.Key("attention").Value(flops.attention.value);
  json.Key("search").Value(flops.search.value);
  json.EndObject();
  json.Key("bytes").BeginObject();
  json.Key("weights").Value(bytes.weights.value);
  json.Key("kv_shared").Value(bytes.kv_shared.value);
  json.Key("kv").Value(bytes.kv.value);
  json.Key("search").Value(bytes.search.value);
  json.EndObject();
  json.EndObject();
}

CostParts PartsOf(const CostTerms& terms, const Roofline& roofline, Rule rule) {
  const auto compute = [&](Flops flops) { return (flops / roofline.peak).value; };
  const auto memory = [&](Bytes bytes) { return (bytes / roofline.bandwidth).value; };
  CostParts parts = {.parameters = compute(terms.flops.linear)};
  if (rule == Rule::kParameters) {
    return parts;
  }
  parts.attention = compute(terms.flops.attention);
  parts.search = compute(terms.flops.search);
  if (rule != Rule::kFlops) {
    parts.parameters += memory(terms.bytes.weights);
    parts.kv = memory(terms.bytes.kv_shared + terms.bytes.kv);
    parts.search += memory(terms.bytes.search);
  }
  return parts;
}

std::string DescribeParts(const CostParts& parts) {
  const double total = parts.parameters + parts.attention + parts.kv + parts.search;
  const auto percent = [total](double part) {
    const double share = total > 0 ? 100 * part / total : 0;
    return share > 0 && share < 1 ? std::string("<1") : fmt::format("{:.0f}", share);
  };
  return fmt::format("parameters {} %, attention compute {} %, KV cache {} %, search {} %",
                     percent(parts.parameters), percent(parts.attention), percent(parts.kv),
                     percent(parts.search));
}

}  // namespace kinetics
