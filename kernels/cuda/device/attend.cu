#include "kernels/cuda/device/attend.h"

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "kernels/attention.h"
#include "kernels/cuda/attend.h"
#include "kernels/cuda/device/device.h"
#include "kernels/cuda/device/team.h"
#include "kernels/cuda/device/tile_stream.h"
#include "kernels/cuda/device/warp.h"

namespace kinetics::kernels {
namespace {

/// A launch may begin before the one ahead of it ends, once that allows it, and then waits for that
/// end (from Hopper on; before, launches follow each other anyway).
__device__ __forceinline__ void LetNextLaunchBegin() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}
__device__ __forceinline__ void AwaitLaunchBefore() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// What one warp of a block leaves of a unit: by head the most, the sum, and outputs.
template <int dim, int head_tiles>
constexpr int kPartFloats = head_tiles* kFragmentHeads*(dim + 2);

template <DataType type>
__device__ __forceinline__ void StoreOutput(void* output, int64_t element, float value) {
  if constexpr (type == DataType::kF16) {
    static_cast<__half*>(output)[element] = __float2half_rn(value);
  } else {
    static_cast<__nv_bfloat16*>(output)[element] = __float2bfloat16_rn(value);
  }
}

/// A part's weights: by head the most, then by head the sum.
__device__ __forceinline__ float* WeightsOf(const DeviceDecode& decode, int64_t part) {
  return decode.part_weights + part * 2 * decode.group;
}

/// Puts together what the warps of a team have left, and stores it: the output, or a part of it.
template <DataType type, int dim, int head_tiles>
__device__ void MergeWarps(const DeviceDecode& decode, const AttendUnit& unit, const Team& team,
                           const float* warp_parts, float log2_scale) {
  constexpr int kHeads = head_tiles * kFragmentHeads;
  const auto at = [&](int p) { return warp_parts + p * kPartFloats<dim, head_tiles>; };
  for (int i = team.Thread(); i < decode.group * dim; i += team.Threads()) {
    const int head = i / dim;
    float most = -__builtin_inff();
    for (int p = 0; p < team.Warps(); ++p) {
      most = fmaxf(most, at(p)[head]);
    }
    float sum = 0;
    float output = 0;
    for (int p = 0; p < team.Warps(); ++p) {
      const float factor = PartFactor(at(p)[head], most, log2_scale);
      sum += factor * at(p)[kHeads + head];
      output += factor * at(p)[2 * kHeads + i];
    }
    if (unit.part == AttendUnit::kWhole) {
      StoreOutput<type>(decode.output, int64_t{unit.row} * decode.group * dim + i,
                        sum > 0 ? output / sum : 0);
      continue;
    }
    decode.part_outputs[int64_t{unit.part} * decode.group * dim + i] = output;
    if (i % dim == 0) {
      WeightsOf(decode, unit.part)[head] = most;
      WeightsOf(decode, unit.part)[decode.group + head] = sum;
    }
  }
}

/// Blocks of a multiprocessor that registers are shared out for; 0: as the compiler likes. Shared
/// memory is one's; for two, registers of 16 heads of 64 spill on sm_100.
template <int dim, int head_tiles>
constexpr int kRegisterBlocks = dim == 64 && head_tiles == 2 ? 1 : 0;

template <DataType type, int dim, int head_tiles, Source source>
__global__ void __launch_bounds__(kMostBlockWarps* kWarpLanes, kRegisterBlocks<dim, head_tiles>)
    AttendKernel(const __grid_constant__ DeviceDecode decode, int stages) {
  extern __shared__ __align__(128) char shared[];
  constexpr int kHeads = head_tiles * kFragmentHeads;
  const Team team(decode.unit_warps);
  const int block_warps = static_cast<int>(blockDim.x) / kWarpLanes;
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
  const float log2_scale = decode.scale * kLog2E;
  auto* warp_parts = reinterpret_cast<float*>(shared + block_warps * stages * kStageBytes<dim>) +
                     team.FirstWarp() * kPartFloats<dim, head_tiles>;
  float* warp_part = warp_parts + team.Member() * kPartFloats<dim, head_tiles>;
  TileStream<dim, source> stream(shared + warp * stages * kStageBytes<dim>, stages);
  UnitQueue queue(decode, team);
  if (!queue.HasNow()) {
    AwaitLaunchBefore();
    return;
  }
  // Units are no launch's output; lengths, tables and queries may be.
  const AttendUnit first = LoadUnit(decode, queue.Now());
  AttendUnit after = LoadUnit(decode, queue.Next());
  AwaitLaunchBefore();
  LetNextLaunchBegin();
  ComingUnit<dim, source> next;
  next.Begin(decode, team, first);
  stream.Take(decode, team, next);
  bool is_ahead = false;  // the stream: it is at the next unit
  while (true) {
    queue.Ask(team);
    const WarpTiles now = stream.Tiles();
    next.Begin(decode, team, after);
    after = LoadUnit(decode, queue.After());
    TileAttention<DeviceWarp<type>, dim, head_tiles> attention(QueriesOf<dim>(decode, now.unit.row),
                                                               decode.group, log2_scale);
    // While one tile is worked on, those behind it are on their way, the next unit's too.
    for (int i = 0; i < now.count; ++i) {
      while (stream.HasRoom()) {
        if (!stream.IsAtEnd()) {
          stream.Fetch(decode, team);
        } else if (!is_ahead && queue.HasNext()) {
          stream.Take(decode, team, next);
          is_ahead = true;
        } else {
          break;
        }
      }
      const char* tile = stream.Await();
      attention.Add(
          tile, tile + kTileBytes<dim>,
          RangeIn(now.begin, now.end, int64_t{now.first + i * team.Warps()} * kTileTokens));
      stream.Free();
    }

    queue.Tell(team);
    if (!team.IsAlone()) {
      team.Sync();  // all have read the parts of the unit before
      attention.Store(decode.group, warp_part, warp_part + kHeads, warp_part + 2 * kHeads);
      team.Sync();
      MergeWarps<type, dim, head_tiles>(decode, now.unit, team, warp_parts, log2_scale);
    } else if (now.unit.part == AttendUnit::kWhole) {
      attention.StoreOutputs(decode.group, static_cast<uint16_t*>(decode.output) +
                                               int64_t{now.unit.row} * decode.group * dim);
    } else {
      float* weights = WeightsOf(decode, now.unit.part);
      attention.Store(decode.group, weights, weights + decode.group,
                      decode.part_outputs + int64_t{now.unit.part} * decode.group * dim);
    }
    queue.Advance(team);
    if (!queue.HasNow()) {
      return;
    }
    if (!is_ahead) {
      stream.Take(decode, team, next);
    }
    is_ahead = false;
  }
}

constexpr int kMergeWarps = 16;  // at most
constexpr int kWarpParts = 8;    // that one of them reads at once

/// Puts the parts of one head of a row that is split together: a block each. Warps but for the
/// first leave what they have read in shared memory: its weights, then outputs.
template <DataType type, int dim>
__global__ void __launch_bounds__(kMergeWarps* kWarpLanes)
    MergeKernel(const __grid_constant__ DeviceDecode decode) {
  constexpr int kElements = dim / kWarpLanes;
  struct __align__(4 * kElements) Elements {
    float values[kElements];
  };
  extern __shared__ float of_warps[];
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
  const int warps = static_cast<int>(blockDim.x) / kWarpLanes;
  const SplitRow row = decode.split_rows[blockIdx.x / decode.group];  // no launch's output
  const int head = static_cast<int>(blockIdx.x) % decode.group;
  const float log2_scale = decode.scale * kLog2E;
  AwaitLaunchBefore();
  LetNextLaunchBegin();

  float most = -__builtin_inff();
  float sum = 0;
  Elements output{};
  const auto add = [&](float more_most, float more_sum, const Elements& more) {
    const float now = fmaxf(most, more_most);
    const float factor = PartFactor(most, now, log2_scale);
    const float more_factor = PartFactor(more_most, now, log2_scale);
    most = now;
    sum = factor * sum + more_factor * more_sum;
    KINETICS_UNROLL
    for (int e = 0; e < kElements; ++e) {
      output.values[e] = factor * output.values[e] + more_factor * more.values[e];
    }
  };
#pragma unroll kWarpParts
  for (int p = warp; p < row.parts; p += warps) {
    const int64_t part = int64_t{row.first_part} + p;
    const float* weights = WeightsOf(decode, part);
    add(weights[head], weights[decode.group + head],
        reinterpret_cast<const Elements*>(decode.part_outputs +
                                          (part * decode.group + head) * dim)[lane]);
  }
  if (warps > 1) {
    float* own = of_warps + warp * (dim + 2);
    if (warp > 0) {
      own[0] = most;
      own[1] = sum;
      KINETICS_UNROLL
      for (int e = 0; e < kElements; ++e) {
        own[2 + e * kWarpLanes + lane] = output.values[e];
      }
    }
    __syncthreads();
    if (warp > 0) {
      return;
    }
    for (int w = 1; w < warps; ++w) {
      const float* other = of_warps + w * (dim + 2);
      Elements more;
      KINETICS_UNROLL
      for (int e = 0; e < kElements; ++e) {
        more.values[e] = other[2 + e * kWarpLanes + lane];
      }
      add(other[0], other[1], more);
    }
  }
  const int64_t first = (int64_t{row.row} * decode.group + head) * dim + lane * kElements;
  KINETICS_UNROLL
  for (int e = 0; e < kElements; ++e) {
    StoreOutput<type>(decode.output, first + e, sum > 0 ? output.values[e] / sum : 0);
  }
}

using Attend = void (*)(DeviceDecode, int);
using Merge = void (*)(DeviceDecode);

template <DataType type, int dim, int head_tiles>
Attend AttendOf(Source source) {
  switch (source) {
    case Source::kTiles:
      return AttendKernel<type, dim, head_tiles, Source::kTiles>;
    case Source::kTokens:
      return AttendKernel<type, dim, head_tiles, Source::kTokens>;
    default:
      return AttendKernel<type, dim, head_tiles, Source::kContext>;
  }
}

int AttributeOf(cudaDeviceAttr attribute) {
  int device = 0;
  int value = 0;
  CheckCuda(cudaGetDevice(&device), "find the device");
  CheckCuda(cudaDeviceGetAttribute(&value, attribute, device), "describe the device");
  return value;
}

cudaFuncAttributes AttributesOf(const void* kernel) {
  cudaFuncAttributes attributes{};
  CheckCuda(cudaFuncGetAttributes(&attributes, kernel), "describe a decode kernel");
  return attributes;
}

/// Whether kernels were compiled to await the launch before them (from Hopper on), and graphs can
/// let them, too.
bool MayBeginEarly(const cudaFuncAttributes& attributes) {
  constexpr int kHopper = 90;
  constexpr int kInGraphs = 12030;
  int driver = 0;
  CheckCuda(cudaDriverGetVersion(&driver), "read the driver's version");
  return attributes.ptxVersion >= kHopper && driver >= kInGraphs;
}

/// The kernels of a shape, and what they are launched with here.
struct PreparedKernels {
  Attend attend = nullptr;
  Merge merge = nullptr;
  int stages = 0;
  int stage_bytes = 0;  ///< Of a warp.
  int shared_bytes = 0;
  AttendBlocks blocks;
  bool may_begin_early = false;
};

/// Blocks of 8 warps take all the shared memory of a multiprocessor, so that few streams of tiles
/// are read at once; of 4, where that were less than two stages.
template <DataType type, int dim, int head_tiles>
PreparedKernels Prepare(Source source, int unit_warps) {
  PreparedKernels prepared = {.attend = AttendOf<type, dim, head_tiles>(source),
                              .merge = MergeKernel<type, dim>,
                              .stage_bytes = kStageBytes<dim>};
  const auto* kernel = reinterpret_cast<const void*>(prepared.attend);
  const cudaFuncAttributes attributes = AttributesOf(kernel);
  const int most = AttributeOf(cudaDevAttrMaxSharedMemoryPerBlockOptin) -
                   static_cast<int>(attributes.sharedSizeBytes);
  CheckCuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most),
            "give a decode kernel its shared memory");
  constexpr int kPartBytes = kPartFloats<dim, head_tiles> * int{sizeof(float)};
  const auto stages_of = [&](int warps, int parts) {
    return std::min((most - parts * kPartBytes) / (warps * kStageBytes<dim>), kMostStages);
  };
  // As many warps for one-warp units as for others: plans are made without knowing which it will
  // be.
  const bool is_large = stages_of(kMostBlockWarps, kMostBlockWarps) >= 2;
  const int warps = is_large ? kMostBlockWarps : kMostBlockWarps / 2;
  const int parts = unit_warps == 1 ? 0 : warps;
  prepared.blocks.warps = warps;
  prepared.stages = stages_of(warps, parts);
  prepared.shared_bytes = parts * kPartBytes + prepared.stages * warps * kStageBytes<dim>;
  prepared.may_begin_early = MayBeginEarly(attributes);
  int count = 0;
  CheckCuda(cudaOccupancyMaxActiveBlocksPerMultiprocessor(
                &count, kernel, prepared.blocks.warps * kWarpLanes,
                static_cast<size_t>(prepared.shared_bytes)),
            "count resident blocks");
  prepared.blocks.count = int64_t{count} * AttributeOf(cudaDevAttrMultiProcessorCount);
  if (prepared.stages < 1 || prepared.blocks.count < 1) {
    throw CudaError("CUDA: this device has too little shared memory for decode attention");
  }
  return prepared;
}

template <DataType type, int dim>
PreparedKernels Prepare(int group, Source source, int unit_warps) {
  return group > kFragmentHeads ? Prepare<type, dim, 2>(source, unit_warps)
                                : Prepare<type, dim, 1>(source, unit_warps);
}

PreparedKernels Prepare(DataType type, int head_dim, int group, Source source, int unit_warps) {
  if (type == DataType::kF32) {
    throw std::invalid_argument("there are CUDA kernels for fp16 and bf16");
  }
  if (head_dim != 64 && head_dim != 128) {
    throw std::invalid_argument("there are CUDA kernels for head sizes 64 and 128");
  }
  if (group < 1 || group > 2 * kFragmentHeads) {
    throw std::invalid_argument("there are kernels for 1 to 16 query heads a KV head");
  }
  if (type == DataType::kF16) {
    return head_dim == 64 ? Prepare<DataType::kF16, 64>(group, source, unit_warps)
                          : Prepare<DataType::kF16, 128>(group, source, unit_warps);
  }
  return head_dim == 64 ? Prepare<DataType::kBf16, 64>(group, source, unit_warps)
                        : Prepare<DataType::kBf16, 128>(group, source, unit_warps);
}

/// Launches a kernel, which may begin before the launch ahead of it ends if it awaits that itself.
template <typename... Arguments>
void LaunchEarly(bool may_begin_early, void (*kernel)(Arguments...), int64_t blocks, int threads,
                 int shared_bytes, cudaStream_t stream,
                 std::type_identity_t<Arguments>... arguments) {
  cudaLaunchAttribute early{};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(blocks));
  config.blockDim = dim3(static_cast<unsigned>(threads));
  config.dynamicSmemBytes = static_cast<size_t>(shared_bytes);
  config.stream = stream;
  config.attrs = &early;
  config.numAttrs = may_begin_early ? 1 : 0;
  CheckCuda(cudaLaunchKernelEx(&config, kernel, arguments...), "launch decode attention");
}

int MostParts(const SplitPlan& plan) {
  int most = 0;
  for (const SplitRow& row : plan.rows) {
    most = std::max(most, row.parts);
  }
  return most;
}

}  // namespace

DecodePlan::DecodePlan(const SplitPlan& plan, int group, int head_dim)
    : unit_warps_(plan.unit_warps),
      most_parts_(MostParts(plan)),
      unit_count_(static_cast<int64_t>(plan.units.size())),
      split_count_(static_cast<int64_t>(plan.rows.size())),
      units_(ToDevice(plan.units)),
      split_rows_(ToDevice(plan.rows)),
      part_outputs_(static_cast<size_t>(plan.parts) * static_cast<size_t>(group * head_dim) *
                    sizeof(float)),
      part_weights_(static_cast<size_t>(plan.parts) * static_cast<size_t>(2 * group) *
                    sizeof(float)),
      claims_(ToDevice(std::vector<uint32_t>(1))) {}

void DecodePlan::SetIn(DeviceDecode& decode) const {
  decode.units = units_.Data<AttendUnit>();
  decode.unit_count = unit_count_;
  decode.unit_warps = unit_warps_;
  decode.split_rows = split_rows_.Data<SplitRow>();
  decode.split_count = split_count_;
  decode.most_parts = most_parts_;
  decode.part_outputs = part_outputs_.Data<float>();
  decode.part_weights = part_weights_.Data<float>();
  decode.claims = claims_.Data<uint32_t>();
}

AttendBlocks ResidentAttendBlocks(DataType type, int head_dim, int group) {
  return Prepare(type, head_dim, group, Source::kContext, kMostBlockWarps).blocks;
}

void LaunchDecode(const DeviceDecode& decode, DataType type, cudaStream_t stream) {
  const Source source = decode.tokens != nullptr  ? Source::kTokens
                        : decode.tiles != nullptr ? Source::kTiles
                                                  : Source::kContext;
  const PreparedKernels prepared =
      Prepare(type, decode.head_dim, decode.group, source, decode.unit_warps);
  if (!(decode.scale > 0)) {
    throw std::invalid_argument("expected a scale above 0");
  }
  if (decode.unit_warps < 1 || prepared.blocks.warps % decode.unit_warps != 0) {
    throw std::invalid_argument("expected a plan for the blocks of this device");
  }
  if (decode.query_stride % 2 != 0) {
    throw std::invalid_argument("expected queries whose stride is even");
  }
  if (decode.unit_count == 0) {
    return;
  }
  DeviceDecode launched = decode;
  if (launched.query_stride == 0) {
    launched.query_stride = int64_t{decode.table.kv_heads} * decode.group * decode.head_dim;
  }
  const int64_t block_units = prepared.blocks.warps / decode.unit_warps;
  const int64_t blocks =
      std::min(prepared.blocks.count, (decode.unit_count + block_units - 1) / block_units);
  // Parts of few rows begin all at once: more on the way at a time makes each wait longer.
  constexpr int kSplitRingBytes = 16 * 1024;
  const int stages = decode.split_count == 0
                         ? prepared.stages
                         : std::min(prepared.stages, kSplitRingBytes / prepared.stage_bytes);
  LaunchEarly(prepared.may_begin_early, prepared.attend, blocks, prepared.blocks.warps * kWarpLanes,
              prepared.shared_bytes, stream, launched, stages);
  if (decode.split_count > 0) {
    // One warp needs no shared memory, so that there is room for it beside attention.
    const int warps = std::clamp((decode.most_parts + kWarpParts - 1) / kWarpParts, 1, kMergeWarps);
    const int bytes = warps > 1 ? warps * (decode.head_dim + 2) * int{sizeof(float)} : 0;
    LaunchEarly(prepared.may_begin_early, prepared.merge, decode.split_count * decode.group,
                warps * kWarpLanes, bytes, stream, launched);
  }
}

}  // namespace kinetics::kernels
