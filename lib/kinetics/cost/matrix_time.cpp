#include <algorithm>
#include <cmath>

#include "kinetics/cost/operation_formula.h"

namespace kinetics {
namespace {

// A tile of the output that a matrix unit works on at a time; what is started is paid for.
constexpr double kTileRows = 64;
constexpr double kTileColumns = 128;

/// The sizes of a product of m x k activations with n x k weights.
struct MatrixProduct {
  MatrixProduct(const OperationShape& shape, double element_bytes)
      : m(static_cast<double>(std::max<int64_t>(shape.m, 1))),
        n(static_cast<double>(shape.n)),
        k(static_cast<double>(shape.k)),
        weight_bytes(n * k * element_bytes),
        other_bytes(m * k * element_bytes + m * n * 2),
        flops(2 * m * n * k),
        tile_flops(2 * std::ceil(m / kTileRows) * kTileRows * std::ceil(n / kTileColumns) *
                   kTileColumns * k),
        tiles(std::ceil(m / kTileColumns) * std::ceil(n / kTileColumns)) {}

  double m, n, k;
  double weight_bytes, other_bytes;
  double flops, tile_flops, tiles;
};

/// overhead + depth k / (1 + k / most) + overlap(memory, compute + exact, tiles): compute grows in
/// steps of whole tiles, so in steps in m. Depth: along k, until it is split.
template <typename T>
T ProductSeconds(const MatrixProduct& x, std::span<const T> c, const T& exact) {
  const T memory =
      c[1] * T{x.weight_bytes} * CacheFactor(x.weight_bytes, c[4], c[3]) + c[2] * T{x.other_bytes};
  const T compute = c[5] * T{x.tile_flops} + exact;
  return c[0] + c[8] * T{x.k} / (T{1} + T{x.k} / c[9]) +
         Overlapped(c[6], {memory, compute, c[7] * T{x.tiles}});
}

template <typename T>
T GemmSeconds(const OperationShape& shape, double element_bytes, std::span<const T> c) {
  const MatrixProduct x(shape, element_bytes);
  return ProductSeconds(x, c, c[10] * T{x.flops});
}

/// Operands below 16 bit are made first: a step of its own, per row and per element.
template <typename T>
T QuantizedGemmSeconds(const OperationShape& shape, double element_bytes, std::span<const T> c) {
  const MatrixProduct x(shape, element_bytes);
  return ProductSeconds(x, c, T{0}) + c[10] * T{x.m} + c[11] * T{x.m * x.k};
}

/// overhead + overlap(memory + starts, compute). Starts: of the stream of every output's weights.
template <typename T>
T GemvSeconds(const OperationShape& shape, double element_bytes, std::span<const T> c) {
  const MatrixProduct x(shape, element_bytes);
  const double bytes = x.weight_bytes + x.other_bytes;
  const T memory = c[1] * T{bytes} * CacheFactor(x.weight_bytes, c[2], c[3]) + c[6] * T{x.n};
  return c[0] + Overlapped(c[5], {memory, c[4] * T{x.flops}});
}

/// overhead + bytes over the bandwidth, of memory or of the cache.
template <typename T>
T TrafficSeconds(const OperationShape& shape, double /*element_bytes*/, std::span<const T> c) {
  const auto bytes = static_cast<double>(shape.bytes);
  return c[0] + c[1] * T{bytes} * CacheFactor(bytes, c[2], c[3]);
}

template <typename T>
T PeakSeconds(const OperationShape& shape, double /*element_bytes*/, std::span<const T> c) {
  return c[0] + c[1] * T{static_cast<double>(shape.flops)};
}

/// overhead + per row + per score.
template <typename T>
T SelectSeconds(const OperationShape& shape, double /*element_bytes*/, std::span<const T> c) {
  const auto rows = static_cast<double>(shape.rows);
  return c[0] + c[1] * T{rows} + c[2] * T{rows * static_cast<double>(shape.blocks)};
}

/// overhead + per rank + the fastest of three algorithms. One shot: every rank reads from all
/// others, (ranks - 1) bytes. The others move x = bytes (link + [ranks > 2] shared + (ranks - 2)
/// contention) seconds, one with little latency at a (1 + waste)-th of the rate.
template <typename T>
T AllReduceSeconds(const OperationShape& shape, double /*element_bytes*/, std::span<const T> c) {
  const auto bytes = static_cast<double>(shape.bytes);
  const auto others = static_cast<double>(shape.ranks - 1);
  const double shared = shape.ranks > 2 ? 1 : 0;
  const T x = (c[3] + c[4] * T{shared} + c[5] * T{others - 1}) * T{bytes};
  const T one_shot = c[2] * T{others * bytes};
  const T low_latency = c[6] + (T{1} + c[7]) * x;
  const T high_rate = c[6] + c[8] + x;
  return c[0] + c[1] * T{others - 1} + Fastest<T>({one_shot, low_latency, high_rate});
}

}  // namespace

OperationModel GemmModel(const StartRates& rates, bool is_quantized) {
  using enum ConstantKind;
  OperationModel model = {.seconds = GemmSeconds<double>,
                          .dual_seconds = GemmSeconds<ConstantDual>,
                          .constants = {{"overhead_seconds", kTime, 3e-6},
                                        {"seconds_per_weight_byte", kTime, 1.2 / rates.bandwidth},
                                        {"seconds_per_other_byte", kTime, 0.5 / rates.bandwidth},
                                        {"cached_share", kShare, 0.5},
                                        {"cache_bytes", kScale, rates.cache_bytes, false},
                                        {"seconds_per_tile_flop", kTime, 0.7 / rates.peak},
                                        {"overlap", kShare, 1},
                                        {"seconds_per_tile", kTime, 1e-8},
                                        {"seconds_per_input", kTime, 1.5e-9},
                                        {"most_inputs", kScale, 2000, false}}};
  if (is_quantized) {
    model.seconds = QuantizedGemmSeconds<double>;
    model.dual_seconds = QuantizedGemmSeconds<ConstantDual>;
    model.constants[5].start = 1.2 / rates.peak;
    model.constants.push_back({"quantize_seconds_per_row", kTime, 1e-9});
    model.constants.push_back({"quantize_seconds_per_element", kTime, 1 / rates.bandwidth});
  } else {
    model.constants.push_back({"seconds_per_flop", kTime, 0.5 / rates.peak});
  }
  return model;
}

OperationModel GemvModel(const StartRates& rates) {
  using enum ConstantKind;
  return {.seconds = GemvSeconds<double>,
          .dual_seconds = GemvSeconds<ConstantDual>,
          .constants = {{"overhead_seconds", kTime, 3e-6},
                        {"seconds_per_byte", kTime, 1.2 / rates.bandwidth, false},
                        {"cache_bytes", kScale, rates.cache_bytes, false},
                        {"cached_share", kShare, 0.5},
                        {"seconds_per_flop", kTime, 1 / rates.peak},
                        {"overlap", kShare, 1},
                        {"seconds_per_output", kTime, 1e-8}}};
}

OperationModel TrafficModel(const StartRates& rates) {
  using enum ConstantKind;
  return {.seconds = TrafficSeconds<double>,
          .dual_seconds = TrafficSeconds<ConstantDual>,
          .constants = {{"overhead_seconds", kTime, 3e-6},
                        {"seconds_per_byte", kTime, 1.2 / rates.bandwidth, false},
                        {"cache_bytes", kScale, rates.cache_bytes, false},
                        {"cached_share", kShare, 0.5}}};
}

OperationModel PeakModel(const StartRates& rates) {
  using enum ConstantKind;
  return {.seconds = PeakSeconds<double>,
          .dual_seconds = PeakSeconds<ConstantDual>,
          .constants = {{"overhead_seconds", kTime, 3e-6},
                        {"seconds_per_flop", kTime, 1.2 / rates.peak, false}}};
}

OperationModel SelectModel() {
  using enum ConstantKind;
  return {.seconds = SelectSeconds<double>,
          .dual_seconds = SelectSeconds<ConstantDual>,
          .constants = {{"overhead_seconds", kTime, 3e-6},
                        {"seconds_per_row", kTime, 1e-6},
                        {"seconds_per_score", kTime, 1e-9, false}}};
}

OperationModel AllReduceModel(const StartRates& rates) {
  using enum ConstantKind;
  return {.seconds = AllReduceSeconds<double>,
          .dual_seconds = AllReduceSeconds<ConstantDual>,
          .constants = {{"overhead_seconds", kTime, 4e-6},
                        {"seconds_per_further_rank", kTime, 3e-7},
                        {"one_shot_seconds_per_byte", kTime, 1.5 / rates.link, false},
                        {"seconds_per_byte", kTime, 1.3 / rates.link, false},
                        {"shared_seconds_per_byte", kTime, 0.3 / rates.link},
                        {"contention_seconds_per_byte", kTime, 0.1 / rates.link},
                        {"start_seconds", kTime, 5e-6},
                        {"low_latency_waste", kShare, 0.4},
                        {"high_rate_start_seconds", kTime, 3e-5}}};
}

}  // namespace kinetics
