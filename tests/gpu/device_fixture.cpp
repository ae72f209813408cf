#include "tests/gpu/device_fixture.h"

#include <algorithm>

#include "tests/test.h"

namespace kinetics::test {

using kernels::DataType;
using kernels::DeviceBuffer;
using kernels::RowTiles;

namespace {

/// Lists as rows of one length: what lies behind a list must not be followed, and is no place at
/// all.
std::vector<int32_t> PaddedLists(const RowLists& lists, size_t stride) {
  constexpr int32_t kNowhere = -1;
  std::vector<int32_t> padded(lists.size() * stride, kNowhere);
  for (size_t row = 0; row < lists.size(); ++row) {
    std::copy(lists[row].begin(), lists[row].end(),
              padded.begin() + static_cast<std::ptrdiff_t>(row * stride));
  }
  return padded;
}

/// At least 1, so that there is memory.
size_t LongestOf(const RowLists& lists) {
  size_t longest = 1;
  for (const std::vector<int32_t>& list : lists) {
    longest = std::max(longest, list.size());
  }
  return longest;
}

std::vector<RowTiles> TilesOfTokens(const std::vector<int64_t>& tokens) {
  std::vector<RowTiles> rows;
  rows.reserve(tokens.size());
  for (const int64_t of_row : tokens) {
    rows.push_back(kernels::TilesOf(of_row, 0));
  }
  return rows;
}

}  // namespace

void Poison(const DeviceBuffer& buffer) {
  if (buffer.Size() > 0) {
    kernels::CheckCuda(cudaMemset(buffer.Data(), 0xff, buffer.Size()), "poison memory");
  }
}

DeviceBuffer PoisonedBytes(size_t bytes) {
  DeviceBuffer buffer(bytes);
  Poison(buffer);
  return buffer;
}

void AwaitDevice() { kernels::CheckCuda(cudaDeviceSynchronize(), "run kernels"); }

std::vector<uint16_t> RoundedBits(std::vector<float>& values, DataType type) {
  std::vector<uint16_t> bits(values.size());
  for (size_t i = 0; i < bits.size(); ++i) {
    kernels::StoreElement(bits.data(), i, type, values[i]);
    values[i] = kernels::LoadElement(bits.data(), i, type);
  }
  return bits;
}

std::vector<float> AsFloats(const std::vector<uint16_t>& bits, DataType type) {
  std::vector<float> values(bits.size());
  for (size_t i = 0; i < bits.size(); ++i) {
    values[i] = kernels::LoadElement(bits.data(), i, type);
  }
  return values;
}

int64_t PlaceOf(const kernels::KvCache& cache, int64_t request, int64_t head, int64_t token) {
  const int64_t page =
      cache.page_table == nullptr
          ? request
          : cache.page_table[request * cache.table_stride + token / cache.page_tokens];
  return (page * cache.kv_heads + head) * cache.page_tokens + token % cache.page_tokens;
}

DeviceAttention::DeviceAttention(Cache& cache, int64_t resident_blocks, int block_warps)
    : type_(cache.problem.cache.type),
      rows_(cache.problem.requests * cache.problem.cache.kv_heads),
      blocks_(
          kernels::ResidentAttendBlocks(type_, cache.problem.cache.head_dim, cache.problem.group)),
      queries_(OnDevice(RoundedBits(cache.queries, type_))),
      keys_(OnDevice(cache.keys)),
      values_(OnDevice(cache.values)),
      lengths_(OnDevice(cache.lengths)),
      page_table_(OnDevice(cache.page_table)),
      output_(queries_.Size()) {
  const kernels::DecodeProblem& problem = cache.problem;
  REQUIRE(problem.cache.page_tokens % 16 == 0);
  if (resident_blocks > 0) {
    blocks_.count = resident_blocks;
  }
  if (block_warps > 0) {
    blocks_.warps = block_warps;
  }
  REQUIRE(blocks_.count > 0);
  decode_ = {.queries = queries_.Data(),
             .keys = keys_.Data(),
             .values = values_.Data(),
             .output = output_.Data(),
             .lengths = lengths_.Data<int64_t>(),
             .table = {.page_table = page_table_.Data<int32_t>(),
                       .table_stride = problem.cache.table_stride,
                       .kv_heads = problem.cache.kv_heads,
                       .page_tiles = static_cast<int32_t>(problem.cache.page_tokens / 16)},
             .window = problem.window,
             .group = problem.group,
             .head_dim = problem.cache.head_dim,
             .scale = problem.scale};
  std::vector<RowTiles> rows;
  for (int64_t row = 0; row < rows_; ++row) {
    const int64_t request = row / problem.cache.kv_heads;
    rows.push_back(kernels::TilesOf(problem.lengths[request], problem.window));
  }
  Plan(rows);
}

void DeviceAttention::UseTiles(const RowLists& tiles, const std::vector<int64_t>& tokens) {
  const size_t stride = LongestOf(tiles);
  lists_ = OnDevice(PaddedLists(tiles, stride));
  row_tokens_ = OnDevice(tokens);
  decode_.tiles = lists_.Data<int32_t>();
  decode_.tiles_stride = static_cast<int64_t>(stride);
  decode_.row_tokens = row_tokens_.Data<int64_t>();
  decode_.tokens = nullptr;
  Plan(TilesOfTokens(tokens));
}

void DeviceAttention::UseTokens(const RowLists& places) {
  const size_t stride = LongestOf(places);
  std::vector<int64_t> counts;
  counts.reserve(places.size());
  for (const std::vector<int32_t>& list : places) {
    counts.push_back(static_cast<int64_t>(list.size()));
  }
  lists_ = OnDevice(PaddedLists(places, stride));
  row_tokens_ = OnDevice(counts);
  decode_.tokens = lists_.Data<int32_t>();
  decode_.tokens_stride = static_cast<int64_t>(stride);
  decode_.row_tokens = row_tokens_.Data<int64_t>();
  decode_.tiles = nullptr;
  Plan(TilesOfTokens(counts));
}

void DeviceAttention::Plan(const std::vector<RowTiles>& rows) {
  plan_ = kernels::DecodePlan(kernels::PlanSplits(rows, blocks_), decode_.group, decode_.head_dim);
  plan_.SetIn(decode_);
}

void DeviceAttention::PoisonResults() const {
  Poison(output_);
  Poison(plan_.PartOutputs());
  Poison(plan_.PartWeights());
}

void DeviceAttention::Launch(cudaStream_t stream) const {
  kernels::LaunchDecode(decode_, type_, stream);
}

std::vector<float> DeviceAttention::Output() const {
  const auto bits = FromDevice<uint16_t>(output_.Data(), output_.Size() / sizeof(uint16_t));
  CHECK(FromDevice<uint32_t>(decode_.claims, 1).front() == 0);
  return AsFloats(bits, type_);
}

std::vector<float> DeviceAttention::Run() const {
  PoisonResults();
  Launch(nullptr);
  return Output();
}

}  // namespace kinetics::test
