#include "kernels/cuda/device/attend.h"

#include <stdexcept>

#include "kernels/attention.h"
#include "kernels/cuda/attend.h"
#include "kernels/cuda/device/device.h"
#include "kernels/cuda/device/warp.h"

namespace kinetics::kernels {
namespace {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpLanes;

// Blocks of a multiprocessor. Two long ones read as fast as memory can be read; where there are
// many, a third works while others start or end, which for short contexts is most of their time.
constexpr int kRoomy = 2;
constexpr int kCrowded = 3;

/// What a thread block keeps in flight: each warp a ring of stages of its own, one tile of keys and
/// values each, so that warps wait for nothing but their own copies. `blocks` of them fit into a
/// multiprocessor of Hopper: two of 96 KiB, or three of 64 KiB.
template <int dim, int blocks>
struct Ring {
  static constexpr int kTileBytes = kTileTokens * dim * 2;
  static constexpr int kStageBytes = 2 * kTileBytes;
  static constexpr int kStages = (blocks == kCrowded ? 16 : 24) * 1024 / kStageBytes;
  static constexpr int kBytes = kWarps * kStages * kStageBytes;
};

/// 16 bytes to shared memory, zeros where `condition` does not hold: rows that are not read,
/// whatever they hold, must not turn sums into NaN.
__device__ __forceinline__ void CopyAsync(char* to, const char* from, bool condition) {
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(to));
  const int bytes = condition ? kChunkBytes : 0;
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
               "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void CommitCopies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int left>
__device__ __forceinline__ void AwaitCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(left) : "memory");
}

enum class Source { kContext, kTiles, kTokens };

/// The tiles of a row, as one warp goes through them.
template <int dim, int blocks, Source source>
class TileReader {
 public:
  __device__ TileReader(const DeviceDecode& decode, int64_t row, char* ring)
      : decode_(decode),
        request_(row / decode.table.kv_heads),
        head_(row % decode.table.kv_heads),
        row_(row),
        ring_(ring) {
    end_ = source == Source::kContext ? decode.lengths[request_] : decode.row_tokens[row];
    begin_ = source == Source::kContext && decode.window > 0 && decode.window < end_
                 ? end_ - decode.window
                 : 0;
  }

  __device__ TileRange RangeOf(int64_t tile) const {
    return RangeIn(begin_, end_, tile * kTileTokens);
  }

  __device__ const uint16_t* Queries() const {
    return static_cast<const uint16_t*>(decode_.queries) + request_ * decode_.query_stride +
           head_ * decode_.group * dim;
  }

  /// Tiles that this row has, of those planned.
  __device__ int64_t EndTile() const { return (end_ + kTileTokens - 1) / kTileTokens; }

  /// Where this lane's tile lies, for 32 tiles at once.
  __device__ int64_t Place(int64_t tile) const {
    if (tile >= EndTile()) {
      return 0;
    }
    if constexpr (source == Source::kContext) {
      return decode_.table.TileAt(request_, head_, tile);
    } else if constexpr (source == Source::kTiles) {
      return decode_.tiles[row_ * decode_.tiles_stride + tile];
    } else {
      return 0;
    }
  }

  /// Starts copying a tile that lies at `place` into a stage.
  __device__ void Fetch(int64_t tile, int64_t place, int stage) const {
    constexpr int kRowChunks = dim / 8;
    constexpr int kChunks = kTileTokens * kRowChunks / kWarpLanes;
    const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
    const TileRange range = RangeOf(tile);
    char* to = Keys(stage);
    int64_t token = 0;
    if constexpr (source == Source::kTokens) {
      const int64_t at = tile * kTileTokens + lane % kTileTokens;
      token = at < end_ ? decode_.tokens[row_ * decode_.tokens_stride + at] : 0;
    }
    KINETICS_UNROLL
    for (int i = 0; i < kChunks; ++i) {
      const int chunk = i * kWarpLanes + lane;
      const int row = chunk / kRowChunks;
      const int column = chunk % kRowChunks;
      const bool is_read = row >= range.begin && row < range.end;
      int64_t offset = 0;
      if constexpr (source == Source::kTokens) {
        offset = __shfl_sync(0xffffffffU, token, row) * (dim * 2) + column * kChunkBytes;
      } else {
        offset = place * Ring<dim, blocks>::kTileBytes + chunk * kChunkBytes;
      }
      offset = is_read ? offset : 0;
      const int at = SwizzledChunk<dim>(row, column) * kChunkBytes;
      CopyAsync(to + at, static_cast<const char*>(decode_.keys) + offset, is_read);
      CopyAsync(to + Ring<dim, blocks>::kTileBytes + at,
                static_cast<const char*>(decode_.values) + offset, is_read);
    }
  }

  __device__ char* Keys(int stage) const { return ring_ + stage * Ring<dim, blocks>::kStageBytes; }
  __device__ char* Values(int stage) const { return Keys(stage) + Ring<dim, blocks>::kTileBytes; }

 private:
  const DeviceDecode& decode_;
  int64_t request_;
  int64_t head_;
  int64_t row_;
  char* ring_;
  int64_t begin_ = 0;
  int64_t end_ = 0;
};

/// Adds the unit's tiles warp, warp + kWarps, ...: while one is worked on, those of the next stages
/// are on their way.
template <int dim, int blocks, Source source, class Attention>
__device__ void AddTiles(const TileReader<dim, blocks, source>& reader, const AttendUnit& unit,
                         Attention& attention) {
  constexpr int kStages = Ring<dim, blocks>::kStages;
  const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
  const int64_t last = min(int64_t{unit.first} + unit.count, reader.EndTile());
  const int64_t first = int64_t{unit.first} + warp;
  const auto count = static_cast<int>(last > first ? (last - first + kWarps - 1) / kWarps : 0);
  const auto tile_at = [&](int i) { return first + int64_t{i} * kWarps; };

  // The places of 32 tiles are read at once, a lane each, and 32 more ahead of their use.
  int64_t places = reader.Place(tile_at(lane));
  int64_t next_places = reader.Place(tile_at(kWarpLanes + lane));
  const auto fetch = [&](int i) {
    if (i < count) {
      if (i > 0 && i % kWarpLanes == 0) {
        places = next_places;
        next_places = reader.Place(tile_at(i + kWarpLanes + lane));
      }
      const int64_t place = __shfl_sync(0xffffffffU, places, i % kWarpLanes);
      reader.Fetch(tile_at(i), place, i % kStages);
    }
    CommitCopies();
  };
  for (int i = 0; i < kStages - 1; ++i) {
    fetch(i);
  }
  for (int i = 0; i < count; ++i) {
    __syncwarp();  // all lanes are done with the stage that is filled next
    fetch(i + kStages - 1);
    AwaitCopies<kStages - 1>();
    __syncwarp();  // copies of all lanes have arrived
    attention.Add(reader.Keys(i % kStages), reader.Values(i % kStages), reader.RangeOf(tile_at(i)));
  }
  AwaitCopies<0>();
}

template <DataType type>
__device__ __forceinline__ void StoreOutput(void* output, int64_t element, float value) {
  if constexpr (type == DataType::kF16) {
    static_cast<__half*>(output)[element] = __float2half_rn(value);
  } else {
    static_cast<__nv_bfloat16*>(output)[element] = __float2bfloat16_rn(value);
  }
}

/// Puts parts together: `at(p)` is where the most, sum and output of heads of part p begin, with
/// `heads` of each. One thread for each element of the output.
template <int dim, class At, class Emit>
__device__ void MergeParts(int parts, int heads, int group, float log2_scale, const At& at,
                           const Emit& emit) {
  for (int i = static_cast<int>(threadIdx.x); i < group * dim; i += kThreads) {
    const int head = i / dim;
    float most = -__builtin_inff();
    for (int p = 0; p < parts; ++p) {
      most = fmaxf(most, at(p)[head]);
    }
    float sum = 0;
    float output = 0;
    for (int p = 0; p < parts; ++p) {
      const auto part = at(p);
      const float factor = PartFactor(part[head], most, log2_scale);
      sum += factor * part[heads + head];
      output += factor * part[2 * heads + i];
    }
    emit(head, i, most, sum, output);
  }
}

/// Turns the most and sum that the blocks of a row have left for each head into the factors of
/// their outputs, part by part, in shared memory: what each is to be multiplied with. Loads go past
/// L1, which may hold what was there before: parts share lines.
__device__ void PartFactors(const float* parts, int count, int group, int64_t part_size,
                            float log2_scale, float* factors) {
  float* sums = factors + count * group;
  for (int i = static_cast<int>(threadIdx.x); i < count * group; i += kThreads) {
    const float* part = parts + i / group * part_size;
    factors[i] = __ldcg(part + i % group);
    sums[i] = __ldcg(part + group + i % group);
  }
  __syncthreads();
  for (int head = static_cast<int>(threadIdx.x); head < group; head += kThreads) {
    float most = -__builtin_inff();
    for (int p = 0; p < count; ++p) {
      most = fmaxf(most, factors[p * group + head]);
    }
    float sum = 0;
    for (int p = 0; p < count; ++p) {
      const float factor = PartFactor(factors[p * group + head], most, log2_scale);
      factors[p * group + head] = factor;
      sum += factor * sums[p * group + head];
    }
    for (int p = 0; p < count; ++p) {
      factors[p * group + head] = sum > 0 ? factors[p * group + head] / sum : 0;
    }
  }
  __syncthreads();
}

/// Leaves one block's part, and puts all of the row's together if it is the last of them.
template <DataType type, int dim>
__device__ void FinishPart(const DeviceDecode& decode, const AttendUnit& unit, float log2_scale,
                           float* factors) {
  __shared__ bool is_last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    const int before = atomicAdd(decode.done + unit.row, 1);
    is_last = before == unit.parts - 1;
    if (is_last) {
      decode.done[unit.row] = 0;
    }
  }
  __syncthreads();
  if (!is_last) {
    return;
  }
  __threadfence();
  const int64_t part_size = int64_t{decode.group} * (dim + 2);
  const float* parts = decode.parts + unit.first_part * part_size;
  PartFactors(parts, unit.parts, decode.group, part_size, log2_scale, factors);
  const int64_t first = int64_t{unit.row} * decode.group * dim;
  for (int i = static_cast<int>(threadIdx.x); i < decode.group * dim; i += kThreads) {
    const float* outputs = parts + 2 * decode.group + i;
    const float* factor = factors + i / dim;
    float output = 0;
#pragma unroll 4
    for (int p = 0; p < unit.parts; ++p) {
      output += factor[p * decode.group] * __ldcg(outputs + p * part_size);
    }
    StoreOutput<type>(decode.output, first + i, output);
  }
}

template <DataType type, int dim, int head_tiles, int blocks, Source source>
__global__ void __launch_bounds__(kThreads, blocks)
    AttendKernel(const __grid_constant__ DeviceDecode decode) {
  extern __shared__ __align__(128) char shared[];
  constexpr int kHeads = head_tiles * kFragmentHeads;
  const AttendUnit unit = decode.units[blockIdx.x];
  const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
  const float log2_scale = decode.scale * kLog2E;
  const int64_t first = int64_t{unit.row} * decode.group * dim;

  const TileReader<dim, blocks, source> reader(
      decode, unit.row,
      shared + warp * Ring<dim, blocks>::kStages * Ring<dim, blocks>::kStageBytes);
  TileAttention<DeviceWarp<type>, dim, head_tiles> attention(reader.Queries(), decode.group,
                                                             log2_scale);
  AddTiles(reader, unit, attention);

  // The rings are free: warps leave their parts there.
  constexpr int kPartFloats = kHeads * (dim + 2);
  static_assert(kWarps * kPartFloats * sizeof(float) <= Ring<dim, blocks>::kBytes);
  auto* own = reinterpret_cast<float*>(shared);
  __syncthreads();
  float* part = own + warp * kPartFloats;
  attention.Store(part, part + kHeads, part + 2 * kHeads);
  __syncthreads();
  const auto at = [&](int p) { return own + p * kPartFloats; };
  if (unit.parts == 1) {
    MergeParts<dim>(kWarps, kHeads, decode.group, log2_scale, at,
                    [&](int, int i, float, float sum, float output) {
                      StoreOutput<type>(decode.output, first + i, sum > 0 ? output / sum : 0);
                    });
    return;
  }
  float* mine = decode.parts + (int64_t{unit.first_part} + unit.part) * decode.group * (dim + 2);
  MergeParts<dim>(kWarps, kHeads, decode.group, log2_scale, at,
                  [&](int head, int i, float most, float sum, float output) {
                    if (i % dim == 0) {
                      mine[head] = most;
                      mine[decode.group + head] = sum;
                    }
                    mine[2 * decode.group + i] = output;
                  });
  FinishPart<type, dim>(decode, unit, log2_scale, own);
}

using Kernel = void (*)(DeviceDecode);

template <DataType type, int dim, int head_tiles, int blocks>
Kernel KernelOf(Source source) {
  switch (source) {
    case Source::kTiles:
      return AttendKernel<type, dim, head_tiles, blocks, Source::kTiles>;
    case Source::kTokens:
      return AttendKernel<type, dim, head_tiles, blocks, Source::kTokens>;
    default:
      return AttendKernel<type, dim, head_tiles, blocks, Source::kContext>;
  }
}

/// Two fragments of heads need the registers of two blocks.
template <DataType type, int dim>
Kernel KernelOf(int group, int blocks, Source source) {
  if (group > kFragmentHeads) {
    return KernelOf<type, dim, 2, kRoomy>(source);
  }
  return blocks == kCrowded ? KernelOf<type, dim, 1, kCrowded>(source)
                            : KernelOf<type, dim, 1, kRoomy>(source);
}

template <DataType type>
Kernel KernelOf(int head_dim, int group, int blocks, Source source) {
  return head_dim == 64 ? KernelOf<type, 64>(group, blocks, source)
                        : KernelOf<type, 128>(group, blocks, source);
}

/// A kernel and the shared memory that its rings take.
struct PreparedKernel {
  Kernel kernel = nullptr;
  int ring_bytes = 0;
};

PreparedKernel Prepare(DataType type, int head_dim, int group, int blocks, Source source) {
  if (type == DataType::kF32) {
    throw std::invalid_argument("there are CUDA kernels for fp16 and bf16");
  }
  if (head_dim != 64 && head_dim != 128) {
    throw std::invalid_argument("there are CUDA kernels for head sizes 64 and 128");
  }
  if (group < 1 || group > 2 * kFragmentHeads) {
    throw std::invalid_argument("there are kernels for 1 to 16 query heads a KV head");
  }
  const bool is_crowded = blocks == kCrowded && group <= kFragmentHeads;
  const PreparedKernel prepared = {
      .kernel = type == DataType::kF16 ? KernelOf<DataType::kF16>(head_dim, group, blocks, source)
                                       : KernelOf<DataType::kBf16>(head_dim, group, blocks, source),
      .ring_bytes = is_crowded ? Ring<128, kCrowded>::kBytes : Ring<128, kRoomy>::kBytes};
  CheckCuda(cudaFuncSetAttribute(reinterpret_cast<const void*>(prepared.kernel),
                                 cudaFuncAttributeMaxDynamicSharedMemorySize, prepared.ring_bytes),
            "give a decode kernel its shared memory");
  return prepared;
}

int Multiprocessors() {
  int device = 0;
  int count = 0;
  CheckCuda(cudaGetDevice(&device), "find the device");
  CheckCuda(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device),
            "count multiprocessors");
  return count;
}

static_assert(Ring<64, kRoomy>::kBytes == Ring<128, kRoomy>::kBytes);
static_assert(Ring<64, kCrowded>::kBytes == Ring<128, kCrowded>::kBytes);

}  // namespace

int64_t ResidentAttendBlocks(DataType type, int head_dim, int group) {
  const PreparedKernel prepared = Prepare(type, head_dim, group, kRoomy, Source::kContext);
  int per_multiprocessor = 0;
  CheckCuda(cudaOccupancyMaxActiveBlocksPerMultiprocessor(
                &per_multiprocessor, reinterpret_cast<const void*>(prepared.kernel), kThreads,
                static_cast<size_t>(prepared.ring_bytes)),
            "count resident blocks");
  return int64_t{per_multiprocessor} * Multiprocessors();
}

void LaunchDecode(const DeviceDecode& decode, DataType type, cudaStream_t stream) {
  const Source source = decode.tokens != nullptr  ? Source::kTokens
                        : decode.tiles != nullptr ? Source::kTiles
                                                  : Source::kContext;
  constexpr int64_t kManyRounds = 4;
  const bool are_many = decode.unit_count >= kManyRounds * kCrowded * Multiprocessors();
  const PreparedKernel prepared =
      Prepare(type, decode.head_dim, decode.group, are_many ? kCrowded : kRoomy, source);
  if (!(decode.scale > 0)) {
    throw std::invalid_argument("expected a scale above 0");
  }
  if (decode.unit_count == 0) {
    return;
  }
  DeviceDecode launched = decode;
  if (launched.query_stride == 0) {
    launched.query_stride = int64_t{decode.table.kv_heads} * decode.group * decode.head_dim;
  }
  prepared
      .kernel<<<static_cast<unsigned>(decode.unit_count), kThreads, prepared.ring_bytes, stream>>>(
          launched);
  CheckLaunch("decode attention");
}

}  // namespace kinetics::kernels
