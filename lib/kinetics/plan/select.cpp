#include "kinetics/plan/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace kinetics {

void KeepAllocations(const std::vector<size_t>& kept, Evaluation& evaluation) {
  if (kept.size() == evaluation.allocations.size()) {
    return;
  }
  for (size_t i = 0; i < kept.size(); ++i) {
    evaluation.allocations[i] = evaluation.allocations[kept[i]];
  }
  evaluation.allocations.resize(kept.size());
  for (const auto member : kEvaluationMatrices) {
    Eigen::MatrixXd& matrix = evaluation.*member;
    if (matrix.cols() == 0) {
      continue;
    }
    for (size_t i = 0; i < kept.size(); ++i) {
      matrix.col(static_cast<Eigen::Index>(i)) = matrix.col(static_cast<Eigen::Index>(kept[i]));
    }
    matrix.conservativeResize(Eigen::NoChange, static_cast<Eigen::Index>(kept.size()));
  }
  if (evaluation.extrapolation) {
    evaluation.extrapolation = [of = std::move(evaluation.extrapolation), kept](size_t i) {
      return of(kept[i]);
    };
  }
  if (evaluation.resample) {
    evaluation.resample = [draw = std::move(evaluation.resample), kept](
                              const std::vector<size_t>& allocations, int64_t resamples,
                              uint64_t seed) {
      std::vector<size_t> original;
      original.reserve(allocations.size());
      for (const size_t i : allocations) {
        original.push_back(kept[i]);
      }
      return draw(original, resamples, seed);
    };
  }
}

void DropFirst(size_t count, Evaluation& evaluation) {
  std::vector<size_t> kept(evaluation.allocations.size() - count);
  std::iota(kept.begin(), kept.end(), count);
  KeepAllocations(kept, evaluation);
}

void KeepWithinLatency(Seconds most, Evaluation& evaluation) {
  std::vector<size_t> kept;
  std::optional<Seconds> fastest;
  for (size_t i = 0; i < evaluation.allocations.size(); ++i) {
    const std::optional<Seconds>& latency = evaluation.allocations[i].serving.latency;
    if (!latency) {
      continue;
    }
    fastest = fastest ? std::min(*fastest, *latency) : *latency;
    if (*latency <= most) {
      kept.push_back(i);
    }
  }
  if (kept.empty() && fastest) {
    evaluation.notes.push_back(
        fmt::format("the fastest allocation answers in {:.3g} s, above --max-latency {:.3g} s",
                    fastest->value, most.value));
  }
  KeepAllocations(kept, evaluation);
}

}  // namespace kinetics
