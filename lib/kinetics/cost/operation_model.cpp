#include "kinetics/cost/operation_model.h"

#include <algorithm>
#include <cassert>

#include "kinetics/cost/operation_formula.h"

namespace kinetics {
namespace {

/// What a cache holds at least is read in some microseconds.
constexpr double kCacheSeconds = 1e-5;

template <typename T>
double ValueOr(const Figure<T>& figure, double otherwise) {
  return figure ? figure->value.value : otherwise;
}

StartRates RatesOf(const Hardware& hardware, std::optional<Dtype> dtype) {
  constexpr double kPeak = 1e14;
  constexpr double kBandwidth = 1e12;
  constexpr double kLink = 1e10;
  const double fp16 = ValueOr(PeakFlops(hardware, Dtype::kFp16), kPeak);
  StartRates rates;
  rates.wide_peak = ValueOr(PeakFlops(hardware, Dtype::kBf16), fp16);
  rates.peak = ValueOr(PeakFlops(hardware, dtype.value_or(Dtype::kBf16)), rates.wide_peak);
  rates.bandwidth = ValueOr(hardware.memory_bandwidth, kBandwidth);
  rates.link = ValueOr(hardware.interconnect_bandwidth, kLink);
  rates.cache_bytes = ValueOr(hardware.l2_cache, kCacheSeconds * rates.bandwidth);
  return rates;
}

}  // namespace

bool HasModel(Operation operation) { return operation != Operation::kDecoderLayer; }

OperationModel ModelOf(Operation operation, std::optional<Dtype> dtype, const Hardware& hardware) {
  const StartRates rates = RatesOf(hardware, dtype);
  switch (operation) {
    case Operation::kDecodeAttention:
    case Operation::kBlockTopkAttention:
    case Operation::kTopkAttention:
    case Operation::kSlidingAttention:
      return DecodeModel(rates);
    case Operation::kPrefillAttention:
      return PrefillModel(rates);
    case Operation::kGemm:
      return GemmModel(rates, ElementBytesOf(dtype) < 2);
    case Operation::kGemv:
      return GemvModel(rates);
    case Operation::kAllReduce:
      return AllReduceModel(rates);
    case Operation::kReadBandwidth:
    case Operation::kCopyBandwidth:
    case Operation::kTriadBandwidth:
      return TrafficModel(rates);
    case Operation::kSelect:
      return SelectModel();
    case Operation::kDecoderLayer:
      assert(false);
      break;
    case Operation::kPeakFlops:
      break;
  }
  return PeakModel(rates);
}

double ElementBytesOf(std::optional<Dtype> dtype) {
  return ElementBytes(dtype.value_or(Dtype::kBf16));
}

std::vector<double> ValuesOf(const std::vector<CalibratedConstant>& constants) {
  std::vector<double> values;
  values.reserve(constants.size());
  for (const CalibratedConstant& constant : constants) {
    values.push_back(constant.value);
  }
  return values;
}

OperationWork WorkOf(Operation operation, const OperationShape& shape, double element_bytes) {
  const auto batch = static_cast<double>(shape.batch);
  const auto tokens = static_cast<double>(shape.tokens);
  const double heads = batch * static_cast<double>(shape.query_heads * shape.head_dim);
  const double kv = batch * static_cast<double>(shape.kv_heads * shape.head_dim);
  switch (operation) {
    case Operation::kDecodeAttention:
    case Operation::kBlockTopkAttention:
    case Operation::kTopkAttention:
    case Operation::kSlidingAttention: {
      const DecodeWork work = DecodeWorkOf(shape, element_bytes);
      return {.flops = work.flops, .bytes = work.kv_bytes + work.query_bytes};
    }
    case Operation::kPrefillAttention:
      return {.flops = 2 * heads * tokens * (tokens + 1),
              .bytes = tokens * (4 * heads + 2 * kv * element_bytes)};
    case Operation::kGemm:
    case Operation::kGemv: {
      const auto m = static_cast<double>(std::max<int64_t>(shape.m, 1));
      const auto n = static_cast<double>(shape.n);
      const auto k = static_cast<double>(shape.k);
      return {.flops = 2 * m * n * k, .bytes = (m + n) * k * element_bytes + m * n * 2};
    }
    case Operation::kSelect:
      return {.bytes = 4 * static_cast<double>(shape.rows) *
                       static_cast<double>(shape.blocks + std::min(shape.top, shape.blocks))};
    default:
      return {.flops = static_cast<double>(shape.flops), .bytes = static_cast<double>(shape.bytes)};
  }
}

std::optional<double> DatasheetSeconds(Operation operation, std::optional<Dtype> dtype,
                                       const OperationShape& shape, const Hardware& hardware) {
  const Dtype format = dtype.value_or(Dtype::kBf16);
  const OperationWork work = WorkOf(operation, shape, ElementBytes(format));
  if (operation == Operation::kAllReduce) {
    const auto ranks = static_cast<double>(shape.ranks);
    const auto& link = hardware.interconnect_bandwidth;
    return link ? std::optional(2 * (ranks - 1) / ranks * work.bytes / link->value.value)
                : std::nullopt;
  }
  double seconds = 0;
  if (work.flops > 0) {
    // Attention multiplies in 16 bit whatever its cache is in.
    const bool is_product = DtypeKey(operation) == "dtype";
    const auto& peak = PeakFlops(hardware, is_product ? format : Dtype::kBf16);
    const auto& half = PeakFlops(hardware, Dtype::kFp16);
    const auto& known = peak || is_product ? peak : half;
    if (!known) {
      return std::nullopt;
    }
    seconds = work.flops / known->value.value;
  }
  if (work.bytes > 0) {
    if (!hardware.memory_bandwidth) {
      return std::nullopt;
    }
    seconds = std::max(seconds, work.bytes / hardware.memory_bandwidth->value.value);
  }
  return seconds;
}

}  // namespace kinetics
