#include "kinetics/io/hardware.h"

#include <fmt/format.h>

#include "kinetics/core/text.h"
#include "kinetics/io/calibration.h"
#include "kinetics/io/json.h"

namespace kinetics {
namespace {

/// A figure {"value", "source"}, or null where it is not known.
Figure<double> ReadFigure(const JsonValue& value, std::string_view what) {
  if (value.IsNull()) {
    return std::nullopt;
  }
  value.ExpectKeys({"value", "source"});
  const JsonValue source = value["source"];
  return {{value["value"].Positive(what), source.Name("where the figure is from")}};
}

template <typename T>
Figure<T> ReadQuantity(const JsonValue& root, std::string_view key, std::string_view what) {
  const auto figure = ReadFigure(root[key], what);
  if (!figure) {
    return std::nullopt;
  }
  return {{T{figure->value}, figure->source}};
}

}  // namespace

Hardware ReadHardware(std::string text, const std::string& source) {
  const JsonDocument document(std::move(text), source);
  const JsonValue& root = document.Root();
  if (!root.Has("schema") || root["schema"].String() != "kinetics.hardware/1") {
    root.Fail("hardware of schema kinetics.hardware/1");
  }
  root.ExpectKeys({"schema", "made_by", "name", "device", "peak_flops_per_second",
                   "memory_bandwidth_bytes_per_second", "memory_bytes", "l2_cache_bytes",
                   "interconnect_bytes_per_second", "power_watts", "facility_power_watts",
                   "price_usd_per_hour", "calibration"});
  Hardware hardware;
  hardware.name = root["name"].Name("a device's name");
  hardware.device = root["device"].Name("the maker's name of the device");
  const JsonValue peaks = root["peak_flops_per_second"];
  peaks.ExpectKeys({Name(Dtype::kBf16), Name(Dtype::kFp16), Name(Dtype::kFp8), Name(Dtype::kInt8),
                    Name(Dtype::kFp4), Name(Dtype::kFp32)});
  for (const Dtype dtype : kDtypes) {
    if (dtype == Dtype::kFp32 && !peaks.Has(Name(dtype))) {
      continue;  // younger than the others
    }
    hardware.peak_flops[static_cast<size_t>(dtype)] =
        ReadQuantity<FlopsPerSecond>(peaks, Name(dtype), "FLOP/s");
  }
  hardware.memory_bandwidth =
      ReadQuantity<BytesPerSecond>(root, "memory_bandwidth_bytes_per_second", "bytes per second");
  hardware.memory = ReadQuantity<Bytes>(root, "memory_bytes", "bytes");
  hardware.l2_cache = ReadQuantity<Bytes>(root, "l2_cache_bytes", "bytes");
  hardware.interconnect_bandwidth =
      ReadQuantity<BytesPerSecond>(root, "interconnect_bytes_per_second", "bytes per second");
  hardware.power_watts = ReadFigure(root["power_watts"], "watts");
  if (root.Has("facility_power_watts")) {  // younger than the others
    hardware.facility_power_watts = ReadFigure(root["facility_power_watts"], "watts");
  }
  hardware.price_usd_per_hour = ReadFigure(root["price_usd_per_hour"], "USD per hour");
  if (root.Has("calibration")) {
    hardware.calibration = ReadCalibration(root["calibration"]);
  }
  return hardware;
}

}  // namespace kinetics
