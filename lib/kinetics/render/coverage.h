#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kinetics/law/coverage_fit.h"
#include "kinetics/render/format.h"
#include "kinetics/render/json_writer.h"

namespace kinetics {

/// What `kinetics fit coverage` found.
struct CoverageReport {
  std::string source;  ///< The file of counts.
  int64_t resamples = 0;
  std::vector<CoverageFit> fits;  ///< At least one.
};

/// {"value", "standard_error", "interval"}; all three null where there is no estimate.
void WriteEstimate(JsonWriter& json, const std::optional<Estimate>& estimate);

/// The schema kinetics.coverage/1.
std::string CoverageJson(const CoverageReport& report, const MadeBy& made_by);

/// A report of at most 80 columns: pass@k at some k, each law's parameters with the groups below
/// each other, the k that were used, warnings.
std::string CoverageText(const CoverageReport& report, const MadeBy& made_by);

/// One table with pass@k at some k and all laws, and the warnings as a list.
std::string CoverageMarkdown(const CoverageReport& report);

/// The report in any format; as CSV a line for each group and quantity, pass@k at all k.
std::string RenderCoverage(const CoverageReport& report, Format format, const MadeBy& made_by);

}  // namespace kinetics
