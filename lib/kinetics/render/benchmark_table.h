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

/// The pairs of dense and sparse attention, each gain beside the bound that traffic sets: dense
/// bytes over sparse ones.
std::string GainsTitle();
Table GainsTable(const BenchmarkReport& report);
std::string GainsLegend(const BenchmarkReport& report);

}  // namespace kinetics
