#pragma once

#include <string>
#include <vector>

#include "kinetics/records/summary.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// Records in the schema kinetics.records/1: what ReadRecords reads, a run a line.
std::string RecordsJson(const Records& records, const MadeBy& made_by);

/// What is in records: their task and limits, and a summary of each run (same order).
std::string RenderSummaries(const Records& records, const std::vector<RunSummary>& summaries,
                            Format format, const MadeBy& made_by);

}  // namespace kinetics
