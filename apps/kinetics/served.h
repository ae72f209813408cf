#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/cost/token_price.h"
#include "kinetics/records/records.h"

namespace kinetics::app {

/// Whether a name, or what follows its last '/', matches a glob, whatever the case.
bool MatchesGlob(const std::string& glob, const std::string& name);

/// What a model's tokens are billed at: the last of the named prices that match, else the last that
/// names no model; nullopt where none does.
std::optional<TokenPrice> PriceOf(const std::vector<ModelPrice>& prices, const std::string& model);

/// Throws Error where a price names a model that no run is of.
void ExpectRunsOf(const std::vector<ModelPrice>& prices, const Records& records);

}  // namespace kinetics::app
