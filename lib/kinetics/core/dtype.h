#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace kinetics {

/// Number formats that a device has a peak for.
enum class Dtype { kBf16, kFp16, kFp8, kInt8, kFp4, kFp32 };

inline constexpr std::array kDtypes = {Dtype::kBf16, Dtype::kFp16, Dtype::kFp8,
                                       Dtype::kInt8, Dtype::kFp4,  Dtype::kFp32};

/// "bf16", "fp16", "fp8", "int8", "fp4" or "fp32".
constexpr std::string_view Name(Dtype dtype) {
  constexpr std::array<std::string_view, kDtypes.size()> kNames = {"bf16", "fp16", "fp8",
                                                                   "int8", "fp4",  "fp32"};
  return kNames[static_cast<size_t>(dtype)];
}

/// Bytes per element, without the scales that block formats add.
constexpr double ElementBytes(Dtype dtype) {
  constexpr std::array<double, kDtypes.size()> kBytes = {2, 2, 1, 1, 0.5, 4};
  return kBytes[static_cast<size_t>(dtype)];
}

/// The format of that name, or of its other spelling "f16" or "f32"; nullopt where there is none.
constexpr std::optional<Dtype> FindDtype(std::string_view name) {
  if (name == "f16" || name == "f32") {
    return name == "f16" ? Dtype::kFp16 : Dtype::kFp32;
  }
  for (const Dtype dtype : kDtypes) {
    if (Name(dtype) == name) {
      return dtype;
    }
  }
  return std::nullopt;
}

}  // namespace kinetics
