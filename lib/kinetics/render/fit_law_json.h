#pragma once

#include <string>

#include "kinetics/render/fit_law.h"

namespace kinetics {

/// The schema kinetics.fit-law/1.
std::string LawReportJson(const LawReport& report, const MadeBy& made_by);

}  // namespace kinetics
