#include "kinetics/plan/combine.h"

#include <set>
#include <tuple>
#include <utility>

#include "kinetics/plan/bootstrap.h"
#include "kinetics/plan/join_resamplings.h"
#include "kinetics/plan/select.h"

namespace kinetics {
namespace {

/// Keeps the allocations whose accuracy is known exactly, and their columns.
void DropBounded(Evaluation& evaluation) {
  std::vector<size_t> kept;
  for (size_t i = 0; i < evaluation.allocations.size(); ++i) {
    const Allocation& allocation = evaluation.allocations[i];
    if (!allocation.accuracy_upper || *allocation.accuracy_upper <= allocation.accuracy) {
      kept.push_back(i);
    }
  }
  KeepAllocations(kept, evaluation);
  for (Allocation& allocation : evaluation.allocations) {
    allocation.accuracy_upper.reset();
  }
}

/// What tells allocations apart, whichever runs they are of.
auto KeyOf(const Allocation& allocation, const std::vector<PlannedRun>& runs) {
  const Run& run = *runs[allocation.run].run;
  const Deployment deployment = runs[allocation.run].deployment.value_or(Deployment());
  return std::make_tuple(run.model, run.variant, *run.attention, allocation.generation_tokens,
                         allocation.samples, deployment.gpus, deployment.batch, deployment.is_auto);
}

/// Keeps the allocations of a law that were not recorded. Adaptive ones are never the same: they
/// are by other difficulties.
void DropRecorded(const Evaluation& recorded, const std::vector<PlannedRun>& runs,
                  Evaluation& law) {
  std::set<decltype(KeyOf(law.allocations.front(), runs))> known;
  for (const Allocation& allocation : recorded.allocations) {
    if (allocation.policy == Policy::kCoverage) {
      known.insert(KeyOf(allocation, runs));
    }
  }
  std::vector<size_t> kept;
  for (size_t i = 0; i < law.allocations.size(); ++i) {
    const Allocation& allocation = law.allocations[i];
    if (allocation.policy != Policy::kCoverage ||
        known.find(KeyOf(allocation, runs)) == known.end()) {
      kept.push_back(i);
    }
  }
  KeepAllocations(kept, law);
}

/// Adds the law's columns, if it has any.
void AppendColumns(const Evaluation& law, Evaluation& evaluation) {
  for (const auto member : kEvaluationMatrices) {
    const Eigen::MatrixXd& added = law.*member;
    if (added.size() > 0) {
      Eigen::MatrixXd& matrix = evaluation.*member;
      matrix.conservativeResize(Eigen::NoChange, matrix.cols() + added.cols());
      matrix.rightCols(added.cols()) = added;
    }
  }
}

/// Means of recorded columns over resamples of the questions.
Resampling ResamplingOf(Eigen::MatrixXd accuracy) {
  return [accuracy = std::move(accuracy)](const std::vector<size_t>& allocations, int64_t resamples,
                                          uint64_t seed) {
    Eigen::MatrixXd values(accuracy.rows(), static_cast<Eigen::Index>(allocations.size()));
    for (size_t i = 0; i < allocations.size(); ++i) {
      values.col(static_cast<Eigen::Index>(i)) =
          accuracy.col(static_cast<Eigen::Index>(allocations[i]));
    }
    return BootstrapMeans(values, resamples, seed);
  };
}

}  // namespace

Evaluation Combine(Evaluation recorded, Evaluation law, const std::vector<PlannedRun>& runs,
                   size_t recorded_runs) {
  for (Allocation& allocation : law.allocations) {
    allocation.run += recorded_runs;
  }
  DropBounded(recorded);
  DropRecorded(recorded, runs, law);
  const size_t first = recorded.allocations.size();
  recorded.allocations.insert(recorded.allocations.end(), law.allocations.begin(),
                              law.allocations.end());
  recorded.extrapolation = [of_law = law.extrapolation, first](size_t i) {
    return of_law(i - first);
  };
  recorded.resample = JoinResamplings(ResamplingOf(recorded.accuracy), first, law.resample);
  AppendColumns(law, recorded);
  recorded.dropped += law.dropped;
  return recorded;
}

}  // namespace kinetics
