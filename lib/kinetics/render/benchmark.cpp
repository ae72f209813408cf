#include "kinetics/render/benchmark.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/benchmark/ceilings.h"
#include "kinetics/render/benchmark_table.h"
#include "kinetics/render/csv_writer.h"

namespace kinetics {
namespace {

/// Keys of all sizes that some operation has, each once.
std::vector<std::string_view> ShapeKeys() {
  std::vector<std::string_view> keys;
  for (const Operation operation : kOperations) {
    for (const ShapeField& field : ShapeFields(operation)) {
      if (std::find(keys.begin(), keys.end(), field.key) == keys.end()) {
        keys.push_back(field.key);
      }
    }
  }
  return keys;
}

void AddShape(CsvWriter& csv, const Measurement& row, const std::vector<std::string_view>& keys) {
  for (const std::string_view key : keys) {
    std::optional<int64_t> size;
    for (const ShapeField& field : ShapeFields(row.operation)) {
      if (field.key == key && row.shape.*field.member > 0) {
        size = row.shape.*field.member;
      }
    }
    csv.Cell(size);
  }
}

std::string BenchmarkCsv(const BenchmarkReport& report) {
  const std::vector<std::string_view> keys = ShapeKeys();
  std::vector<std::string> columns = {"op", "dtype"};
  columns.insert(columns.end(), keys.begin(), keys.end());
  for (const char* column :
       {"seconds", "p10", "p90", "samples", "cold", "converged", "score_seconds", "select_seconds",
        "attend_seconds", "work_bytes", "work_flops", "read_share"}) {
    columns.emplace_back(column);
  }
  CsvWriter csv(columns);
  const auto read = BandwidthCeiling(report.benchmark, Operation::kReadBandwidth);
  const auto truth = [](const std::optional<bool>& value) {
    return value ? std::optional<int64_t>(*value ? 1 : 0) : std::nullopt;
  };
  for (size_t i = 0; i < report.work.size(); ++i) {
    const Measurement& row = report.benchmark.measurements[i];
    const BenchmarkReport::Work& work = report.work[i];
    csv.Cell(Name(row.operation)).Cell(row.dtype ? Name(*row.dtype) : "");
    AddShape(csv, row, keys);
    csv.Cell(row.seconds).Cell(row.p10).Cell(row.p90).Cell(row.samples);
    csv.Cell(truth(row.is_cold)).Cell(truth(row.has_converged));
    csv.Cell(row.score_seconds).Cell(row.select_seconds).Cell(row.attend_seconds);
    csv.Cell(work.bytes).Cell(work.flops);
    csv.Cell(read && work.bytes > 0 ? std::optional(work.bytes / row.seconds / read->rate)
                                    : std::nullopt);
    csv.EndRow();
  }
  return csv.Text();
}

std::string Ceilings(const Benchmark& benchmark) {
  std::string text;
  const auto add = [&](std::string_view what, const std::optional<Ceiling>& ceiling,
                       std::string_view unit) {
    if (ceiling) {
      text += fmt::format("{}{} {}", text.empty() ? "best rates here: " : ", ", what,
                          Si(ceiling->rate, unit));
    }
  };
  add("read", BandwidthCeiling(benchmark, Operation::kReadBandwidth), "B/s");
  add("copy", BandwidthCeiling(benchmark, Operation::kCopyBandwidth), "B/s");
  add("triad", BandwidthCeiling(benchmark, Operation::kTriadBandwidth), "B/s");
  add("multiply-add", PeakCeiling(benchmark, Dtype::kFp32), "FLOP/s");
  return text;
}

std::string BenchmarkText(const BenchmarkReport& report) {
  std::string text;
  for (const std::string& line : report.conditions) {
    text += Wrap(line, kTableWidth, 2) + "\n";
  }
  text += Wrap(Ceilings(report.benchmark), kTableWidth, 2) + "\n";
  for (const BenchmarkSection& section : BenchmarkSections(report)) {
    text += "\n" + Wrap(section.title, kTableWidth, 2) + "\n" +
            TableText(section.table, {"select", "score", "attend"});
    if (!section.formula.empty()) {
      text += Wrap("  bytes: " + section.formula, kTableWidth, 4) + "\n";
    }
  }
  for (const GainsSection& gains : GainsSections(report)) {
    text += "\n" + gains.title + "\n" + TableText(gains.table) + gains.legend;
  }
  const auto any = [&](std::optional<bool> Measurement::*member) {
    return std::any_of(report.benchmark.measurements.begin(), report.benchmark.measurements.end(),
                       [&](const Measurement& row) { return !(row.*member).value_or(true); });
  };
  text += "\n  Medians; p10 and p90 in per cent from them; % read: of the best read rate.\n";
  if (any(&Measurement::has_converged)) {
    text += "  ~: not converged, the samples still scattered when time was up.\n";
  }
  if (any(&Measurement::is_cold)) {
    text += "  hot: may have found its operands in a cache.\n";
  }
  return text;
}

}  // namespace

std::string RenderBenchmark(const BenchmarkReport& report, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return BenchmarkText(report);
    case Format::kCsv:
      return BenchmarkCsv(report);
    case Format::kMarkdown: {
      std::string text;
      for (const BenchmarkSection& section : BenchmarkSections(report)) {
        text += (text.empty() ? "" : "\n") + section.title + "\n\n" + TableMarkdown(section.table);
      }
      for (const GainsSection& gains : GainsSections(report)) {
        text += "\n" + gains.title + "\n\n" + TableMarkdown(gains.table);
      }
      return text;
    }
    case Format::kJson:
      break;
  }
  return RenderBenchmarkFile(report.benchmark, made_by);
}

}  // namespace kinetics
