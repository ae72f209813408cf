// Every device of the catalogue, figure by figure, against the table that its figures are from.
#include <optional>

#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr double kGibibyte = 1024.0 * 1024 * 1024;
constexpr double kMebibyte = 1024.0 * 1024;

/// A line of the table; nullopt where nobody publishes the figure. Peaks are dense.
struct DeviceRow {
  const char* name;
  double bf16;  // TFLOP/s; FP16 where the device has that alone
  std::optional<double> fp8, int8, fp4;
  double memory;                // bytes
  double bandwidth;             // TB/s
  std::optional<double> link;   // GB/s, one way
  std::optional<double> watts;  // of the device
};

constexpr auto kNone = std::nullopt;

const DeviceRow kDevices[] = {
    {"a100", 312, kNone, 624, kNone, 80 * kGibibyte, 2.039, 300, 400},
    {"h100", 989, 1979, kNone, kNone, 80 * kGibibyte, 3.35, 450, 700},
    {"h200", 989, 1979, kNone, kNone, 141 * kGibibyte, 4.8, 450, 700},
    {"b200", 2250, 4500, kNone, 9000, 180 * kGibibyte, 8.0, 900, 1000},
    {"gb200", 2500, 5000, kNone, 10000, 189471 * kMebibyte, 8.0, 900, 1200},
    {"b300", 2250, 4500, kNone, 13500, 275040 * kMebibyte, 8.0, 900, 1100},
    {"gb300", 2500, 5000, kNone, 15000, 284208 * kMebibyte, 8.0, 900, 1400},
    {"mi300x", 1307, 2615, kNone, kNone, 192 * kGibibyte, 5.3, 448, 750},
    {"mi325x", 1307, 2615, kNone, kNone, 256 * kGibibyte, 6.0, 448, 1000},
    {"mi355x", 2516, 5033, kNone, 10066, 288 * kGibibyte, 8.0, 576, 1400},
    {"tpu-v5e", 197, kNone, 393, kNone, 16 * kGibibyte, 0.819, 200, kNone},
    {"tpu-v5p", 459, 459, 918, kNone, 95 * kGibibyte, 2.765, 600, kNone},
    {"tpu-v6e", 918, 918, 1836, kNone, 32 * kGibibyte, 1.64, 400, kNone},
    {"tpu7x", 2307, 4614, kNone, kNone, 192 * kGibibyte, 7.38, 600, kNone},
    {"gaudi3", 1835, 1835, kNone, kNone, 128 * kGibibyte, 3.67, 600, 900},
    {"l40s", 362, 733, kNone, kNone, 46068 * kMebibyte, 0.864, 32, 350},
    {"rtx-pro-6000", 468, 936, kNone, 1871, 97887 * kMebibyte, 1.792, 64, 600},
    {"rtx-4090", 165, 330, kNone, kNone, 25757220864.0, 1.008, 32, 450},
    {"rtx-5090", 209.6, 419.2, kNone, 1676, 32 * kGibibyte, 1.792, 64, 575},
    {"m4-max", 34, kNone, kNone, kNone, 128 * kGibibyte, 0.546, kNone, 140},
    {"m3-ultra", 57, kNone, kNone, kNone, 512 * kGibibyte, 0.819, kNone, 295},
};

template <typename T>
std::optional<double> In(const Figure<T>& figure, double unit) {
  return figure ? std::optional(figure->value.value / unit) : std::nullopt;
}

/// Both unknown, or the same but for the rounding of a conversion.
void CheckSame(const std::optional<double>& found, const std::optional<double>& expected) {
  REQUIRE(found.has_value() == expected.has_value());
  if (expected) {
    CHECK(*found == Approx(*expected).epsilon(1e-14));
  }
}

TEST_CASE("every device has the figures of the table, and no others", "[hardware]") {
  constexpr double kTera = 1e12;
  constexpr double kGiga = 1e9;
  for (const DeviceRow& row : kDevices) {
    INFO(row.name);
    const Hardware device = LoadHardware(row.name);
    const Dtype dtype = RooflineOf(device, std::nullopt).dtype;
    CheckSame(In(PeakFlops(device, dtype), kTera), row.bf16);
    CheckSame(In(PeakFlops(device, Dtype::kFp8), kTera), row.fp8);
    CheckSame(In(PeakFlops(device, Dtype::kInt8), kTera), row.int8);
    CheckSame(In(PeakFlops(device, Dtype::kFp4), kTera), row.fp4);
    CheckSame(In(device.memory, 1), row.memory);
    CheckSame(In(device.memory_bandwidth, kTera), row.bandwidth);
    CheckSame(In(device.interconnect_bandwidth, kGiga), row.link);
    REQUIRE(device.power_watts.has_value() == row.watts.has_value());
    if (row.watts) {
      CHECK(device.power_watts->value == *row.watts);
    }
  }
}

TEST_CASE("the sparse peaks that others pass as dense are twice ours", "[hardware]") {
  const auto peak = [](const char* name, Dtype dtype) {
    return PeakFlops(LoadHardware(name), dtype)->value.value / 1e12;
  };
  CHECK(2 * peak("l40s", Dtype::kFp8) == 1466);
  CHECK(2 * peak("b200", Dtype::kFp8) == 9000);
  CHECK(2 * peak("rtx-5090", Dtype::kFp4) == 3352);
  // Of GeForce cards FP32 accumulation halves it once more.
  CHECK(4 * peak("rtx-5090", Dtype::kBf16) == Approx(838.4).epsilon(1e-14));
}

TEST_CASE("links are one way: makers of TPUs and Gaudi count both", "[hardware]") {
  const auto both_ways = [](const char* name) {
    const auto& link = LoadHardware(name).interconnect_bandwidth;
    CHECK_THAT(link->source, Catch::Contains("in both directions together"));
    return 2 * link->value.value / 1e9;
  };
  CHECK(both_ways("tpu-v5e") == 400);
  CHECK(both_ways("tpu-v5p") == 1200);
  CHECK(both_ways("tpu-v6e") == 800);
  CHECK(both_ways("tpu7x") == 1200);
  CHECK(both_ways("gaudi3") == 1200);
  // NVLink 4 and 5 are sold as 900 and 1,800 GB/s.
  CHECK(2 * LoadHardware("h100").interconnect_bandwidth->value.value == 900e9);
  CHECK(2 * LoadHardware("b200").interconnect_bandwidth->value.value == 1800e9);
}

TEST_CASE("a figure's source says where memory is taken as GiB", "[hardware]") {
  for (const DeviceRow& row : kDevices) {
    INFO(row.name);
    CHECK_THAT(LoadHardware(row.name).memory->source, Catch::Contains("iB"));
  }
}

// InferenceX, 2026-04: rented for three years, and all-in power of a GPU.
TEST_CASE("prices and facility power are those of one table", "[hardware]") {
  struct TcoRow {
    const char* name;
    double usd_per_hour;
    double kilowatts;
  };
  for (const TcoRow& row :
       {TcoRow{"h100", 1.30, 1.73}, TcoRow{"h200", 1.60, 1.73}, TcoRow{"b200", 2.90, 2.17},
        TcoRow{"gb200", 3.30, 2.10}, TcoRow{"mi300x", 1.55, 1.79}, TcoRow{"mi325x", 1.80, 2.18},
        TcoRow{"mi355x", 2.10, 2.65}}) {
    INFO(row.name);
    const Hardware device = LoadHardware(row.name);
    CHECK(device.price_usd_per_hour->value == row.usd_per_hour);
    CHECK(device.facility_power_watts->value == Approx(1000 * row.kilowatts).epsilon(1e-14));
    CHECK(device.facility_power_watts->value > device.power_watts->value);
    CHECK_THAT(device.price_usd_per_hour->source, Catch::Contains("2026-04"));
    CHECK_THAT(device.facility_power_watts->source, Catch::Contains("2026-04"));
  }
}

}  // namespace
}  // namespace kinetics
