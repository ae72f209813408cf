#include "kinetics/law/curve_bootstrap.h"

#include <algorithm>

#include "kinetics/core/random.h"
#include "kinetics/law/curve_identify.h"
#include "kinetics/law/curve_solver.h"

namespace kinetics {
namespace {

using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::VectorXd;

/// The rows of each cluster; of each point where there are none.
std::vector<std::vector<Index>> Units(const CurvePoints& points) {
  const auto n = static_cast<size_t>(points.y.size());
  const size_t count = points.clusters.empty()
                           ? n
                           : 1 + *std::max_element(points.clusters.begin(), points.clusters.end());
  std::vector<std::vector<Index>> units(count);
  for (size_t i = 0; i < n; ++i) {
    units[points.clusters.empty() ? i : points.clusters[i]].push_back(static_cast<Index>(i));
  }
  // A cluster may have lost its points to the held-out part.
  std::erase_if(units, [](const std::vector<Index>& unit) { return unit.empty(); });
  return units;
}

/// How often resample `r` draws each point.
std::vector<double> Counts(const CurveResamples& resamples,
                           const std::vector<std::vector<Index>>& units, Index points, int64_t r) {
  std::vector<double> counts(static_cast<size_t>(points), 0);
  if (!resamples.given.empty()) {
    for (const Index row : resamples.given[static_cast<size_t>(r)]) {
      counts[static_cast<size_t>(row)] += 1;
    }
    return counts;
  }
  SplitMix64 random(resamples.seed, static_cast<uint64_t>(r));
  for (size_t draw = 0; draw < units.size(); ++draw) {
    for (const Index row : units[random.Below(static_cast<uint32_t>(units.size()))]) {
      counts[static_cast<size_t>(row)] += 1;
    }
  }
  return counts;
}

enum class RefitOutcome : unsigned char { kLeftOut, kConverged, kStopped };

/// Fits the points, each as often as `counts` says, from `start`; leaves `theta` alone where they
/// cannot determine it.
RefitOutcome Refit(const CurveProblem& problem, const CurvePoints& points,
                   const std::vector<double>& counts, const VectorXd& start,
                   Eigen::Ref<VectorXd> theta) {
  std::vector<Index> rows;
  std::vector<double> weights;
  rows.reserve(counts.size());
  weights.reserve(counts.size());
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) {
      rows.push_back(static_cast<Index>(i));
      weights.push_back(counts[i]);
    }
  }
  if (WhyNotIdentifiable(problem.Form(), points.x(rows, Eigen::all), points.inputs)) {
    return RefitOutcome::kLeftOut;
  }
  const CurveSolution solution = Solve(problem.Subset(rows, weights), start);
  theta = solution.theta;
  return solution.converged ? RefitOutcome::kConverged : RefitOutcome::kStopped;
}

}  // namespace

CurveDraws Resample(const CurveProblem& problem, const CurvePoints& points, const VectorXd& start,
                    const CurveResamples& resamples) {
  const std::vector<std::vector<Index>> units = Units(points);
  const int64_t count = resamples.Size();
  Eigen::MatrixXd theta(start.size(), count);
  std::vector<RefitOutcome> outcomes(static_cast<size_t>(count), RefitOutcome::kLeftOut);
  size_t done = 0;
  // A few fits are done before threads are awake.
  [[maybe_unused]] const bool is_large = count >= 64;
#pragma omp parallel for schedule(dynamic, 16) if (is_large)
  for (int64_t r = 0; r < count; ++r) {
    outcomes[static_cast<size_t>(r)] =
        Refit(problem, points, Counts(resamples, units, problem.Points(), r), start, theta.col(r));
    if (resamples.progress) {
#pragma omp critical(kinetics_curve_progress)
      resamples.progress(++done, outcomes.size());
    }
  }
  CurveDraws draws;
  draws.left_out = std::count(outcomes.begin(), outcomes.end(), RefitOutcome::kLeftOut);
  draws.not_converged = std::count(outcomes.begin(), outcomes.end(), RefitOutcome::kStopped);
  draws.theta.resize(count - draws.left_out, start.size());
  Index kept = 0;
  for (int64_t r = 0; r < count; ++r) {
    if (outcomes[static_cast<size_t>(r)] != RefitOutcome::kLeftOut) {
      draws.theta.row(kept++) = theta.col(r).transpose();
    }
  }
  return draws;
}

}  // namespace kinetics
