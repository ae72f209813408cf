// Laws are drawn from their priors, records from the laws: intervals of a fit to the records must
// then hold the truth as often as they say.
#include <array>

#include "kinetics/core/statistics.h"
#include "kinetics/law/law.h"
#include "kinetics/law/law_predict.h"
#include "tests/law/simulate.h"
#include "tests/test.h"

namespace kinetics {
namespace {

constexpr uint64_t kSeeds = 40;
constexpr int kDraws = 200;
constexpr double kLevel = 0.95;

test::SimulationOptions RecoveryOptions() {
  test::SimulationOptions options;
  options.sizes = {0.6e9, 1.7e9, 4e9, 8e9, 32e9};
  options.attentions = {"dense", "topk:64", "topk:256", "topk:1024"};
  options.questions = 20;
  options.trials = 16;
  return options;
}

/// How often truths lie in the intervals of a posterior's draws.
class Tally {
 public:
  void Add(double truth, const Eigen::VectorXd& draws) {
    const Interval interval = PercentileInterval(draws, kLevel);
    inside_ += interval.low <= truth && truth <= interval.high ? 1 : 0;
    all_ += 1;
  }
  double Share() const { return inside_ / all_; }

 private:
  double inside_ = 0;
  double all_ = 0;
};

/// A simulated law, its fit and draws around that.
struct RecoveredLaw {
  explicit RecoveredLaw(uint64_t seed) : simulation(test::Simulate(RecoveryOptions(), seed)) {
    law = FitLaw(simulation.records, simulation.parameters, {});
    CHECK(law.summary.converged);
    const LawPosterior posterior = PosteriorOf(law);
    for (uint64_t d = 0; d < kDraws; ++d) {
      draws.push_back(posterior.Draw(seed, d));
    }
  }

  /// Counts whether the truth of `quantity`, a function of a state, lies in its interval.
  template <typename Quantity>
  void Count(const Quantity& quantity, Tally& tally) const {
    Eigen::VectorXd values(kDraws);
    for (Eigen::Index d = 0; d < kDraws; ++d) {
      values[d] = quantity(draws[static_cast<size_t>(d)]);
    }
    tally.Add(quantity(simulation.truth), values);
  }

  test::Simulation simulation;
  Law law;
  std::vector<LawState> draws;
};

/// Accuracy over all questions of a site, and mean log length.
double Accuracy(const LawState& state, const LawSite& site) {
  const LawCurves curves = EvaluateCurves(state.shared, site, false);
  double sum = 0;
  for (const Eigen::VectorXd& question : state.questions) {
    sum += ChanceOf(MeansOf(curves, question, site.level));
  }
  return sum / static_cast<double>(state.questions.size());
}

double LogLength(const LawState& state, const LawSite& site) {
  const LawCurves curves = EvaluateCurves(state.shared, site, false);
  double sum = 0;
  for (const Eigen::VectorXd& question : state.questions) {
    sum += MeansOf(curves, question, site.level).log_length;
  }
  return sum / static_cast<double>(state.questions.size());
}

TEST_CASE("intervals of a fit hold the law that records were drawn from, and its predictions",
          "[long]") {
  std::array<Tally, LawCurves::kRows> curves;
  Tally held_out_accuracy;
  Tally held_out_length;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RecoveredLaw fitted(seed);
    std::vector<LawSite> sites = SitesOf(fitted.law.data);
    for (Eigen::Index row = 0; row < LawCurves::kRows; ++row) {
      for (const LawSite& site : sites) {
        const bool is_sparse = site.attention->kind != AttentionKind::kDense;
        if (!is_sparse && (row == LawCurves::kPenaltyRow || row == LawCurves::kGrowthRow)) {
          continue;  // 0 for sure
        }
        fitted.Count(
            [&](const LawState& state) {
              return EvaluateCurves(state.shared, site, false).values[row];
            },
            curves[static_cast<size_t>(row)]);
      }
    }
    // Budgets between, below and above those of the records.
    for (const char* spec : {"topk:32", "topk:128", "topk:4096"}) {
      for (size_t model = 0; model < 5; ++model) {
        LawSite site = sites[4 * model];
        site.attention = ParseAttention(spec);
        fitted.Count([&](const LawState& state) { return Accuracy(state, site); },
                     held_out_accuracy);
        fitted.Count([&](const LawState& state) { return LogLength(state, site); },
                     held_out_length);
      }
    }
  }
  // 40 laws, whose sites hang together so that each counts as about two: of 80 at 95 %, a share
  // below 0.87 has a chance of 0.3 %.
  for (const Tally& curve : curves) {
    CHECK(curve.Share() > 0.87);
  }
  CHECK(held_out_accuracy.Share() > 0.87);
  CHECK(held_out_length.Share() > 0.87);
}

}  // namespace
}  // namespace kinetics
