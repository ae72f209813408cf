#include "kinetics/render/hardware.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/render/calibration_json.h"
#include "kinetics/render/csv_writer.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/table.h"

namespace kinetics {
namespace {

/// A figure without its dimension.
template <int F, int B, int S>
Figure<double> Plain(const Figure<Quantity<F, B, S>>& figure) {
  return figure ? Figure<double>({figure->value.value, figure->source}) : std::nullopt;
}

struct NamedFigure {
  std::string_view key;    // in JSON
  std::string_view title;  // for people
  std::string_view unit;
  Figure<double> figure;
};

std::vector<NamedFigure> FiguresOf(const Hardware& hardware) {
  return {
      {"memory_bandwidth_bytes_per_second", "memory bandwidth", "B/s",
       Plain(hardware.memory_bandwidth)},
      {"memory_bytes", "memory", "B", Plain(hardware.memory)},
      {"l2_cache_bytes", "L2 cache", "B", Plain(hardware.l2_cache)},
      {"interconnect_bytes_per_second", "interconnect, one way", "B/s",
       Plain(hardware.interconnect_bandwidth)},
      {"power_watts", "power", "W", hardware.power_watts},
      {"facility_power_watts", "power, all-in", "W", hardware.facility_power_watts},
      {"price_usd_per_hour", "price per hour", "USD", hardware.price_usd_per_hour},
  };
}

void WriteHardware(JsonWriter& json, const Hardware& hardware) {
  json.Key("name").Value(hardware.name);
  json.Key("device").Value(hardware.device);
  json.Key("peak_flops_per_second").BeginObject();
  for (const Dtype dtype : kDtypes) {
    if (dtype != Dtype::kFp32 || PeakFlops(hardware, dtype)) {
      json.Key(Name(dtype)).Value(Plain(PeakFlops(hardware, dtype)));
    }
  }
  json.EndObject();
  for (const NamedFigure& figure : FiguresOf(hardware)) {
    json.Key(figure.key).Value(figure.figure);
  }
  if (hardware.calibration) {
    WriteCalibration(json, *hardware.calibration);
  }
}

/// Ridge point at `dtype`, where both figures are known.
std::optional<double> RidgeAt(const Hardware& hardware, Dtype dtype) {
  const auto& peak = PeakFlops(hardware, dtype);
  if (!peak || !hardware.memory_bandwidth) {
    return std::nullopt;
  }
  return Ridge(RooflineOf(hardware, dtype)).value;
}

std::string TrimmedSi(double value, std::string_view unit) {
  return value < 1000 ? fmt::format("{:.4g} {}", value, unit) : Si(value, unit);
}

Table FiguresTable(const Hardware& hardware) {
  Table table = {.columns = {{hardware.name, false}, {"", true}, {"source", false}}, .rows = {}};
  for (const Dtype dtype : kDtypes) {
    if (const auto& peak = PeakFlops(hardware, dtype)) {
      table.rows.push_back(
          {fmt::format("{} peak", Name(dtype)), Si(peak->value.value, "FLOP/s"), peak->source});
    }
  }
  for (const NamedFigure& named : FiguresOf(hardware)) {
    table.rows.push_back({std::string(named.title),
                          named.figure ? TrimmedSi(named.figure->value, named.unit) : "unknown",
                          named.figure ? named.figure->source : ""});
  }
  for (const Dtype dtype : kDtypes) {
    if (const auto ridge = RidgeAt(hardware, dtype)) {
      table.rows.push_back({fmt::format("{} ridge point", Name(dtype)),
                            fmt::format("{:.1f} FLOP/B", *ridge), "peak / memory bandwidth"});
    }
  }
  return table;
}

/// The device's name and its figures, sources wrapped to the width of a terminal.
std::string HardwareText(const Hardware& hardware) {
  std::string text = fmt::format("{}: {}\n\n", hardware.name, hardware.device);
  for (const auto& row : FiguresTable(hardware).rows) {
    const std::string source = row[2].empty() ? "" : "  " + row[2];
    text += Wrap(fmt::format("  {:<22}{:>14}{}", row[0], row[1], source), kTableWidth, 42) + "\n";
  }
  return text;
}

/// One line a device; rates and sizes in the units of the column heads.
Table ListTable(const std::vector<Hardware>& devices) {
  Table table = {.columns = {{"hardware", false},
                             {"TFLOP/s", true},
                             {"fp8", true},
                             {"fp4", true},
                             {"GB", true},
                             {"TB/s", true},
                             {"FLOP/B", true},
                             {"W", true},
                             {"USD/h", true}},
                 .rows = {}};
  const auto cell = [](const Figure<double>& figure, double unit) {
    return figure ? fmt::format("{:.5g}", figure->value / unit) : std::string("-");
  };
  for (const Hardware& hardware : devices) {
    const Dtype wide = PeakFlops(hardware, Dtype::kBf16) ? Dtype::kBf16 : Dtype::kFp16;
    const auto peak = [&](Dtype dtype) { return cell(Plain(PeakFlops(hardware, dtype)), 1e12); };
    const auto ridge = RidgeAt(hardware, wide);
    table.rows.push_back({hardware.name, peak(wide), peak(Dtype::kFp8), peak(Dtype::kFp4),
                          cell(Plain(hardware.memory), 1e9),
                          cell(Plain(hardware.memory_bandwidth), 1e12),
                          ridge ? fmt::format("{:.4g}", *ridge) : "-",
                          cell(hardware.power_watts, 1), cell(hardware.price_usd_per_hour, 1)});
  }
  return table;
}

/// The formats with a column: fp32 only where a device has a figure for it.
std::vector<Dtype> ListedDtypes(const std::vector<Hardware>& devices) {
  std::vector<Dtype> dtypes;
  for (const Dtype dtype : kDtypes) {
    const bool is_known = std::any_of(
        devices.begin(), devices.end(),
        [dtype](const Hardware& hardware) { return PeakFlops(hardware, dtype).has_value(); });
    if (dtype != Dtype::kFp32 || is_known) {
      dtypes.push_back(dtype);
    }
  }
  return dtypes;
}

std::string ListCsv(const std::vector<Hardware>& devices) {
  const std::vector<Dtype> dtypes = ListedDtypes(devices);
  std::vector<std::string> columns = {"hardware", "device"};
  for (const Dtype dtype : dtypes) {
    columns.push_back(fmt::format("{}_flops_per_second", Name(dtype)));
  }
  for (const NamedFigure& figure : FiguresOf({})) {
    columns.emplace_back(figure.key);
  }
  CsvWriter csv(columns);
  const auto value = [](const Figure<double>& figure) {
    return figure ? std::optional(figure->value) : std::nullopt;
  };
  for (const Hardware& hardware : devices) {
    csv.Cell(hardware.name).Cell(hardware.device);
    for (const Dtype dtype : dtypes) {
      csv.Cell(value(Plain(PeakFlops(hardware, dtype))));
    }
    for (const NamedFigure& figure : FiguresOf(hardware)) {
      csv.Cell(value(figure.figure));
    }
    csv.EndRow();
  }
  return csv.Text();
}

}  // namespace

std::string RenderHardwareList(const std::vector<Hardware>& devices, Format format,
                               const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return TableText(ListTable(devices)) +
             "\n  Dense peaks: 16 bit, fp8, fp4; ridge point of 16 bit; - is not known.\n";
    case Format::kMarkdown:
      return TableMarkdown(ListTable(devices));
    case Format::kCsv:
      return ListCsv(devices);
    case Format::kJson:
      break;
  }
  JsonWriter json("kinetics.hardware-list/1", made_by);
  json.Key("hardware").BeginList();
  for (const Hardware& hardware : devices) {
    json.BeginObject();
    WriteHardware(json, hardware);
    json.EndObject();
  }
  json.EndList();
  return json.Finish();
}

std::string RenderHardware(const Hardware& hardware, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return HardwareText(hardware);
    case Format::kMarkdown:
      return TableMarkdown(FiguresTable(hardware));
    case Format::kCsv:
      return ListCsv({hardware});
    case Format::kJson:
      break;
  }
  JsonWriter json("kinetics.hardware/1", made_by);
  WriteHardware(json, hardware);
  return json.Finish();
}

}  // namespace kinetics
