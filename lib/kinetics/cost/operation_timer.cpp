#include "kinetics/cost/operation_timer.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/core/error.h"

namespace kinetics {

const CalibratedOperation* FindCalibrated(const Hardware& hardware, Operation operation,
                                          std::optional<Dtype> dtype,
                                          std::optional<int64_t> head_dim) {
  if (!hardware.calibration) {
    return nullptr;
  }
  for (const CalibratedOperation& fitted : hardware.calibration->operations) {
    if (fitted.operation == operation && fitted.dtype == dtype && fitted.head_dim == head_dim) {
      return &fitted;
    }
  }
  return nullptr;
}

bool IsExtrapolated(const CalibratedOperation& fitted, const OperationShape& shape) {
  for (const ShapeField& field : ShapeFields(fitted.operation)) {
    for (const CalibratedRange& range : fitted.ranges) {
      const int64_t size = shape.*field.member;
      if (range.key == field.key && (size < range.low || size > range.high)) {
        return true;
      }
    }
  }
  return false;
}

OperationTimer::OperationTimer(const Hardware& hardware, Operation operation,
                               std::optional<Dtype> dtype, std::optional<int64_t> head_dim)
    : hardware_(&hardware),
      operation_(operation),
      dtype_(dtype),
      fitted_(FindCalibrated(hardware, operation, dtype, head_dim)) {
  if (fitted_ != nullptr) {
    model_ = ModelOf(operation, dtype, hardware);
    constants_ = ValuesOf(fitted_->constants);
  }
}

const CalibratedRange* OperationTimer::RangeOf(std::string_view size) const {
  if (fitted_ == nullptr) {
    return nullptr;
  }
  const auto found =
      std::find_if(fitted_->ranges.begin(), fitted_->ranges.end(),
                   [size](const CalibratedRange& range) { return range.key == size; });
  return found == fitted_->ranges.end() ? nullptr : &*found;
}

Seconds OperationTimer::SecondsOf(const OperationShape& shape) const {
  if (fitted_ != nullptr) {
    return {model_.seconds(shape, ElementBytesOf(dtype_), constants_)};
  }
  const auto seconds = DatasheetSeconds(operation_, dtype_, shape, *hardware_);
  if (!seconds) {
    throw Error(fmt::format("hardware {}: has neither calibrated constants nor figures to time {}",
                            hardware_->name, Name(operation_)));
  }
  return {*seconds};
}

Provenance OperationTimer::ProvenanceOf(const OperationShape& shape) const {
  if (fitted_ == nullptr) {
    return RooflineProvenance(*hardware_, dtype_.value_or(Dtype::kBf16));
  }
  return IsExtrapolated(*fitted_, shape) ? Provenance::kExtrapolated : Provenance::kFitted;
}

Provenance RooflineProvenance(const Hardware& hardware, Dtype dtype) {
  const auto& peak = PeakFlops(hardware, dtype);
  const auto& bandwidth = hardware.memory_bandwidth;
  return peak && bandwidth && IsMeasured(*peak) && IsMeasured(*bandwidth) ? Provenance::kMeasured
                                                                          : Provenance::kDatasheet;
}

TimeTerm RooflineTime(const Hardware& hardware, Dtype dtype, Flops flops, Bytes bytes) {
  const Roofline roofline = RooflineOf(hardware, dtype);
  return {{std::max((flops / roofline.peak).value, (bytes / roofline.bandwidth).value)},
          RooflineProvenance(hardware, dtype)};
}

}  // namespace kinetics
