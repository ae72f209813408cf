#include "kinetics/hardware/hardware.h"

#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

Hardware ToyDevice() {
  Hardware hardware = {.name = "toy"};
  hardware.peak_flops[static_cast<size_t>(Dtype::kFp16)] = {{FlopsPerSecond{100}, "made up"}};
  hardware.memory_bandwidth = {{BytesPerSecond{10}, "made up"}};
  return hardware;
}

TEST_CASE("without a number format the roofline is for 16 bits", "[hardware]") {
  const Roofline roofline = RooflineOf(ToyDevice(), std::nullopt);
  CHECK(roofline.dtype == Dtype::kFp16);
  CHECK(Ridge(roofline).value == 10);
  CHECK(RooflineOf(LoadHardware("b200"), std::nullopt).dtype == Dtype::kBf16);
}

TEST_CASE("a roofline without its figures is an error that names the device", "[hardware]") {
  CHECK(test::ErrorOf([] { RooflineOf(ToyDevice(), Dtype::kFp8); }) ==
        "hardware toy: no fp8 peak is known; it has fp16");
  Hardware no_bandwidth = ToyDevice();
  no_bandwidth.memory_bandwidth = std::nullopt;
  CHECK(test::ErrorOf([&] { RooflineOf(no_bandwidth, std::nullopt); }) ==
        "hardware toy: no memory bandwidth is known");
}

TEST_CASE("the catalogue has every device, and the paper's ridge of 562.5", "[hardware]") {
  CHECK(HardwareNames() == std::vector<std::string>{
                               "a100",         "b200",    "b200-paper", "b300",     "epyc-2core",
                               "gaudi3",       "gb200",   "gb300",      "h100",     "h200",
                               "h200-kernels", "l40s",    "m3-ultra",   "m4-max",   "mi300x",
                               "mi325x",       "mi355x",  "rtx-4090",   "rtx-5090", "rtx-pro-6000",
                               "tpu-v5e",      "tpu-v5p", "tpu-v6e",    "tpu7x"});
  CHECK(Ridge(RooflineOf(LoadHardware("b200-paper"), std::nullopt)).value == 562.5);
  CHECK(Ridge(RooflineOf(LoadHardware("b200"), std::nullopt)).value == 281.25);
  CHECK(Ridge(RooflineOf(LoadHardware("b200"), Dtype::kFp8)).value == 562.5);
}

// Ridge points of the table that the figures are from, rounded to whole FLOP/B there.
TEST_CASE("16-bit ridge points agree with the table of devices", "[hardware]") {
  struct Row {
    const char* name;
    double ridge;
  };
  for (const Row& row :
       {Row{"a100", 153},         Row{"h100", 295},     Row{"h200", 206},   Row{"gb200", 313},
        Row{"b300", 281},         Row{"gb300", 313},    Row{"mi300x", 247}, Row{"tpu7x", 313},
        Row{"rtx-5090", 117},     Row{"mi325x", 218},   Row{"mi355x", 315}, Row{"tpu-v5e", 241},
        Row{"tpu-v5p", 166},      Row{"tpu-v6e", 560},  Row{"gaudi3", 500}, Row{"l40s", 419},
        Row{"rtx-pro-6000", 261}, Row{"rtx-4090", 164}, Row{"m4-max", 62},  Row{"m3-ultra", 70}}) {
    INFO(row.name);
    const Roofline roofline = RooflineOf(LoadHardware(row.name), std::nullopt);
    CHECK(Ridge(roofline).value == Approx(row.ridge).margin(0.6));
  }
}

TEST_CASE("figures that nobody publishes are unknown, not guessed", "[hardware]") {
  CHECK_FALSE(LoadHardware("tpu7x").power_watts);
  CHECK_FALSE(LoadHardware("m4-max").interconnect_bandwidth);
  CHECK_FALSE(PeakFlops(LoadHardware("m4-max"), Dtype::kBf16));
  CHECK_FALSE(LoadHardware("a100").price_usd_per_hour);
  CHECK_FALSE(LoadHardware("a100").facility_power_watts);
}

}  // namespace
}  // namespace kinetics
