// What a decoder layer does between products and attention, against plain loops in double
// precision on the same stored values. Arithmetic is in single precision and rounded once: results
// are within half of a last bit, 2^-11 of f16 and 2^-8 of bf16, and a little for the arithmetic.
#include "kernels/cuda/device/layer.h"

#include <algorithm>
#include <cmath>

#include "kernels/bench/arena.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::DeviceBuffer;
using kernels::Noise;
using kernels::QkvRow;
using test::AsFloats;
using test::FromDevice;
using test::OnDevice;

constexpr DataType kLayerTypes[] = {DataType::kF16, DataType::kBf16};

/// Random values of a layer: as they are stored, and on the device.
struct LayerValues {
  LayerValues(DataType type, size_t count, float most, uint64_t seed) : values(count) {
    Noise noise(seed);
    std::generate(values.begin(), values.end(), [&] { return most * noise.Uniform(); });
    bits = test::RoundedBits(values, type);
    device = OnDevice(bits);
  }

  double At(size_t i) const { return values[i]; }

  std::vector<float> values;
  std::vector<uint16_t> bits;
  DeviceBuffer device;
};

void CheckClose(const DeviceBuffer& outputs, const std::vector<double>& expected, DataType type) {
  const std::vector<float> found =
      AsFloats(FromDevice<uint16_t>(outputs.Data(), expected.size()), type);
  const double relative = type == DataType::kF16 ? 0x1p-11 : 0x1p-8;
  constexpr double kArithmetic = 1e-5;  // of sums of a few numbers around 1
  size_t worst = 0;
  double most = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(found[i] - expected[i]) /
                         ((1.01 * relative) * std::abs(expected[i]) + kArithmetic);
    if (!(error <= most)) {
      worst = i;
      most = std::isnan(error) ? 1e300 : error;
    }
  }
  INFO("element " << worst << " of " << expected.size() << ", f16 " << (type == DataType::kF16));
  CHECK(most <= 1);
}

TEST_CASE("a device normalizes rows by their root mean square", "[small]") {
  for (const DataType type : kLayerTypes) {
    for (const size_t hidden : {8, 128, 1000, 1024, 2560, 5120}) {
      constexpr size_t kRows = 3;
      const LayerValues inputs(type, kRows * hidden, 3, 61);
      const LayerValues weights(type, hidden, 2, 62);
      kernels::RmsNormArgs args = {.type = type,
                                   .rows = kRows,
                                   .hidden = static_cast<int>(hidden),
                                   .inputs = inputs.device.Data(),
                                   .weights = weights.device.Data()};
      std::vector<double> expected(kRows * hidden);
      for (size_t row = 0; row < kRows; ++row) {
        double squares = 0;
        for (size_t i = 0; i < hidden; ++i) {
          squares += inputs.At(row * hidden + i) * inputs.At(row * hidden + i);
        }
        const double scale = 1 / std::sqrt(squares / static_cast<double>(hidden) + 1e-6);
        for (size_t i = 0; i < hidden; ++i) {
          expected[row * hidden + i] = inputs.At(row * hidden + i) * weights.At(i) * scale;
        }
      }
      const DeviceBuffer outputs = test::PoisonedBytes(inputs.device.Size());
      args.outputs = outputs.Data();
      kernels::LaunchRmsNorm(args, nullptr);
      CheckClose(outputs, expected, type);
      args.outputs = inputs.device.Data();  // in place
      kernels::LaunchRmsNorm(args, nullptr);
      CheckClose(inputs.device, expected, type);
    }
  }
}

/// One head normalized and rotated, in place.
void RotateHead(double* head, const LayerValues& weights, int64_t position) {
  constexpr size_t kPairs = 64;
  double squares = 0;
  for (size_t i = 0; i < 2 * kPairs; ++i) {
    squares += head[i] * head[i];
  }
  const double scale = 1 / std::sqrt(squares / (2 * kPairs) + 1e-6);
  for (size_t i = 0; i < kPairs; ++i) {
    const double angle =
        static_cast<double>(position) * std::pow(1e6, -static_cast<double>(i) / kPairs);
    const double low = head[i] * scale * weights.At(i);
    const double high = head[i + kPairs] * scale * weights.At(i + kPairs);
    head[i] = low * std::cos(angle) - high * std::sin(angle);
    head[i + kPairs] = high * std::cos(angle) + low * std::sin(angle);
  }
}

TEST_CASE("a device normalizes and rotates queries and keys, and leaves values", "[small]") {
  const std::vector<int64_t> positions = {0, 1, 17, 4095, 1'000'000};
  for (const DataType type : kLayerTypes) {
    for (const QkvRow& row : {QkvRow{1, 1, 128}, QkvRow{16, 8, 128}, QkvRow{5, 1, 128}}) {
      const auto size = static_cast<size_t>(row.Size());
      const LayerValues qkv(type, positions.size() * size, 3, 63);
      const LayerValues q_weights(type, 128, 2, 64);
      const LayerValues k_weights(type, 128, 2, 65);
      const DeviceBuffer device_positions = OnDevice(positions);
      kernels::LaunchQkRotary({.type = type,
                               .rows = static_cast<int64_t>(positions.size()),
                               .row = row,
                               .qkv = qkv.device.Data(),
                               .q_weights = q_weights.device.Data(),
                               .k_weights = k_weights.device.Data(),
                               .positions = device_positions.Data<int64_t>()},
                              nullptr);
      std::vector<double> expected(qkv.values.begin(), qkv.values.end());
      for (size_t r = 0; r < positions.size(); ++r) {
        for (int head = 0; head < row.q_heads + row.kv_heads; ++head) {
          RotateHead(expected.data() + r * size + static_cast<size_t>(head) * 128,
                     head < row.q_heads ? q_weights : k_weights, positions[r]);
        }
      }
      CheckClose(qkv.device, expected, type);
      const auto bits = FromDevice<uint16_t>(qkv.device.Data(), qkv.bits.size());
      for (size_t r = 0; r < positions.size(); ++r) {
        const auto values = static_cast<std::ptrdiff_t>(r * size) + row.Value(0);
        const auto end = static_cast<std::ptrdiff_t>((r + 1) * size);
        CHECK(std::equal(bits.begin() + values, bits.begin() + end, qkv.bits.begin() + values));
      }
    }
  }
}

struct AppendCase {
  QkvRow row;
  int64_t page_tokens = 16;
  std::vector<int32_t> page_table;  ///< Of three requests; empty: contiguous.
};

void CheckAppend(const AppendCase& x) {
  const std::vector<int64_t> positions = {0, 17, 31};
  const auto rows = static_cast<int64_t>(positions.size());
  const int64_t pages = std::max<int64_t>(rows, static_cast<int64_t>(x.page_table.size()));
  const int64_t stride = static_cast<int64_t>(x.page_table.size()) / rows;
  const auto size = static_cast<size_t>(x.row.Size());
  const LayerValues qkv(DataType::kF16, positions.size() * size, 1, 66);
  std::vector<uint16_t> keys(
      static_cast<size_t>(pages * x.row.kv_heads * x.page_tokens * x.row.head_dim), 0xffff);
  std::vector<uint16_t> values = keys;
  const DeviceBuffer device_keys = OnDevice(keys);
  const DeviceBuffer device_values = OnDevice(values);
  const DeviceBuffer table = OnDevice(x.page_table);
  const DeviceBuffer device_positions = OnDevice(positions);
  kernels::LaunchCacheAppend({.rows = rows,
                              .row = x.row,
                              .qkv = qkv.device.Data(),
                              .positions = device_positions.Data<int64_t>(),
                              .keys = device_keys.Data(),
                              .values = device_values.Data(),
                              .page_table = table.Data<int32_t>(),
                              .table_stride = stride,
                              .page_tokens = x.page_tokens},
                             nullptr);
  const kernels::KvCache cache = {
      .kv_heads = x.row.kv_heads,
      .head_dim = x.row.head_dim,
      .page_tokens = x.page_tokens,
      .page_table = x.page_table.empty() ? nullptr : x.page_table.data(),
      .table_stride = stride};
  const auto dim = static_cast<size_t>(x.row.head_dim);
  for (size_t r = 0; r < positions.size(); ++r) {
    for (int head = 0; head < x.row.kv_heads; ++head) {
      const auto to = dim * static_cast<size_t>(
                                test::PlaceOf(cache, static_cast<int64_t>(r), head, positions[r]));
      for (size_t i = 0; i < dim; ++i) {
        keys[to + i] = qkv.bits[r * size + static_cast<size_t>(x.row.Key(head)) + i];
        values[to + i] = qkv.bits[r * size + static_cast<size_t>(x.row.Value(head)) + i];
      }
    }
  }
  CHECK((FromDevice<uint16_t>(device_keys.Data(), keys.size()) == keys));
  CHECK((FromDevice<uint16_t>(device_values.Data(), values.size()) == values));
}

TEST_CASE("a device appends keys and values to their pages, and writes nothing else", "[small]") {
  for (const QkvRow& row : {QkvRow{16, 8, 128}, QkvRow{3, 3, 64}, QkvRow{1, 1, 8}}) {
    CheckAppend({.row = row, .page_tokens = 16, .page_table = {5, 0, 3, 1, 4, 2}});
    CheckAppend({.row = row, .page_tokens = 32, .page_table = {2, 0, 1}});
    CheckAppend({.row = row, .page_tokens = 48, .page_table = {}});
  }
}

TEST_CASE("a device multiplies by the SiLU of a gate, of any size", "[small]") {
  for (const DataType type : kLayerTypes) {
    for (const size_t inner : {8, 1000, 2048, 3072, 6144}) {
      constexpr size_t kRows = 3;
      for (const float most : {3.0F, 100.0F}) {
        const LayerValues inputs(type, kRows * 2 * inner, most, 67);
        std::vector<double> expected(kRows * inner);
        for (size_t row = 0; row < kRows; ++row) {
          for (size_t i = 0; i < inner; ++i) {
            const double gate = inputs.At(2 * row * inner + i);
            expected[row * inner + i] =
                gate / (1 + std::exp(-gate)) * inputs.At((2 * row + 1) * inner + i);
          }
        }
        const DeviceBuffer outputs = test::PoisonedBytes(expected.size() * sizeof(uint16_t));
        kernels::LaunchSilu({.type = type,
                             .rows = kRows,
                             .inner = static_cast<int>(inner),
                             .inputs = inputs.device.Data(),
                             .outputs = outputs.Data()},
                            nullptr);
        CheckClose(outputs, expected, type);
      }
    }
  }
}

TEST_CASE("a device adds a residual", "[small]") {
  for (const DataType type : kLayerTypes) {
    for (const size_t count : {8, 2048, 2056, 100'000}) {
      const LayerValues sums(type, count, 3, 68);
      const LayerValues terms(type, count, 3, 69);
      std::vector<double> expected(count);
      for (size_t i = 0; i < count; ++i) {
        expected[i] = sums.At(i) + terms.At(i);
      }
      kernels::LaunchAdd({.type = type,
                          .count = static_cast<int64_t>(count),
                          .sums = sums.device.Data(),
                          .terms = terms.device.Data()},
                         nullptr);
      CheckClose(sums.device, expected, type);
    }
  }
}

}  // namespace
}  // namespace kinetics
