#pragma once

#include <optional>
#include <vector>

#include "kinetics/cost/operation_model.h"
#include "kinetics/cost/time_terms.h"

namespace kinetics {

/// The calibrated model of an operation on a device; nullptr where it has none.
const CalibratedOperation* FindCalibrated(const Hardware& hardware, Operation operation,
                                          std::optional<Dtype> dtype,
                                          std::optional<int64_t> head_dim);

/// Whether a size of `shape` lies outside the shapes that `fitted` saw.
bool IsExtrapolated(const CalibratedOperation& fitted, const OperationShape& shape);

/// Predicts the time of one operation on one device, for any shape: by its calibrated constants, or
/// by the roofline max(flops / peak, bytes / bandwidth) where there are none.
class OperationTimer {
 public:
  /// `hardware` must outlive this object.
  OperationTimer(const Hardware& hardware, Operation operation, std::optional<Dtype> dtype,
                 std::optional<int64_t> head_dim = std::nullopt);

  bool IsCalibrated() const { return fitted_ != nullptr; }

  /// What a size of the fitted shapes spans; nullptr where nothing was fitted.
  const CalibratedRange* RangeOf(std::string_view size) const;

  /// Throws Error, naming the device, where it has neither constants nor the figures of a roofline.
  Seconds SecondsOf(const OperationShape& shape) const;
  Provenance ProvenanceOf(const OperationShape& shape) const;
  TimeTerm Of(const OperationShape& shape) const { return {SecondsOf(shape), ProvenanceOf(shape)}; }

 private:
  const Hardware* hardware_;
  Operation operation_;
  std::optional<Dtype> dtype_;
  const CalibratedOperation* fitted_;
  OperationModel model_;
  std::vector<double> constants_;
};

/// What the roofline of a device rests on: kMeasured where the sources of both its rates say so.
Provenance RooflineProvenance(const Hardware& hardware, Dtype dtype);

/// max(flops / peak, bytes / bandwidth) of a device. Throws as RooflineOf does.
TimeTerm RooflineTime(const Hardware& hardware, Dtype dtype, Flops flops, Bytes bytes);

}  // namespace kinetics
