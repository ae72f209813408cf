#include "kinetics/cost/token_price.h"

#include "apps/kinetics/parsers.h"
#include "apps/kinetics/served.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr TokenPrice kTwoAndTen = {.input_usd_per_million = 2, .output_usd_per_million = 10};

TEST_CASE("a bill is prompt and mean output a sample, of those that were answered", "[price]") {
  const std::vector<double> lengths = {1000, 3000};
  // (100 * 2 + 2000 * 10) / 1e6 a sample.
  CHECK(ExpectedBill(kTwoAndTen, 100, lengths, 1, 1).billed_usd == Approx(0.0202).epsilon(1e-15));
  CHECK(ExpectedBill(kTwoAndTen, 100, lengths, 1, 8).billed_usd == Approx(0.1616).epsilon(1e-15));
  CHECK(ExpectedBill(kTwoAndTen, 100, lengths, 0.5, 2).billed_usd == Approx(0.0202).epsilon(1e-15));
  CHECK(ExpectedBill(kTwoAndTen, 100, {}, 0, 4).billed_usd == 0);
  const Cost cost = ExpectedBill(kTwoAndTen, 100, lengths, 1, 1);
  CHECK(cost.seconds.value == 0);
  CHECK(TotalFlops(cost.terms).value == 0);
}

TEST_CASE("bills add up and scale as costs do", "[price]") {
  Cost sum = {.seconds = {1}, .billed_usd = 0.5};
  sum += Cost{.billed_usd = 0.25};
  CHECK(sum.billed_usd == 0.75);
  CHECK((2 * sum).billed_usd == 1.5);
  CHECK((2 * sum).seconds.value == 2);
}

TEST_CASE("a price is USD for a million tokens in and out, of a model or of all", "[price]") {
  const ModelPrice named = app::ParseModelPrice("gpt-5*=1.25,10");
  CHECK(*named.models == "gpt-5*");
  CHECK(named.price.input_usd_per_million == 1.25);
  CHECK(named.price.output_usd_per_million == 10);
  const ModelPrice all = app::ParseModelPrice("0,0.5");
  CHECK_FALSE(all.models);
  CHECK(all.price.input_usd_per_million == 0);
  for (const char* bad : {"", "1", "1,", ",1", "1,2,3", "=1,2", "x=1", "x=1;2", "-1,2", "1,0",
                          "1,-2", "inf,1", "1,nan", "1usd,2usd", "1,1e10", "x=y=1"}) {
    INFO(bad);
    CHECK_THAT(test::ErrorOf([&] { app::ParseModelPrice(bad); }),
               Catch::StartsWith("expected NAME=IN,OUT or IN,OUT, USD for a million tokens"));
  }
}

TEST_CASE("the last price that names a model counts, else the one of all others", "[price]") {
  const std::vector<ModelPrice> prices = {{.models = "gpt-*", .price = {1, 1}},
                                          {.models = "GPT-5", .price = {2, 2}},
                                          {.models = std::nullopt, .price = {3, 3}}};
  const auto output = [&](const char* model) {
    return app::PriceOf(prices, model)->output_usd_per_million;
  };
  CHECK(output("gpt-4") == 1);
  CHECK(output("gpt-5") == 2);
  CHECK(output("openai/gpt-5") == 2);
  CHECK(output("claude") == 3);
  CHECK_FALSE(app::PriceOf({prices[0]}, "claude"));
}

}  // namespace
}  // namespace kinetics
