#pragma once

#include <cstddef>
#include <cstdint>

namespace kinetics::kernels {

/// How elements are stored. All kernels accumulate in single precision.
enum class DataType { kF32, kF16, kBf16 };

constexpr size_t SizeOf(DataType type) { return type == DataType::kF32 ? 4 : 2; }

/// IEEE binary16 and bfloat16; to nearest, ties to even. NaN stays NaN, overflow becomes infinity.
float FromF16(uint16_t bits);
uint16_t ToF16(float value);
float FromBf16(uint16_t bits);
uint16_t ToBf16(float value);

/// Element `index` of an array of `type`, and storing one.
float LoadElement(const void* data, size_t index, DataType type);
void StoreElement(void* data, size_t index, DataType type, float value);

}  // namespace kinetics::kernels
