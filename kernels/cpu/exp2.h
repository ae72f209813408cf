#pragma once

namespace kinetics::kernels {

/// Taylor coefficients ln(2)^k / k! of 2^f. Up to the seventh the remainder on [-1/2, 1/2] is below
/// 6e-9 of the value, less than rounding.
inline constexpr float kExp2Coefficients[] = {
    1.0F,           0.693147181F,   0.240226507F,    0.0555041087F,
    0.00961812911F, 0.00133335581F, 0.000154035304F, 1.52527338e-5F};
inline constexpr float kLeastExponent = -127;  ///< From here down 2^x counts as 0.

}  // namespace kinetics::kernels
