#include "kinetics/plan/frontier.h"

#include <algorithm>
#include <numeric>

#include "kinetics/core/random.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("the frontier ascends in cost and accuracy", "[frontier]") {
  const std::vector<Offer> offers = {{3, 0.5}, {1, 0.2}, {2, 0.6}, {2, 0.1}, {4, 0.6}, {5, 0.7}};
  CHECK(ParetoFrontier(offers, std::less<>()) == std::vector<size_t>{1, 2, 5});
  CHECK(ParetoFrontier({}, std::less<>()).empty());
}

TEST_CASE("equal offers leave the one that precedes", "[frontier]") {
  const std::vector<Offer> offers = {{1, 0.5}, {1, 0.5}, {1, 0.5}};
  CHECK(ParetoFrontier(offers, std::greater<>()) == std::vector<size_t>{2});
}

TEST_CASE("a gain in the last place is no gain", "[frontier]") {
  const std::vector<Offer> offers = {{1, 0.9}, {2, 0.9 + 1e-16}, {3, 0.9 + 1e-9}};
  CHECK(ParetoFrontier(offers, std::less<>()) == std::vector<size_t>{0, 2});
}

TEST_CASE("no offer of a frontier is dominated, whatever the order of the offers",
          "[frontier][property]") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SplitMix64 random(seed);
    std::vector<Offer> offers(200);
    for (Offer& offer : offers) {
      offer = {1.0 + random.Below(40), random.Below(30) / 30.0};
    }
    std::vector<size_t> names(offers.size());
    std::iota(names.begin(), names.end(), size_t{0});
    const std::vector<size_t> frontier = ParetoFrontier(offers, std::less<>());
    for (const size_t f : frontier) {
      for (const Offer& offer : offers) {
        const bool dominates = offer.cost <= offers[f].cost &&
                               offer.accuracy >= offers[f].accuracy &&
                               (offer.cost < offers[f].cost || offer.accuracy > offers[f].accuracy);
        CHECK_FALSE(dominates);
      }
    }
    // Shuffled, with every offer keeping its name.
    for (size_t i = names.size() - 1; i > 0; --i) {
      std::swap(names[i], names[random.Below(static_cast<uint32_t>(i + 1))]);
    }
    std::vector<Offer> shuffled;
    for (const size_t name : names) {
      shuffled.push_back(offers[name]);
    }
    std::vector<size_t> renamed;
    for (const size_t i :
         ParetoFrontier(shuffled, [&](size_t a, size_t b) { return names[a] < names[b]; })) {
      renamed.push_back(names[i]);
    }
    CHECK(renamed == frontier);
  }
}

}  // namespace
}  // namespace kinetics
