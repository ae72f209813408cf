#include "kinetics/records/counts.h"

#include <algorithm>

namespace kinetics {
namespace {

bool HasFewer(const ProblemCount& a, const ProblemCount& b) { return a.n < b.n; }

}  // namespace

int64_t FewestSamples(const CountGroup& group) {
  return std::min_element(group.problems.begin(), group.problems.end(), HasFewer)->n;
}

int64_t MostSamples(const CountGroup& group) {
  return std::max_element(group.problems.begin(), group.problems.end(), HasFewer)->n;
}

}  // namespace kinetics
