#include "kernels/cpu/linear.h"

#include "kernels/reference.h"
#include "kinetics/core/draws.h"
#include "tests/kernels/cache.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::LinearProblem;

/// A problem with its memory, of random numbers.
struct Layer {
  Layer(DataType type, int64_t m, int64_t n, int64_t k)
      : weights(static_cast<size_t>(n * k) * kernels::SizeOf(type)),
        inputs(static_cast<size_t>(m * k)) {
    Draws draws(SplitMix64{1});
    for (size_t i = 0; i < static_cast<size_t>(n * k); ++i) {
      kernels::StoreElement(weights.data(), i, type, static_cast<float>(draws.Normal()));
    }
    for (float& input : inputs) {
      input = static_cast<float>(draws.Normal());
    }
    problem = {
        .type = type, .m = m, .n = n, .k = k, .weights = weights.data(), .inputs = inputs.data()};
  }

  std::vector<uint8_t> weights;
  std::vector<float> inputs;
  LinearProblem problem;
};

void CheckLinear(const Layer& layer, int threads) {
  const LinearProblem& problem = layer.problem;
  const std::vector<double> expected = kernels::ReferenceLinear(problem);
  kernels::Team team(threads);
  for (const kernels::Isa isa : test::SupportedIsas()) {
    std::vector<float> outputs(expected.size());
    kernels::MultiplyLinear(isa, team, problem, outputs.data());
    INFO(kernels::NameOf(isa) << ", m " << problem.m << ", n " << problem.n << ", k " << problem.k);
    CHECK(test::WorstError(outputs, expected, static_cast<int>(problem.n)) < 1e-5);
  }
}

TEST_CASE("a linear layer is the reference's for every type and any sizes") {
  for (const DataType type : {DataType::kF32, DataType::kF16, DataType::kBf16}) {
    for (const int64_t m : {1, 2, 3, 4, 7, 9}) {
      CheckLinear(Layer(type, m, 37, 129), 1);
    }
    CheckLinear(Layer(type, 1, 1, 1), 1);
    CheckLinear(Layer(type, 5, 300, 64), 2);
  }
}

TEST_CASE("a long sum is made of chunks") { CheckLinear(Layer(DataType::kF16, 3, 20, 9000), 1); }

TEST_CASE("a layer without outputs or inputs does nothing") {
  kernels::Team team(2);
  kernels::MultiplyLinear(kernels::Isa::kPortable, team, {.m = 3, .n = 0, .k = 5}, nullptr);
  kernels::MultiplyLinear(kernels::Isa::kPortable, team, {.m = 0, .n = 0, .k = 0}, nullptr);
  CHECK(kernels::ReferenceLinear({.m = 0}).empty());
}

}  // namespace
}  // namespace kinetics
