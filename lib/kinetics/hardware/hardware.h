#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "kinetics/core/dtype.h"
#include "kinetics/core/sourced.h"
#include "kinetics/core/units.h"
#include "kinetics/hardware/calibration.h"

namespace kinetics {

/// One device as its data sheet describes it, and as measurements do. Peaks are dense (no
/// structured sparsity); rates are per device and per direction. An unknown figure is absent.
struct Hardware {
  std::string name;
  std::string device;                                             ///< The maker's name of it.
  std::array<Figure<FlopsPerSecond>, kDtypes.size()> peak_flops;  ///< In the order of kDtypes.
  Figure<BytesPerSecond> memory_bandwidth;
  Figure<Bytes> memory;
  Figure<Bytes> l2_cache;
  Figure<BytesPerSecond> interconnect_bandwidth;
  Figure<double> power_watts;           ///< Of the device itself at full load: its TDP.
  Figure<double> facility_power_watts;  ///< Its share of all that the data centre draws for it.
  Figure<double> price_usd_per_hour;
  std::optional<Calibration> calibration;  ///< Where measurements were fitted.
};

/// The dense peak for `dtype`, where known.
const Figure<FlopsPerSecond>& PeakFlops(const Hardware& hardware, Dtype dtype);

/// The two rates that a roofline needs, the number format that they hold for, and the rate between
/// devices.
struct Roofline {
  FlopsPerSecond peak;
  BytesPerSecond bandwidth;
  Dtype dtype = Dtype::kBf16;
  BytesPerSecond link;  ///< Each way; 0 where it is not known.
};

/// The roofline for `dtype`; without one, for BF16, or FP16 on a device that has a figure for that
/// alone. Throws Error, naming the device, when it has no peak for the format or no bandwidth.
Roofline RooflineOf(const Hardware& hardware, std::optional<Dtype> dtype);

/// Ridge point, I = peak / bandwidth: work with fewer FLOPs per byte is bound by memory.
FlopsPerByte Ridge(const Roofline& roofline);

}  // namespace kinetics
