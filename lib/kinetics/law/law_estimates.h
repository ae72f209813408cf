#pragma once

#include <vector>

#include "kinetics/core/statistics.h"
#include "kinetics/law/law.h"

namespace kinetics {

/// The shared parameters, by LawParameter, with standard errors and 95 % intervals of the posterior
/// (Laplace): the value and 1.96 standard deviations either way.
std::vector<Estimate> PosteriorEstimates(const Law& law);

/// The same with standard deviations and percentiles of the resamples; neither where there are
/// fewer than two resamples, or one question, which resampling only repeats.
std::vector<Estimate> BootstrapEstimates(const Law& law, const LawBootstrap& bootstrap);

}  // namespace kinetics
