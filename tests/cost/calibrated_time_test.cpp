#include "kinetics/cost/calibrated_time.h"

#include <cmath>

#include "kinetics/cost/expected.h"
#include "kinetics/cost/isocost.h"
#include "kinetics/cost/log_normal.h"
#include "kinetics/io/catalogue.h"
#include "tests/cost/calibrated.h"
#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// 3 layers of 2 query heads and 1 KV head of size 4; products of 16 x 6, 6 x 8, 20 x 6 and 6 x 10,
/// and of 50 x 6 at the end.
Model SmallModel() {
  Model model = test::ToyModel();
  model.hidden_size = 6;
  model.vocabulary_size = 50;
  model.layers.front().count = 3;
  model.layers.front().intermediate_size = 10;
  return model;
}

constexpr double kLinear = 3 * (16 * 6 + 6 * 8 + 20 * 6 + 6 * 10) + 50 * 6;
constexpr double kQueryBytes = 3 * 2 * 4 * 4;  // queries and outputs, 16 bit, of a token
constexpr double kKvBytes = 3 * 2 * 4 * 2;     // of a token's keys and values

CalibratedTime TimeOf(const char* attention, double batch = 8, int64_t most = 1'000'000) {
  return {SmallModel(), ParseAttention(attention), test::CalibratedToy(most), {.batch = batch}};
}

TEST_CASE("constants of a roofline give the roofline's integral", "[cost][calibrated]") {
  // C = 10, L = 20: C L + L^2 / 2 = 400 cached tokens are read, and 8 of them at most at a step.
  const TimeTerms dense = TimeOf("dense").Of(10, 20);
  CHECK(dense.linear.seconds.value == Approx(2 * kLinear * 20 / 100));
  CHECK(dense.attention.seconds.value == Approx((kKvBytes * 400 + kQueryBytes * 20) / 10));
  CHECK(dense.search.seconds.value == 0);
  const TimeTerms sparse = TimeOf("topk:8").Of(10, 20);
  CHECK(sparse.attention.seconds.value == Approx((kKvBytes * 160 + kQueryBytes * 20) / 10));
  // The budget of 17 is reached on the way: S = 17 * 20 - 7^2 / 2.
  const TimeTerms partly = TimeOf("sliding:17").Of(10, 20);
  CHECK(partly.attention.seconds.value ==
        Approx((kKvBytes * (17 * 20 - 24.5) + kQueryBytes * 20) / 10));
}

TEST_CASE("search without a kernel of its own is the roofline's", "[cost][calibrated]") {
  // Half of the cache's bytes, a pooled key for each 4 tokens.
  const TimeTerms terms = TimeOf("block_topk:4x2").Of(10, 20);
  CHECK(terms.search.seconds.value == Approx(kKvBytes / 2 * 400 / 4 / 10));
  CHECK(terms.search.provenance == Provenance::kDatasheet);
  CHECK(terms.attention.provenance == Provenance::kFitted);
}

TEST_CASE("a kernel that searches and attends is timed as a whole", "[cost][calibrated]") {
  Hardware hardware = test::CalibratedToy();
  hardware.calibration->operations.push_back(
      test::Fitted(Operation::kBlockTopkAttention, Dtype::kBf16, 4,
                   {{"seconds_per_byte", 0.1}, {"cached_share", 1}}, 1'000'000));
  const CalibratedTime time(SmallModel(), ParseAttention("block_topk:4x2"), hardware, {.batch = 8});
  const TimeTerms terms = time.Of(10, 20);
  CHECK(terms.attention.seconds.value ==
        Approx((kKvBytes * 160 + kKvBytes / 2 * 400 / 4 + kQueryBytes * 20) / 10));
  CHECK(terms.search.provenance == Provenance::kNone);
}

TEST_CASE("what lies outside of the fitted shapes is extrapolated", "[cost][calibrated]") {
  const CalibratedTime time = TimeOf("dense", 8, 100);
  CHECK(time.Of(10, 90).attention.provenance == Provenance::kFitted);
  CHECK(time.Of(10, 91).attention.provenance == Provenance::kExtrapolated);
  CHECK(time.Of(10, 91).linear.provenance == Provenance::kFitted);
  CHECK(TimeOf("topk:8", 8, 100).Of(10, 1000).attention.provenance == Provenance::kFitted);
  CHECK(TimeOf("dense", 101, 100).Of(10, 20).linear.provenance == Provenance::kExtrapolated);
  CHECK(TimeOf("dense", 101, 100).Of(10, 20).attention.provenance == Provenance::kExtrapolated);
}

TEST_CASE("measured rates are trusted more than a data sheet's", "[cost][calibrated]") {
  Hardware hardware = test::CalibratedToy();
  hardware.calibration->operations.pop_back();
  const auto provenance = [&] {
    return CalibratedTime(SmallModel(), {}, hardware, {.batch = 8}).Of(10, 20).linear.provenance;
  };
  CHECK(provenance() == Provenance::kDatasheet);
  hardware.peak_flops[0]->source = "measured by kinetics bench";
  hardware.memory_bandwidth->source = "measured by kinetics bench";
  CHECK(provenance() == Provenance::kMeasured);
}

TEST_CASE("a step is the sum of its operations", "[cost][calibrated]") {
  const CalibratedTime time(LoadModel("Qwen3-8B"), {}, LoadHardware("h100"), {.batch = 64});
  double sum = 0;
  for (int64_t t = 0; t < 4096; ++t) {
    // A token's step takes the mean of the contexts before and after it.
    for (const int64_t context : {160 + t, 161 + t}) {
      for (const StepOperation& operation : time.Step(context)) {
        sum += static_cast<double>(operation.count) * operation.once.seconds.value / 2 / 64;
      }
    }
  }
  CHECK(TotalSeconds(time.Of(160, 4096)).value == Approx(sum).epsilon(1e-6));
}

TEST_CASE("longer generations and more samples cost more", "[cost][calibrated][property]") {
  for (const char* device : {"h100", "h200", "b200", "l40s"}) {
    for (const char* attention : {"dense", "topk:512", "block_topk:16x64", "sliding:4096"}) {
      const CostModel model(LoadModel("Qwen3-8B"), ParseAttention(attention), LoadHardware(device),
                            {.rule = Rule::kCalibrated});
      double last = 0;
      for (double tokens = 1; tokens < 1e5; tokens *= 1.7) {
        const double seconds = model.Of(160, tokens, 1).seconds.value;
        CHECK(seconds > last);
        CHECK(model.Of(160, tokens, 3).seconds.value == Approx(3 * seconds));
        last = seconds;
      }
      const auto tokens = SolveGenerationTokens(model, 160, 3, model.Of(160, 5000, 3).seconds);
      CHECK(*tokens == Approx(5000).epsilon(1e-12));
      CHECK(*SolveSamples(model, 160, 5000, model.Of(160, 5000, 3).seconds) == Approx(3));
    }
  }
}

TEST_CASE("expected calibrated costs are means of costs", "[cost][calibrated]") {
  const CostModel model(SmallModel(), ParseAttention("topk:64"), test::CalibratedToy(),
                        {.rule = Rule::kCalibrated, .batch = 4});
  const std::vector<double> lengths = {10, 300};
  const double mean = (model.Of(7, 10, 3).seconds.value + model.Of(7, 300, 3).seconds.value) / 2;
  CHECK(ExpectedCost(model, 7, lengths, 1).At(3).seconds.value == Approx(mean).epsilon(1e-14));

  // Dense attention is quadratic in L, so that log-normal moments give its mean.
  const CostModel dense(SmallModel(), {}, test::CalibratedToy(),
                        {.rule = Rule::kCalibrated, .batch = 4});
  const LogNormalLength length = {.log_mean = std::log(500.0), .log_deviation = 0.6};
  const double first = std::exp(length.log_mean + 0.18);
  const double second = std::exp(2 * length.log_mean + 0.72);
  const double closed =
      2 * kLinear * first / 100 + (kKvBytes * (7 * first + second / 2) + kQueryBytes * first) / 10;
  CHECK(ExpectedLawCost(dense, 7, length).At(1).seconds.value == Approx(closed).epsilon(3e-3));
}

TEST_CASE("what cannot be timed by calibration is refused", "[cost][calibrated]") {
  const auto error_of = [](const CostOptions& options, const Hardware& hardware) {
    return test::ErrorOf([&] { CostModel(SmallModel(), {}, hardware, options); });
  };
  CHECK(error_of({.rule = Rule::kCalibrated}, test::ToyHardware()) ==
        "hardware toy: is not calibrated, which rule calibrated needs; see kinetics calibrate");
  CHECK(error_of({.rule = Rule::kCalibrated, .batch = 2.5}, test::CalibratedToy()) ==
        "batch 2.5: rule calibrated times whole batches of 1 to 1e+06 sequences");
  Model published = SmallModel();
  published.published_parameters = {10.0, "made up"};
  CHECK(test::ErrorOf([&] {
          CostModel(published, {}, test::CalibratedToy(),
                    {.rule = Rule::kCalibrated, .convention = Convention::kPublished});
        }) == "rule calibrated has no published convention; use --convention exact");
}

TEST_CASE("a batch without end is 64 sequences under the calibrated rule", "[cost][calibrated]") {
  CHECK(BatchOf({.rule = Rule::kCalibrated}) == 64);
  CHECK(BatchOf({.rule = Rule::kCalibrated, .batch = 8}) == 8);
  CHECK(std::isinf(BatchOf({})));
}

}  // namespace
}  // namespace kinetics
