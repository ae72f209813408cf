#pragma once

#include "kinetics/law/law_arrow.h"
#include "kinetics/law/law_objective.h"

namespace kinetics {

/// What integrating over all effects of questions adds to the objective, by Laplace's method: with
/// F the objective at effects that are best for given shared parameters, and H its Hessian by them,
///
///   -ln integral exp(-F) = F + ln det(H) / 2 + constant.
///
/// Without it shared parameters are those of the most probable effects, which take some of the
/// spread that trials have of themselves for differences of questions and models.
struct LaplaceTerm {
  double value = 0;   ///< ln det(H) / 2, over questions, each as often as it counts.
  LawState gradient;  ///< Exact; of questions as if each counted once.
};

/// `factor`: of the exact Hessian at `state`, without damping. O(runs questions).
LaplaceTerm EvaluateLaplaceTerm(const LawObjective& objective, const LawState& state,
                                const ArrowFactor& factor);

}  // namespace kinetics
