#pragma once

#include <string>

#include "kinetics/law/law.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// The schema kinetics.law/1: the reduced records, the parameters and effects that were fitted to
/// them, and with both all that is needed to plan. What ReadLaw reads.
std::string LawJson(const Law& law, const MadeBy& made_by);

}  // namespace kinetics
