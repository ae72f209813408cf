#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "kinetics/plan/frontier.h"

namespace kinetics {

/// How many samples each question gets.
struct AdaptiveChoice {
  static constexpr Eigen::Index kNone = -1;

  /// By question: a column of the curve's matrices, or kNone where it gets no sample.
  std::vector<Eigen::Index> columns;
  /// One question may draw lots: `column` instead with the chance `share`.
  struct Lot {
    Eigen::Index question = 0;
    Eigen::Index column = 0;
    double share = 0;  ///< Above 0, below 1.
  };
  std::optional<Lot> lot;
};

/// The best mean accuracy under a mean budget over questions, when each question may have its own
/// number of samples, none included, and what they bring is known.
///
/// Each question's upper concave hull of (cost, accuracy) is a list of steps of falling gain by
/// cost; taking all questions' steps in that order gives the choice that maximises accuracy -
/// lambda * cost for some lambda after each (Everett, Operations Research 11, 1963). Between two of
/// them one question draws lots, which is the optimum of the linear relaxation: no allocation of
/// whole numbers, uniform ones included, is better at the same cost.
class AdaptiveCurve {
 public:
  /// `accuracy` and `costs` are questions x numbers of samples; costs at least 0.
  AdaptiveCurve(const Eigen::MatrixXd& accuracy, const Eigen::MatrixXd& costs);

  /// Mean cost and accuracy after each of the steps, from no sample at all.
  const std::vector<Offer>& Vertices() const { return vertices_; }
  /// The choice after that many steps.
  AdaptiveChoice At(size_t steps) const;
  /// The most accurate choice that costs at most `budget`.
  AdaptiveChoice Within(double budget) const;
  /// The cheapest choice of that accuracy, if there is one.
  std::optional<AdaptiveChoice> Reaching(double accuracy) const;

 private:
  struct Step {
    Eigen::Index question = 0;
    Eigen::Index column = 0;  // where it leads
    double slope = 0;         // gain by cost
    double cost = 0;
    double gain = 0;
  };

  void AddQuestion(Eigen::Index question, const Eigen::MatrixXd& accuracy,
                   const Eigen::MatrixXd& costs);
  AdaptiveChoice Between(size_t steps, double share) const;

  Eigen::Index questions_;
  std::vector<Step> steps_;
  std::vector<Offer> vertices_;
};

}  // namespace kinetics
