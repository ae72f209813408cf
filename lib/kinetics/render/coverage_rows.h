#pragma once

#include <string>

#include "kinetics/render/coverage.h"
#include "kinetics/render/table.h"

namespace kinetics {

/// What a group is called: "all" where there is only one and it has no name.
std::string NameOf(const CoverageFit& fit);

/// Tables with the columns what, group, value, s.e. and 95 % interval. The groups of one quantity
/// stand below each other, so that they can be compared.
///
/// pass@k, where the k are many at the powers of ten and the last.
Table PassAtKTable(const CoverageReport& report);

/// The parameters of law number `law` and what its fit made small.
Table LawTable(const CoverageReport& report, size_t law);

}  // namespace kinetics
