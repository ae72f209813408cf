#include "kinetics/render/benchmark_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "kinetics/benchmark/ceilings.h"
#include "kinetics/core/text.h"

namespace kinetics {
namespace {

/// Rows [begin, end) of a report.
struct RowRange {
  size_t begin = 0;
  size_t end = 0;
};

/// What the rows of a section are compared with.
struct Best {
  std::optional<Ceiling> read;
  std::optional<Ceiling> peak;
};

std::string_view ShapeName(std::string_view key) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"query_heads", "heads"},    {"kv_heads", "KV"},    {"head_dim", "head size"},
      {"block_tokens", "block"},   {"top_blocks", "top"}, {"top_tokens", "top"},
      {"window_tokens", "window"}, {"flops", "FLOP"}};
  for (const auto& [of, name] : kNames) {
    if (of == key) {
      return name;
    }
  }
  return key;
}

std::string SizeText(std::string_view key, int64_t size) {
  if (size == 0) {
    return "-";  // an optional one
  }
  return key == "flops" ? Si(static_cast<double>(size), "") : std::to_string(size);
}

/// Signed whole per cent from the median: "-3 +12".
std::string SpreadText(const Measurement& row) {
  if (!row.p10 || !row.p90) {
    return "-";
  }
  return fmt::format("{:+.0f} {:+.0f}", 100 * (*row.p10 / row.seconds - 1),
                     100 * (*row.p90 / row.seconds - 1));
}

std::string NoteText(const Measurement& row) {
  const std::string hot = row.is_cold.value_or(true) ? "" : "hot";
  const std::string scattered = row.has_converged.value_or(true) ? "" : "~";
  return hot + (hot.empty() || scattered.empty() ? "" : " ") + scattered;
}

std::string ShareText(double rate, const std::optional<Ceiling>& best) {
  return best ? fmt::format("{:.1f}", 100 * rate / best->rate) : "-";
}

class SectionMaker {
 public:
  SectionMaker(const BenchmarkReport& report, RowRange range, const Best& best)
      : report_(report), range_(range), best_(best) {}

  BenchmarkSection Make() {
    const Measurement& first = Row(range_.begin);
    section_.title = std::string(Name(first.operation));
    section_.title += first.dtype ? fmt::format(" {}", Name(*first.dtype)) : "";
    AddSizes(first.operation);
    Add("median", [](const Measurement& row, const Work&) { return HumanSeconds(row.seconds); });
    Add("p10 p90", [](const Measurement& row, const Work&) { return SpreadText(row); });
    if (first.operation == Operation::kSelect) {
      Add("per row", [](const Measurement& row, const Work&) {
        return HumanSeconds(row.seconds / static_cast<double>(row.shape.rows));
      });
    } else {
      AddRates(first);
    }
    if (first.score_seconds) {
      AddPart("score", &Measurement::score_seconds);
    }
    if (first.select_seconds) {
      AddPart("select", &Measurement::select_seconds);
      AddPart("attend", &Measurement::attend_seconds);
    }
    Add("", [](const Measurement& row, const Work&) { return NoteText(row); });
    return section_;
  }

 private:
  using Work = BenchmarkReport::Work;

  const Measurement& Row(size_t i) const { return report_.benchmark.measurements[i]; }

  template <typename Cell>
  void Add(std::string_view title, const Cell& cell) {
    section_.table.columns.push_back({std::string(title), !title.empty()});
    section_.table.rows.resize(range_.end - range_.begin);
    for (size_t i = range_.begin; i < range_.end; ++i) {
      section_.table.rows[i - range_.begin].push_back(cell(Row(i), report_.work[i]));
    }
  }

  /// Sizes that differ get a column, others go to the title.
  void AddSizes(Operation operation) {
    for (const ShapeField& field : ShapeFields(operation)) {
      const int64_t size = Row(range_.begin).shape.*field.member;
      bool differs = false;
      for (size_t i = range_.begin; i < range_.end; ++i) {
        differs = differs || Row(i).shape.*field.member != size;
      }
      if (differs) {
        Add(ShapeName(field.key), [&](const Measurement& row, const Work&) {
          return SizeText(field.key, row.shape.*field.member);
        });
      } else if (size > 0) {
        section_.title += fmt::format(", {} {}", ShapeName(field.key), SizeText(field.key, size));
      }
    }
  }

  void AddRates(const Measurement& first) {
    const bool is_product = DtypeKey(first.operation) == "dtype";
    if (report_.work[range_.begin].bytes > 0) {
      section_.formula = report_.work[range_.begin].formula;
      Add("GB/s", [](const Measurement& row, const Work& work) {
        return fmt::format("{:.1f}", work.bytes / row.seconds / 1e9);
      });
      Add("% read", [this](const Measurement& row, const Work& work) {
        return ShareText(work.bytes / row.seconds, best_.read);
      });
    }
    if (is_product) {
      Add("GFLOP/s", [](const Measurement& row, const Work& work) {
        return fmt::format("{:.1f}", work.flops / row.seconds / 1e9);
      });
      Add("% peak", [this](const Measurement& row, const Work& work) {
        return ShareText(work.flops / row.seconds, best_.peak);
      });
    }
  }

  /// A step's share of the time, in per cent.
  void AddPart(std::string_view title, std::optional<double> Measurement::*part) {
    Add(title, [part](const Measurement& row, const Work&) {
      return row.*part ? fmt::format("{:.0f}", 100 * *(row.*part) / row.seconds) : "-";
    });
  }

  const BenchmarkReport& report_;
  RowRange range_;
  const Best& best_;
  BenchmarkSection section_;
};

class GainsMaker {
 public:
  GainsMaker(const BenchmarkReport& report, bool is_layers)
      : report_(report),
        is_layers_(is_layers),
        read_(BandwidthCeiling(report.benchmark, Operation::kReadBandwidth)) {}

  GainsSection Make() const {
    GainsSection section = {
        .title = is_layers_ ? "decoder layers, block top-k against dense attention, in turns"
                            : "block top-k against dense attention, in turns (Kinetics, Figure 10)",
        .table = {.columns = {{"batch", true},
                              {"scaled", true},
                              {"context", true},
                              {is_layers_ ? "Qwen3" : "group", true},
                              {"gain", true},
                              {"p10 p90", true},
                              {"bound", true},
                              {"% of it", true},
                              {"dense", true},
                              {"sparse", true}},
                  .rows = {}},
        .legend = Legend()};
    for (const BenchmarkGain& gain : report_.gains) {
      if (IsOf(gain)) {
        section.table.rows.push_back(RowOf(gain));
      }
    }
    return section;
  }

 private:
  const OperationShape& ShapeOf(const BenchmarkGain& gain) const {
    return report_.benchmark.measurements[gain.dense].shape;
  }
  int64_t GroupOf(const BenchmarkGain& gain) const {
    return ShapeOf(gain).query_heads / ShapeOf(gain).kv_heads;
  }
  bool IsOf(const BenchmarkGain& gain) const {
    return (report_.benchmark.measurements[gain.dense].operation == Operation::kDecoderLayer) ==
           is_layers_;
  }

  /// "8B" of Qwen3-8B.
  static std::string SizeOf(const std::string& model) {
    constexpr std::string_view kSeries = "Qwen3-";
    return model.rfind(kSeries, 0) == 0 ? model.substr(kSeries.size()) : model;
  }

  std::vector<std::string> RowOf(const BenchmarkGain& gain) const {
    const OperationShape& shape = ShapeOf(gain);
    const double bound = report_.work[gain.dense].bytes / report_.work[gain.sparse].bytes;
    const auto share = [&](size_t i) {
      return ShareText(report_.work[i].bytes / report_.benchmark.measurements[i].seconds, read_);
    };
    const std::string scaled = gain.scale == 1 ? "" : fmt::format("1/{}", gain.scale);
    return {std::to_string(shape.batch),
            scaled,
            std::to_string(shape.context),
            is_layers_ ? SizeOf(gain.models) : std::to_string(GroupOf(gain)),
            TwoDecimals(gain.gain),
            fmt::format("{:+.0f} {:+.0f}", 100 * (gain.gain_p10 / gain.gain - 1),
                        100 * (gain.gain_p90 / gain.gain - 1)),
            TwoDecimals(bound),
            fmt::format("{:.1f}", 100 * gain.gain / bound),
            share(gain.dense),
            share(gain.sparse)};
  }

  std::string Legend() const {
    std::string text;
    if (is_layers_) {
      text = Wrap(
          "  One layer as tensor parallelism over 8 devices leaves it, without the all-reduces. "
          "Products take time that no choice of blocks saves, and that the bound does not know.",
          kTableWidth, 2);
    } else {
      std::vector<std::string> groups;
      for (const BenchmarkGain& gain : report_.gains) {
        std::string group = fmt::format("{} of {}", GroupOf(gain), gain.models);
        if (IsOf(gain) && std::find(groups.begin(), groups.end(), group) == groups.end()) {
          groups.push_back(std::move(group));
        }
      }
      text = Wrap(fmt::format("  Group: {}.", Join(groups)), kTableWidth, 2);
    }
    return text +
           "\n  Gain: dense time over sparse. Bound: dense bytes over sparse ones, scoring\n"
           "  included: what traffic allows. Dense, sparse: per cent of the best read rate.\n"
           "  Scaled: the share of the figure's batch that was measured.\n";
  }

  const BenchmarkReport& report_;
  bool is_layers_;
  std::optional<Ceiling> read_;
};

}  // namespace

std::vector<BenchmarkSection> BenchmarkSections(const BenchmarkReport& report) {
  const auto& rows = report.benchmark.measurements;
  const Best best = {.read = BandwidthCeiling(report.benchmark, Operation::kReadBandwidth),
                     .peak = PeakCeiling(report.benchmark, Dtype::kFp32)};
  std::vector<BenchmarkSection> sections;
  for (RowRange range = {.begin = report.first_shown}; range.begin < rows.size();
       range.begin = range.end) {
    const Measurement& first = rows[range.begin];
    range.end = range.begin;
    while (range.end < rows.size() && rows[range.end].operation == first.operation &&
           rows[range.end].dtype == first.dtype &&
           rows[range.end].shape.head_dim == first.shape.head_dim) {
      ++range.end;
    }
    sections.push_back(SectionMaker(report, range, best).Make());
  }
  return sections;
}

std::vector<GainsSection> GainsSections(const BenchmarkReport& report) {
  std::vector<GainsSection> sections;
  for (const bool is_layers : {false, true}) {
    sections.push_back(GainsMaker(report, is_layers).Make());
    if (sections.back().table.rows.empty()) {
      sections.pop_back();
    }
  }
  return sections;
}

}  // namespace kinetics
