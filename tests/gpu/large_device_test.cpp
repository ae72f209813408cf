// Memory of more than 2^32 elements, where offsets need 64 bits.
#include <algorithm>
#include <cmath>

#include "kernels/cuda/device/roofline.h"
#include "kernels/cuda/layer.h"
#include "kernels/reference.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DeviceBuffer;
using kernels::FillWord;
using test::Cache;
using test::FromDevice;

constexpr int64_t kLargeHeads = 8;
constexpr int64_t kLargePageTokens = 16;
constexpr int64_t kLargePageElements = kLargePageTokens * kLargeHeads * 128;
constexpr int64_t kLargePages = 280'000;
constexpr size_t kLargeBytes = size_t{kLargePages} * kLargePageElements * sizeof(uint16_t);
static_assert(kLargePages * kLargePageElements > (int64_t{1} << 32));

/// Whether there is room for keys and values of that size; says so where there is not.
bool HasRoom() {
  constexpr size_t kRest = size_t{1} << 30;
  const bool has_room = kernels::OpenDevice().free_bytes >= 2 * kLargeBytes + kRest;
  if (!has_room) {
    WARN("skipped: needs 18.1 GiB of the device's memory");
  }
  return has_room;
}

DeviceBuffer FilledMemory(uint64_t seed) {
  DeviceBuffer memory(kLargeBytes);
  kernels::LaunchFill(memory.Data(), memory.Size(), seed, nullptr);
  return memory;
}

/// A cache of three requests whose pages are the last of a large one.
struct EndOfLargeCache {
  EndOfLargeCache(const DeviceBuffer& keys, const DeviceBuffer& values)
      : cache({.kv_heads = kLargeHeads, .page_tokens = kLargePageTokens, .group = 4},
              {640, 601, 17}, 29),
        first_page(kLargePages - static_cast<int64_t>(cache.page_table.size())),
        attention(cache) {
    const auto offset = static_cast<size_t>(first_page * kLargePageElements) * sizeof(uint16_t);
    const size_t size = cache.keys.size();
    REQUIRE(offset + size == kLargeBytes);
    cache.keys = FromDevice<uint8_t>(keys.Data<uint8_t>() + offset, size);
    cache.values = FromDevice<uint8_t>(values.Data<uint8_t>() + offset, size);
    cache.problem.cache.keys = cache.keys.data();
    cache.problem.cache.values = cache.values.data();
    std::vector<int32_t> pages = cache.page_table;
    for (int32_t& page : pages) {
      page += static_cast<int32_t>(first_page);
    }
    page_table = test::OnDevice(pages);
    attention.Decode().keys = keys.Data();
    attention.Decode().values = values.Data();
    attention.Decode().table.page_table = page_table.Data<int32_t>();
  }

  /// Where a token lies in the large cache.
  int64_t LargePlace(int64_t row, int64_t token) const {
    return first_page * kLargeHeads * kLargePageTokens +
           test::PlaceOf(cache.problem.cache, row / kLargeHeads, row % kLargeHeads, token);
  }

  void CheckOutput() const {
    CHECK(test::WorstError(attention.Run(), kernels::ReferenceDecode(cache.problem), 128) <
          test::DecodeTolerance(kernels::DataType::kF16));
  }

  Cache cache;
  int64_t first_page;
  test::DeviceAttention attention;
  DeviceBuffer page_table;
};

TEST_CASE("a device attends to keys and values beyond 2^32 elements", "[large]") {
  if (!HasRoom()) {
    return;
  }
  const DeviceBuffer keys = FilledMemory(1);
  const DeviceBuffer values = FilledMemory(2);
  EndOfLargeCache end(keys, values);
  end.CheckOutput();

  test::RowLists tiles;
  test::RowLists places;
  std::vector<int64_t> lengths;
  for (int64_t row = 0; row < end.attention.Rows(); ++row) {
    lengths.push_back(end.cache.problem.lengths[row / kLargeHeads]);
    tiles.emplace_back();
    places.emplace_back();
    for (int64_t token = 0; token < lengths.back(); ++token) {
      const int64_t place = end.LargePlace(row, token);
      places.back().push_back(static_cast<int32_t>(place));
      if (token % 16 == 0) {
        tiles.back().push_back(static_cast<int32_t>(place / 16));
      }
    }
  }
  end.attention.UseTiles(tiles, lengths);
  end.CheckOutput();
  end.attention.UseTokens(places);
  end.CheckOutput();
}

/// Words at the ends and around 2^32 bytes and elements.
std::vector<size_t> CheckedWords() {
  constexpr size_t kWords = kLargeBytes / sizeof(uint64_t);
  std::vector<size_t> words;
  for (const size_t middle :
       {size_t{1}, size_t{1} << 28, size_t{1} << 29, size_t{1} << 30, kWords / 3, kWords - 2}) {
    for (size_t word = middle - 1; word <= middle + 1; ++word) {
      words.push_back(word);
    }
  }
  return words;
}

TEST_CASE("a device fills, copies and adds up more than 2^32 bytes", "[large]") {
  if (!HasRoom()) {
    return;
  }
  constexpr int kBlocks = 512;
  const DeviceBuffer from = FilledMemory(3);
  const DeviceBuffer to(kLargeBytes);
  for (const size_t word : CheckedWords()) {
    REQUIRE(FromDevice<uint64_t>(from.Data<uint64_t>() + word, 1).front() == FillWord(3, word));
  }
  test::Poison(to);
  kernels::LaunchCopy(to.Data(), from.Data(), kLargeBytes, kBlocks, nullptr);
  for (const size_t word : CheckedWords()) {
    REQUIRE(FromDevice<uint64_t>(to.Data<uint64_t>() + word, 1).front() == FillWord(3, word));
  }
  test::Poison(to);
  const auto* terms = from.Data<float>();
  kernels::LaunchTriad(to.Data<float>(), terms, terms, 0.5F, kLargeBytes / sizeof(float), kBlocks,
                       nullptr);
  for (const size_t word : CheckedWords()) {
    const auto term = FromDevice<float>(terms + 2 * word, 2);
    const auto sum = FromDevice<float>(to.Data<float>() + 2 * word, 2);
    REQUIRE(sum.at(0) == std::fma(0.5F, term.at(0), term.at(0)));
    REQUIRE(sum.at(1) == std::fma(0.5F, term.at(1), term.at(1)));
  }
}

}  // namespace
}  // namespace kinetics
