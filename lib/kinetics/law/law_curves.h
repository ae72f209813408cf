#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "kinetics/law/law_data.h"
#include "kinetics/law/law_state.h"

namespace kinetics {

/// What the curves depend on: a run, or an allocation that nobody ran.
struct LawSite {
  std::optional<Attention> attention;  ///< Absent: taken as dense.
  std::optional<double> log_size;      ///< x; absent: unknown.
  std::optional<size_t> level;         ///< Absent: a model that the law has not seen.
};

/// x of P active parameters.
double LogSize(double parameters);

/// What a run's trials are distributed by; its level's effects are included.
struct LawCurves {
  enum Row : Eigen::Index {
    kAbilityRow,
    kPenaltyRow,
    kConcentrationRow,
    kLengthRow,
    kGrowthRow,
    kDeviationRow,
    kRows,
  };
  using Values = Eigen::Matrix<double, kRows, 1>;
  Values values;
  Eigen::Matrix<double, kRows, Eigen::Dynamic> jacobian;  ///< By all of `shared`, if asked for.
};

/// Evaluates the curves. `shared`: the shared parameters, then kLevelEffects numbers a level.
LawCurves EvaluateCurves(const Eigen::VectorXd& shared, const LawSite& site, bool with_jacobian);

/// Adds the sum over rows of weights[row] times the row's second derivatives by `shared`.
void AddCurvature(const Eigen::VectorXd& shared, const LawSite& site,
                  const LawCurves::Values& weights, Eigen::MatrixXd& hessian);

/// Where the site of each run of `data` lies.
std::vector<LawSite> SitesOf(const LawData& data);

}  // namespace kinetics
