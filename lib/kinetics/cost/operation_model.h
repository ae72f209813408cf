#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kinetics/benchmark/benchmark.h"
#include "kinetics/core/dual.h"
#include "kinetics/hardware/hardware.h"

namespace kinetics {

/// No operation has more constants.
inline constexpr size_t kMostConstants = 12;

/// A number with its derivatives by the constants of a model.
using ConstantDual = Dual<kMostConstants>;

/// What a constant of a model is.
enum class ConstantKind {
  kTime,   ///< In seconds, or seconds per something: the model is proportional to all of these.
  kShare,  ///< Without a unit; the model makes sense where it is 0.
  kScale,  ///< A size at which behaviour changes: above 0.
};

/// A constant of an operation's model: at least 0.
struct ConstantSpec {
  std::string_view name;  ///< With its unit; the key in files.
  ConstantKind kind = ConstantKind::kTime;
  double start = 0;  ///< Where a fit starts: above 0, of the order that physics suggests.
  bool may_vanish = true;
};

/// How the time of an operation follows from its shape and a few constants: sums of what has to
/// happen one after the other, and overlaps of what may happen together,
///
///   overlap(a, b, ...) = (a^p + b^p + ...)^(1/p),  p = 1 + overlap >= 1:
///
/// p = 1 adds, a large p takes the largest. Formulas are at the operations' own sources.
struct OperationModel {
  double (*seconds)(const OperationShape&, double element_bytes, std::span<const double> constants);
  /// The same with its derivatives.
  ConstantDual (*dual_seconds)(const OperationShape&, double element_bytes,
                               std::span<const ConstantDual> constants);
  std::vector<ConstantSpec> constants;
};

/// Whether there is a model of `operation`: a decoder layer is only measured, its parts have
/// models.
bool HasModel(Operation operation);

/// The model of `operation`, which must have one; the figures of `hardware` that are known set
/// where a fit starts, none is a part of the model.
OperationModel ModelOf(Operation operation, std::optional<Dtype> dtype, const Hardware& hardware);

/// Bytes per element; 2 for an operation without a number format.
double ElementBytesOf(std::optional<Dtype> dtype);

/// The values of fitted constants, in their order.
std::vector<double> ValuesOf(const std::vector<CalibratedConstant>& constants);

/// The FLOPs and bytes of an operation at their least: every input read and every output written
/// once. Attention: the KV cache, queries and outputs; causal in a prompt.
struct OperationWork {
  double flops = 0;
  double bytes = 0;
};
OperationWork WorkOf(Operation operation, const OperationShape& shape, double element_bytes);

/// The time by the data sheet: max(flops / peak, bytes / bandwidth), and for an all-reduce
/// 2 (ranks - 1) / ranks of its bytes over the interconnect. Nullopt where a figure is not known.
std::optional<double> DatasheetSeconds(Operation operation, std::optional<Dtype> dtype,
                                       const OperationShape& shape, const Hardware& hardware);

}  // namespace kinetics
