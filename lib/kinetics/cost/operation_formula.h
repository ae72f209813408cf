#pragma once

#include <initializer_list>

#include "kinetics/cost/operation_model.h"

namespace kinetics {

/// The building blocks of operations' formulas; `T` is double or ConstantDual.

/// (a^p + b^p + ...)^(1/p) with p = 1 + overlap: what runs side by side.
template <typename T>
T Overlapped(const T& overlap, std::initializer_list<T> parts) {
  const T p = T{1} + overlap;
  T sum(0);
  for (const T& part : parts) {
    sum = sum + Power(part, p);
  }
  return Power(sum, T{1} / p);
}

/// (a^-8 + b^-8 + ...)^(-1/8): close to the least, for algorithms of which the fastest is taken.
template <typename T>
T Fastest(std::initializer_list<T> parts) {
  const T sharpness(-8);
  T sum(0);
  for (const T& part : parts) {
    sum = sum + Power(part, sharpness);
  }
  return Power(sum, T{1} / sharpness);
}

/// x / (1 + x) for x = (size / scale)^power: from 0 far below the scale to 1 far above it.
template <typename T>
T Beyond(double size, const T& scale, int power) {
  const T ratio = T{size} / scale;
  T x = ratio;
  for (int i = 1; i < power; ++i) {
    x = x * ratio;
  }
  // Far above the scale x may overflow.
  return T{1} / (T{1} + T{1} / x);
}

/// The factor on the time of a byte: 1 where `bytes` are far more than the cache holds, and
/// `share` where it holds all of them.
template <typename T>
T CacheFactor(double bytes, const T& cache_bytes, const T& share) {
  constexpr int kSharpness = 4;  // a cache that does not hold a set keeps little of it
  const T missed = Beyond(bytes, cache_bytes, kSharpness);
  return missed + (T{1} + T{-1} * missed) * share;
}

/// The figures of a device that fits start from; rough ones where they are not known.
struct StartRates {
  double bandwidth = 0;
  double peak = 0;       ///< Of the operation's number format.
  double wide_peak = 0;  ///< Of 16 bit.
  double link = 0;
  double cache_bytes = 0;
};

/// Models of one group of operations each.
OperationModel DecodeModel(const StartRates& rates);
OperationModel PrefillModel(const StartRates& rates);
OperationModel GemmModel(const StartRates& rates, bool is_quantized);
OperationModel AllReduceModel(const StartRates& rates);
OperationModel GemvModel(const StartRates& rates);
OperationModel TrafficModel(const StartRates& rates);
OperationModel PeakModel(const StartRates& rates);
OperationModel SelectModel();

/// What one token's attention touches in a context, of which it attends to a part.
struct DecodeWork {
  double tokens = 0;  ///< Read along the context of one sequence: attended to and searched.
  double kv_bytes = 0;
  double query_bytes = 0;  ///< Queries and outputs, 16 bit.
  double flops = 0;        ///< Searching is with one query per KV head, the mean of its group.
};
DecodeWork DecodeWorkOf(const OperationShape& shape, double element_bytes);

}  // namespace kinetics
