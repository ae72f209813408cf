#include "kinetics/law/law_cell.h"

#include <Eigen/LU>
#include <cmath>

#include "kinetics/core/draws.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// Central differences of a loss and of its gradient, steps of 1e-4: their own error is about 1e-8
/// of the third derivative, and rounding of a value v about 1e-12 v.
template <typename Loss>
void CheckCellDerivatives(const Loss& loss, double x, double y) {
  constexpr double kStep = 1e-4;
  const CellLoss at = loss(x, y);
  const auto check = [&](double derivative, double high, double low, double scale) {
    const double difference = (high - low) / (2 * kStep);
    CHECK(derivative == Approx(difference).epsilon(2e-6).margin(2e-6 * scale));
  };
  for (Eigen::Index i = 0; i < 2; ++i) {
    const double dx = i == 0 ? kStep : 0;
    const double dy = i == 1 ? kStep : 0;
    const CellLoss high = loss(x + dx, y + dy);
    const CellLoss low = loss(x - dx, y - dy);
    const double scale = 1e-3 + 1e-2 * std::abs(at.value) + at.gradient.norm() + at.hessian.norm();
    check(at.gradient[i], high.value, low.value, scale);
    check(at.hessian(0, i), high.gradient[0], low.gradient[0], scale);
    check(at.hessian(1, i), high.gradient[1], low.gradient[1], scale);
  }
}

TEST_CASE("the beta-binomial loss is that of scipy") {
  // scipy.stats.betabinom.logpmf of scipy 1.10, the binomial coefficient divided out.
  const auto value = [](int64_t n, int64_t c, double logit, double log_concentration) {
    return BetaBinomialLoss(n, c, logit, log_concentration).value;
  };
  CHECK(value(1, 1, 0.5, 1) == Approx(0.47407698418010713).epsilon(1e-12));
  CHECK(value(8, 3, -1.2, 2.1) == Approx(5.945308394945128).epsilon(1e-12));
  CHECK(value(32, 32, 2, 0.7) == Approx(0.7579794920037913).epsilon(1e-12));
  CHECK(value(32, 0, 3.5, 2) == Approx(19.67076095222336).epsilon(1e-12));
  CHECK(value(16, 5, 0.2, -4) == Approx(15.028589880169275).epsilon(1e-12));
  // scipy itself loses digits here: differences of logarithms of gamma functions near 1e5.
  CHECK(value(1000, 450, -0.3, 1.5) == Approx(690.9132096881734).epsilon(1e-11));
  CHECK(value(10000, 9990, 4, 3) == Approx(81.6539163668042).epsilon(1e-9));
}

TEST_CASE("the beta-binomial loss of no trials is nothing, of one the logarithm of its chance") {
  const CellLoss none = BetaBinomialLoss(0, 0, 1.5, 2);
  CHECK(none.value == 0);
  CHECK(none.gradient.isZero(0));
  CHECK(none.hessian.isZero(0));
  for (const double log_concentration : {-5.0, 0.0, 5.0}) {
    CHECK(BetaBinomialLoss(1, 1, 1.5, log_concentration).value ==
          Approx(std::log1p(std::exp(-1.5))).epsilon(1e-12));
  }
}

TEST_CASE("with a huge concentration the beta-binomial loss is binomial") {
  // At ln K = 25 what is left of the difference is n^2 / K.
  const double logit = std::log(0.3 / 0.7);
  for (const int64_t n : {30, 1000}) {
    const double expected =
        static_cast<double>(n) * (0.3 * std::log(1 / 0.3) + 0.7 * std::log(1 / 0.7));
    CHECK(BetaBinomialLoss(n, 3 * n / 10, logit, 25).value == Approx(expected).epsilon(1e-6));
  }
}

TEST_CASE("derivatives of the beta-binomial loss are its finite differences") {
  Draws draws(SplitMix64(1));
  for (const int64_t n : {1, 2, 31, 32, 33, 1000, 10000}) {
    for (int i = 0; i < 20; ++i) {
      const int64_t c = i == 0 ? 0 : i == 1 ? n : draws.Binomial(n, draws.Uniform());
      const double logit = 4 * draws.Normal();
      const double log_concentration = 2 + 3 * draws.Normal();
      INFO("n " << n << ", c " << c << ", logit " << logit << ", ln K " << log_concentration);
      CheckCellDerivatives([&](double x, double y) { return BetaBinomialLoss(n, c, x, y); }, logit,
                           log_concentration);
    }
  }
}

TEST_CASE("the beta-binomial loss stays finite and smooth at extreme arguments") {
  for (const int64_t n : {1, 32, 10000}) {
    for (const int64_t c : {int64_t{0}, n / 2, n}) {
      for (const double logit : {-1000.0, -301.0, -100.0, -40.0, 40.0, 100.0, 301.0, 1000.0}) {
        for (const double log_concentration : {-20.0, 0.0, 20.0}) {
          const auto loss = [&](double x, double y) { return BetaBinomialLoss(n, c, x, y); };
          const CellLoss at = loss(logit, log_concentration);
          INFO("n " << n << ", c " << c << ", logit " << logit << ", ln K " << log_concentration);
          CHECK(std::isfinite(at.value));
          CHECK(at.gradient.allFinite());
          CHECK(at.hessian.allFinite());
          CHECK(at.value >= -1e-9);
          const double slope = (loss(logit + 0.01, log_concentration).value -
                                loss(logit - 0.01, log_concentration).value) /
                               0.02;
          CHECK(at.gradient[0] == Approx(slope).epsilon(1e-4).margin(1e-5 * (1 + at.value / 100)));
        }
      }
    }
  }
}

TEST_CASE("the loss of lengths is that of scipy") {
  // Sums of scipy.stats.norm.logpdf (+ log(2 pi) / 2) and norm.logsf of scipy 1.10.
  const auto value = [](const LengthStatistics& lengths, double mean, double log_deviation) {
    return CensoredNormalLoss(lengths, mean, log_deviation).value;
  };
  const LengthStatistics ten = {.finished = 10, .mean = 9, .variance = 0.25};
  CHECK(value(ten, 9.3, -0.5) == Approx(-0.37892089161961806).epsilon(1e-12));
  LengthStatistics cut = ten;
  cut.cut_off = 3;
  cut.log_limit = 10.3;
  CHECK(value(cut, 9.3, -0.5) == Approx(8.632228785947364).epsilon(1e-12));
  CHECK(value({.finished = 4, .mean = 9, .variance = 0.04, .cut_off = 2, .log_limit = 12}, 9,
              -1.5) == Approx(183.4226917082756).epsilon(1e-10));
  CHECK(value({.cut_off = 5, .log_limit = 7}, 10, 0.2) ==
        Approx(0.03522831530072331).epsilon(1e-12));
  CHECK(value({.cut_off = 5, .log_limit = 40}, 1, -1) == Approx(28124.798761870705).epsilon(1e-12));
}

TEST_CASE("derivatives of the loss of lengths are its finite differences, far in both tails") {
  for (const double z : {-40.0, -10.0, -3.0, 0.0, 2.0, 8.0, 29.9, 30.1, 100.0, 1000.0}) {
    for (const double log_deviation : {-2.0, 0.0, 1.0}) {
      const double limit = 10;
      const double mean = limit - z * std::exp(log_deviation);
      INFO("z " << z << ", ln deviation " << log_deviation);
      for (const double finished : {0.0, 5.0}) {
        const LengthStatistics lengths = {.finished = finished,
                                          .mean = mean + 0.3,
                                          .variance = 0.2,
                                          .cut_off = 3,
                                          .log_limit = limit};
        CheckCellDerivatives([&](double x, double y) { return CensoredNormalLoss(lengths, x, y); },
                             mean, log_deviation);
      }
    }
  }
}

TEST_CASE("a deviation below a thousandth of a length is not told from a thousandth") {
  const LengthStatistics same = {.finished = 5, .mean = 8};
  for (const double log_deviation : {-2.1, -6.5, -7.0, -7.5, -9.0}) {
    CheckCellDerivatives([&](double x, double y) { return CensoredNormalLoss(same, x, y); }, 8.0001,
                         log_deviation);
  }
  CHECK(CensoredNormalLoss(same, 8, -1).value == -5);
  CHECK(CensoredNormalLoss(same, 8, -50).value == Approx(5 * kLeastLogDeviation));
  // One length, which effects fit exactly, says nothing of deviations below a twentieth.
  CHECK(CensoredNormalLoss({.finished = 1, .mean = 8}, 8, -50).value ==
        Approx(kLeastLogDeviationOfOne));
}

TEST_CASE("the loss of lengths is convex in the mean") {
  for (double z = -30; z < 200; z += 0.37) {
    const CellLoss loss = CensoredNormalLoss({.cut_off = 1, .log_limit = z}, 0, 0);
    INFO("z " << z);
    CHECK(loss.hessian(0, 0) >= 0);
    CHECK(loss.hessian(0, 0) <= 1 + 1e-12);
  }
}

TEST_CASE("the positive part keeps positive eigenvalues and drops the others") {
  Draws draws(SplitMix64(2));
  for (int i = 0; i < 200; ++i) {
    Eigen::Matrix2d matrix;
    const double b = draws.Normal();
    matrix << 2 * draws.Normal(), b, b, 2 * draws.Normal();
    const Eigen::Matrix2d part = PositivePart(matrix);
    const Eigen::Matrix2d rest = part - matrix;
    const double scale = matrix.norm();
    CHECK(part(0, 1) == Approx(part(1, 0)));
    // Both parts are positive semi-definite and orthogonal to one another.
    CHECK(part.trace() >= 0);
    CHECK(rest.trace() >= -1e-14 * scale);
    CHECK(part.determinant() >= -1e-14 * scale * scale);
    CHECK(rest.determinant() >= -1e-14 * scale * scale);
    CHECK((part * rest).norm() < 1e-14 * scale * scale);
    CHECK((PositivePart(part) - part).norm() < 1e-14 * scale);
  }
  CHECK(PositivePart(Eigen::Matrix2d::Identity()) == Eigen::Matrix2d::Identity());
  CHECK(PositivePart(-Eigen::Matrix2d::Identity()).isZero(0));
  CHECK(PositivePart(Eigen::Matrix2d::Zero()).isZero(0));
}

}  // namespace
}  // namespace kinetics
