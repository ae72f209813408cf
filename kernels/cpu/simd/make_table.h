#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/simd/attend.h"
#include "kernels/cpu/simd/linear.h"
#include "kernels/cpu/simd/prefill.h"
#include "kernels/cpu/simd/roofline.h"
#include "kernels/cpu/simd/select.h"

namespace kinetics::kernels {
namespace {

template <typename Simd, DataType type>
void FillTables(KernelTable& table) {
  constexpr auto kType = static_cast<int>(type);
  table.attend[kType][0] = Attention<Simd, type, 64>::Attend;
  table.attend[kType][1] = Attention<Simd, type, 128>::Attend;
  table.attend[kType][2] = Attention<Simd, type, 256>::Attend;
  table.score[kType][0] = Attention<Simd, type, 64>::ScoreRows;
  table.score[kType][1] = Attention<Simd, type, 128>::ScoreRows;
  table.score[kType][2] = Attention<Simd, type, 256>::ScoreRows;
  table.prefill[kType][0] = Prefill<Simd, type, 64>::AddTile;
  table.prefill[kType][1] = Prefill<Simd, type, 128>::AddTile;
  table.prefill[kType][2] = Prefill<Simd, type, 256>::AddTile;
  table.multiply[kType] = Linear<Simd, type>::Multiply;
}

template <typename Simd>
KernelTable MakeTable() {
  KernelTable table = {};
  FillTables<Simd, DataType::kF32>(table);
  FillTables<Simd, DataType::kF16>(table);
  FillTables<Simd, DataType::kBf16>(table);
  table.read = ReadAll<Simd>;
  table.copy = Copy<Simd>;
  table.triad = Triad<Simd>;
  table.flops = Flops<Simd>;
  table.keys = Keys;
  table.count_at_least = CountAtLeast;
  table.take = Take<Simd>;
  return table;
}

}  // namespace
}  // namespace kinetics::kernels
