#pragma once

#include <string>
#include <vector>

#include "kinetics/render/benchmark.h"
#include "kinetics/render/table.h"

namespace kinetics {

/// Measurements of one operation, format and head size that stand behind one another. Sizes that
/// all rows share are in the title.
struct BenchmarkSection {
  std::string title;
  std::string formula;  ///< Of the bytes; empty where there are none.
  Table table;
};
std::vector<BenchmarkSection> BenchmarkSections(const BenchmarkReport& report);

/// Pairs of dense and sparse attention, or of layers with these, each gain beside the bound that
/// traffic sets: dense bytes over sparse ones.
struct GainsSection {
  std::string title;
  Table table;
  std::string legend;
};
/// Those of attention, then those of layers, as far as there are any.
std::vector<GainsSection> GainsSections(const BenchmarkReport& report);

}  // namespace kinetics
