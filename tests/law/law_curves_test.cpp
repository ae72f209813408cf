#include "kinetics/law/law_curves.h"

#include <cmath>

#include "kinetics/core/draws.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr size_t kLevels = 2;

/// Every kind of attention, with and without size and level.
std::vector<LawSite> Sites() {
  std::vector<LawSite> sites;
  for (const char* spec : {"dense", "topk:64", "topk:512+128", "block_topk:16x8",
                           "block_topk:32x4+64", "sliding:1024"}) {
    for (const std::optional<double> log_size :
         {std::optional<double>(), std::optional(-1.5), std::optional(2.0)}) {
      for (const std::optional<size_t> level :
           {std::optional<size_t>(), std::optional<size_t>(1)}) {
        sites.push_back({.attention = ParseAttention(spec), .log_size = log_size, .level = level});
      }
    }
  }
  sites.push_back({});
  return sites;
}

/// Draws from the priors.
Eigen::VectorXd SomeShared(uint64_t seed) {
  Draws draws{SplitMix64(seed)};
  Eigen::VectorXd shared(LevelIndex(kLevels, kLevelAbility));
  for (Eigen::Index p = 0; p < shared.size(); ++p) {
    const LawPrior prior =
        p < kLawParameters ? LawPriors()[static_cast<size_t>(p)] : LawPrior{"", 0, 0.4};
    shared[p] = prior.mean + prior.deviation * draws.Normal();
  }
  return shared;
}

LawCurves::Values Curves(const Eigen::VectorXd& shared, const LawSite& site) {
  return EvaluateCurves(shared, site, false).values;
}

TEST_CASE("the Jacobian of a law's curves is their finite difference") {
  constexpr double kStep = 1e-5;  // leaves 1e-10 of the third derivative, and rounding of 1e-11
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const Eigen::VectorXd shared = SomeShared(seed);
    for (const LawSite& site : Sites()) {
      const LawCurves curves = EvaluateCurves(shared, site, true);
      REQUIRE(curves.values == Curves(shared, site));
      for (Eigen::Index p = 0; p < shared.size(); ++p) {
        const Eigen::VectorXd step = kStep * Eigen::VectorXd::Unit(shared.size(), p);
        const LawCurves::Values difference =
            (Curves(shared + step, site) - Curves(shared - step, site)) / (2 * kStep);
        const double scale = 1 + curves.values.norm() + curves.jacobian.col(p).norm();
        INFO("parameter " << p);
        CHECK((curves.jacobian.col(p) - difference).norm() < 1e-8 * scale);
      }
    }
  }
}

TEST_CASE("the curvature of a law's curves is the finite difference of their Jacobian") {
  constexpr double kStep = 1e-5;
  const LawCurves::Values weights{{0.7, -1.1, 0.4, 0.9, -0.6, 1.3}};
  const Eigen::VectorXd shared = SomeShared(4);
  for (const LawSite& site : Sites()) {
    Eigen::MatrixXd curvature = Eigen::MatrixXd::Zero(shared.size(), shared.size());
    AddCurvature(shared, site, weights, curvature);
    for (Eigen::Index p = 0; p < shared.size(); ++p) {
      const Eigen::VectorXd step = kStep * Eigen::VectorXd::Unit(shared.size(), p);
      const auto slope = [&](const Eigen::VectorXd& at) -> Eigen::VectorXd {
        return EvaluateCurves(at, site, true).jacobian.transpose() * weights;
      };
      const Eigen::VectorXd difference =
          (slope(shared + step) - slope(shared - step)) / (2 * kStep);
      INFO("parameter " << p);
      CHECK((curvature.col(p) - difference).norm() < 1e-7 * (1 + difference.norm()));
    }
  }
}

TEST_CASE("ability grows with size and saturates") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Eigen::VectorXd shared = SomeShared(seed);
    double last = -1e9;
    for (double x = -4; x <= 6; x += 0.25) {
      const double ability = Curves(shared, {.log_size = x})[LawCurves::kAbilityRow];
      CHECK(ability >= last);
      CHECK(ability <= shared[kAbility]);
      last = ability;
    }
  }
}

TEST_CASE("the penalty and the growth of lengths fall with the KV budget, to those of dense") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Eigen::VectorXd shared = SomeShared(seed);
    for (const AttentionKind kind :
         {AttentionKind::kTopk, AttentionKind::kBlockTopk, AttentionKind::kSliding}) {
      LawSite site = {.log_size = -1.0};
      double penalty = 1e9;
      double growth = 1e9;
      for (int64_t tokens = 16; tokens <= 65536; tokens *= 2) {
        site.attention = Attention{.kind = kind};
        if (kind == AttentionKind::kTopk) {
          site.attention->top_tokens = tokens;
        } else if (kind == AttentionKind::kSliding) {
          site.attention->window_tokens = tokens;
        } else {
          site.attention->block_tokens = 16;
          site.attention->top_blocks = tokens / 16;
        }
        const LawCurves::Values values = Curves(shared, site);
        CHECK(values[LawCurves::kPenaltyRow] <= penalty);
        CHECK(values[LawCurves::kPenaltyRow] >= 0);
        const double factor = 1 - shared[kGrowthSize];  // may be negative: lengths then shrink
        CHECK(values[LawCurves::kGrowthRow] / factor <= growth);
        penalty = values[LawCurves::kPenaltyRow];
        growth = values[LawCurves::kGrowthRow] / factor;
      }
    }
  }
}

TEST_CASE("dense attention is the limit of a large budget") {
  Eigen::VectorXd shared = SomeShared(5);
  shared[kPenaltyBend] = shared[kGrowthBend] = 0.5;
  const LawCurves::Values dense =
      Curves(shared, {.attention = ParseAttention("dense"), .log_size = 0.3, .level = 0});
  const LawCurves::Values large =
      Curves(shared, {.attention = ParseAttention("topk:1000000000"), .log_size = 0.3, .level = 0});
  CHECK((dense - large).norm() < 1e-9);  // exp(-1.6 * 15), times scale
  const LawCurves::Values unknown = Curves(shared, {.log_size = 0.3, .level = 0});
  CHECK(unknown == dense);
}

TEST_CASE("a local token is worth between none and a whole one") {
  Eigen::VectorXd shared = SomeShared(6);
  const auto penalty = [&shared](const char* spec) {
    return Curves(shared, {.attention = ParseAttention(spec)})[LawCurves::kPenaltyRow];
  };
  shared[kLocalWorth] = -40;
  CHECK(penalty("topk:64+64") == Approx(penalty("topk:64")).epsilon(1e-12));
  shared[kLocalWorth] = 40;
  CHECK(penalty("topk:64+64") == Approx(penalty("topk:128")).epsilon(1e-12));
}

TEST_CASE("below the onset log odds fall with the logarithm of the budget") {
  // A sharp bend: softplus(c u) / c is u or 0.
  Eigen::VectorXd shared = Eigen::VectorXd::Zero(kLawParameters);
  shared[kPenaltyBend] = 5;
  shared[kOnsetTopk] = std::log(256.0);
  const auto penalty = [&shared](const char* spec) {
    return Curves(shared, {.attention = ParseAttention(spec)})[LawCurves::kPenaltyRow];
  };
  CHECK(penalty("topk:64") == Approx(std::log(4.0)));
  CHECK(penalty("topk:1024") == Approx(0).margin(1e-9));
}

}  // namespace
}  // namespace kinetics
