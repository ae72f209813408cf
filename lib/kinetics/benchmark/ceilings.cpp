#include "kinetics/benchmark/ceilings.h"

namespace kinetics {
namespace {

void Raise(std::optional<Ceiling>& ceiling, const Measurement& row, int64_t work) {
  const double rate = static_cast<double>(work) / row.seconds;
  if (!ceiling || rate > ceiling->rate) {
    ceiling = Ceiling{.rate = rate, .samples = row.samples};
  }
}

}  // namespace

std::optional<Ceiling> BandwidthCeiling(const Benchmark& benchmark, Operation operation) {
  std::optional<Ceiling> cold;
  std::optional<Ceiling> hot;
  for (const Measurement& row : benchmark.measurements) {
    if (row.operation == operation) {
      Raise(row.is_cold.value_or(true) ? cold : hot, row, row.shape.bytes);
    }
  }
  return cold ? cold : hot;
}

std::optional<Ceiling> PeakCeiling(const Benchmark& benchmark, Dtype dtype) {
  std::optional<Ceiling> ceiling;
  for (const Measurement& row : benchmark.measurements) {
    if (row.operation == Operation::kPeakFlops && row.dtype == dtype) {
      Raise(ceiling, row, row.shape.flops);
    }
  }
  return ceiling;
}

}  // namespace kinetics
