#include "kinetics/cost/cost_terms.h"

namespace kinetics {

CostTerms& CostTerms::operator+=(const CostTerms& other) {
  flops.linear += other.flops.linear;
  flops.attention += other.flops.attention;
  flops.search += other.flops.search;
  flops.prefill += other.flops.prefill;
  bytes.weights += other.bytes.weights;
  bytes.kv_shared += other.bytes.kv_shared;
  bytes.kv += other.bytes.kv;
  bytes.search += other.bytes.search;
  bytes.prefill += other.bytes.prefill;
  link += other.link;
  return *this;
}

CostTerms operator*(double k, const CostTerms& terms) {
  return {.flops = {.linear = k * terms.flops.linear,
                    .attention = k * terms.flops.attention,
                    .search = k * terms.flops.search,
                    .prefill = k * terms.flops.prefill},
          .bytes = {.weights = k * terms.bytes.weights,
                    .kv_shared = k * terms.bytes.kv_shared,
                    .kv = k * terms.bytes.kv,
                    .search = k * terms.bytes.search,
                    .prefill = k * terms.bytes.prefill},
          .link = k * terms.link};
}

Flops TotalFlops(const CostTerms& terms) {
  return terms.flops.linear + terms.flops.attention + terms.flops.search + terms.flops.prefill;
}

Bytes TotalBytes(const CostTerms& terms) {
  return terms.bytes.weights + terms.bytes.kv_shared + terms.bytes.kv + terms.bytes.search +
         terms.bytes.prefill;
}

Cost& Cost::operator+=(const Cost& other) {
  terms += other.terms;
  seconds += other.seconds;
  eflops += other.eflops;
  time += other.time;
  billed_usd += other.billed_usd;
  return *this;
}

Cost operator*(double k, const Cost& cost) {
  return {.terms = k * cost.terms,
          .seconds = k * cost.seconds,
          .eflops = k * cost.eflops,
          .time = k * cost.time,
          .billed_usd = k * cost.billed_usd};
}

double AttentionToLinear(const CostTerms& terms, const Roofline& roofline) {
  const Seconds linear =
      terms.flops.linear / roofline.peak + terms.bytes.weights / roofline.bandwidth;
  const Seconds attention =
      (terms.flops.attention + terms.flops.search) / roofline.peak +
      (terms.bytes.kv_shared + terms.bytes.kv + terms.bytes.search) / roofline.bandwidth;
  return attention.value / linear.value;
}

double AttentionToLinear(const TimeTerms& time) {
  return (time.attention.seconds + time.search.seconds).value / time.linear.seconds.value;
}

}  // namespace kinetics
