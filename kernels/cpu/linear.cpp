#include "kernels/cpu/linear.h"

#include <algorithm>
#include <atomic>

namespace kinetics::kernels {

void MultiplyLinear(Isa isa, Team& team, const LinearProblem& problem, float* outputs) {
  constexpr int64_t kUnitsPerThread = 4;
  constexpr int64_t kLeastRows = 64;
  const MultiplyKernel multiply = KernelsOf(isa).multiply[static_cast<int>(problem.type)];
  const int64_t units = std::max<int64_t>(1, kUnitsPerThread * team.Size());
  const int64_t rows = std::max(kLeastRows, (problem.n + units - 1) / units);
  const int64_t row_bytes = problem.k * static_cast<int64_t>(SizeOf(problem.type));
  std::atomic<int64_t> next = 0;
  team.Run([&](int) {
    for (int64_t first = rows * next++; first < problem.n; first = rows * next++) {
      multiply({.weights = static_cast<const char*>(problem.weights) + first * row_bytes,
                .rows = std::min(rows, problem.n - first),
                .k = problem.k,
                .inputs = problem.inputs,
                .columns = problem.m,
                .outputs = outputs + first,
                .stride = problem.n});
    }
  });
}

}  // namespace kinetics::kernels
