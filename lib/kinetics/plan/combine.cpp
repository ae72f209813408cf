#include "kinetics/plan/combine.h"

#include <set>
#include <tuple>

#include "kinetics/plan/bootstrap.h"

namespace kinetics {
namespace {

/// All matrices of an evaluation.
constexpr Eigen::MatrixXd Evaluation::*kMatrices[] = {&Evaluation::accuracy, &Evaluation::seconds,
                                                      &Evaluation::flops, &Evaluation::bytes};

/// Keeps the allocations whose accuracy is known exactly, and their columns.
void DropBounded(Evaluation& evaluation) {
  size_t kept = 0;
  for (size_t i = 0; i < evaluation.allocations.size(); ++i) {
    Allocation& allocation = evaluation.allocations[i];
    if (allocation.accuracy_upper && *allocation.accuracy_upper > allocation.accuracy) {
      continue;
    }
    allocation.accuracy_upper.reset();
    evaluation.allocations[kept] = allocation;
    for (const auto matrix : kMatrices) {
      (evaluation.*matrix).col(static_cast<Eigen::Index>(kept)) =
          (evaluation.*matrix).col(static_cast<Eigen::Index>(i));
    }
    ++kept;
  }
  evaluation.allocations.resize(kept);
  for (const auto matrix : kMatrices) {
    (evaluation.*matrix).conservativeResize(Eigen::NoChange, static_cast<Eigen::Index>(kept));
  }
}

/// What tells allocations apart, whichever runs they are of.
auto KeyOf(const Allocation& allocation, const std::vector<PlannedRun>& runs) {
  const Run& run = *runs[allocation.run].run;
  const Deployment deployment = runs[allocation.run].deployment.value_or(Deployment());
  return std::make_tuple(run.model, run.variant, *run.attention, allocation.generation_tokens,
                         allocation.samples, deployment.gpus, deployment.batch, deployment.is_auto);
}

/// Adds the matrices' columns of the law's allocations that were kept.
void AppendColumns(const Evaluation& law, const std::vector<size_t>& kept, Evaluation& evaluation) {
  for (const auto matrix : kMatrices) {
    Eigen::MatrixXd& target = evaluation.*matrix;
    const Eigen::Index first = target.cols();
    target.conservativeResize(Eigen::NoChange, first + static_cast<Eigen::Index>(kept.size()));
    for (size_t i = 0; i < kept.size(); ++i) {
      target.col(first + static_cast<Eigen::Index>(i)) =
          (law.*matrix).col(static_cast<Eigen::Index>(kept[i]));
    }
  }
}

/// Means of recorded columns over resamples of the questions, and a law's draws behind them.
Eigen::MatrixXd ResampleBoth(const Eigen::MatrixXd& accuracy, const Evaluation& law,
                             const std::vector<size_t>& kept,
                             const std::vector<size_t>& allocations, int64_t resamples,
                             uint64_t seed) {
  const auto recorded = static_cast<size_t>(accuracy.cols());
  std::vector<size_t> of_law;
  std::vector<size_t> law_columns;
  std::vector<size_t> recorded_columns;
  for (size_t i = 0; i < allocations.size(); ++i) {
    if (allocations[i] < recorded) {
      recorded_columns.push_back(i);
    } else {
      law_columns.push_back(i);
      of_law.push_back(kept[allocations[i] - recorded]);
    }
  }
  Eigen::MatrixXd values(accuracy.rows(), static_cast<Eigen::Index>(recorded_columns.size()));
  for (size_t i = 0; i < recorded_columns.size(); ++i) {
    values.col(static_cast<Eigen::Index>(i)) =
        accuracy.col(static_cast<Eigen::Index>(allocations[recorded_columns[i]]));
  }
  const Eigen::MatrixXd means = BootstrapMeans(values, resamples, seed);
  Eigen::MatrixXd draws(resamples, static_cast<Eigen::Index>(allocations.size()));
  for (size_t i = 0; i < recorded_columns.size(); ++i) {
    draws.col(static_cast<Eigen::Index>(recorded_columns[i])) =
        means.col(static_cast<Eigen::Index>(i));
  }
  if (!of_law.empty()) {
    const Eigen::MatrixXd predicted = law.resample(of_law, resamples, seed);
    for (size_t i = 0; i < law_columns.size(); ++i) {
      draws.col(static_cast<Eigen::Index>(law_columns[i])) =
          predicted.col(static_cast<Eigen::Index>(i));
    }
  }
  return draws;
}

}  // namespace

Evaluation Combine(Evaluation recorded, Evaluation law, const std::vector<PlannedRun>& runs,
                   size_t recorded_runs) {
  DropBounded(recorded);
  std::set<decltype(KeyOf(law.allocations.front(), runs))> known;
  for (const Allocation& allocation : recorded.allocations) {
    known.insert(KeyOf(allocation, runs));
  }
  const size_t first = recorded.allocations.size();
  std::vector<size_t> kept;
  for (size_t i = 0; i < law.allocations.size(); ++i) {
    Allocation allocation = law.allocations[i];
    allocation.run += recorded_runs;
    if (known.find(KeyOf(allocation, runs)) == known.end()) {
      recorded.allocations.push_back(allocation);
      kept.push_back(i);
    }
  }
  if (law.accuracy.size() > 0) {
    AppendColumns(law, kept, recorded);
  }
  recorded.extrapolation = [of_law = law.extrapolation, kept, first](size_t i) {
    return of_law(kept[i - first]);
  };
  recorded.resample =
      [accuracy = Eigen::MatrixXd(recorded.accuracy.leftCols(static_cast<Eigen::Index>(first))),
       law = std::move(law),
       kept](const std::vector<size_t>& allocations, int64_t resamples, uint64_t seed) {
        return ResampleBoth(accuracy, law, kept, allocations, resamples, seed);
      };
  return recorded;
}

}  // namespace kinetics
