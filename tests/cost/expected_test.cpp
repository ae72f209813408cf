#include "kinetics/cost/expected.h"

#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("an expected cost is the mean of costs, not the cost of the mean", "[cost]") {
  const std::vector<double> lengths = {10, 30};
  for (const Rule rule : {Rule::kAdditive, Rule::kMax, Rule::kFlops, Rule::kParameters}) {
    for (const char* attention : {"dense", "topk:15", "block_topk:4x3"}) {
      for (const Convention convention : {Convention::kExact, Convention::kPublished}) {
        Model model = test::ToyModel();
        model.published_parameters = {11.0, "made up"};
        const CostModel cost(model, ParseAttention(attention), test::ToyHardware(),
                             {.rule = rule, .convention = convention});
        const Cost mean = ExpectedCost(cost, 7, lengths, 1).At(3);
        const Cost first = cost.Of(7, 10, 3);
        const Cost second = cost.Of(7, 30, 3);
        CHECK(mean.seconds.value ==
              Approx((first.seconds.value + second.seconds.value) / 2).epsilon(1e-14));
        CHECK(TotalBytes(mean.terms).value ==
              Approx((TotalBytes(first.terms).value + TotalBytes(second.terms).value) / 2)
                  .epsilon(1e-14));
      }
    }
  }
}

TEST_CASE("attempts that cost nothing lower the mean", "[cost]") {
  const CostModel cost = test::Toy("dense");
  const std::vector<double> lengths = {20};
  const double one = ExpectedCost(cost, 10, lengths, 1).At(1).seconds.value;
  CHECK(ExpectedCost(cost, 10, lengths, 0.25).At(1).seconds.value == Approx(one / 4));
  CHECK(ExpectedCost(cost, 10, {}, 0).At(1).seconds.value == 0);
}

}  // namespace
}  // namespace kinetics
