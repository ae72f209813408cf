#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "kinetics/core/draws.h"
#include "kinetics/law/law_validate.h"

namespace kinetics {

/// A run to predict: its recorded trials and where it lies under the law.
struct LawTarget {
  const Run* run = nullptr;
  LawSite site;
  size_t level = 0;
  std::optional<int64_t> max_tokens;
  ErrorPolicy errors = ErrorPolicy::kWrong;
  const SampleCost* cost = nullptr;  ///< Null where it has none.
};

/// Predicts what would be recorded of runs, from draws of a posterior.
class LawPredictor {
 public:
  /// `donors`: for each of the records' questions the law's questions that stand for it: itself, or
  /// all that may where the law does not know it. What is passed by reference must outlive this
  /// object.
  LawPredictor(const LawPosterior& posterior, const Records& records,
               std::vector<std::vector<size_t>> donors, const LawValidationOptions& options);

  /// The run on the questions whose flag in `only` is not 0; nullopt where it attempted none.
  std::optional<LawValidationRow> Predict(const LawTarget& target,
                                          const std::vector<uint8_t>& only) const;

 private:
  /// What each draw predicts, as its expectation and as one imagined recording of it.
  struct Simulation {
    Simulation(size_t samples, int64_t draws)
        : expected(Eigen::MatrixXd::Zero(draws, static_cast<Eigen::Index>(samples) + 2)),
          imagined(expected) {}

    /// Percentiles of what would be observed, at most `high`. The draws are symmetric about the
    /// mode where the posterior is not: their deviations from their own mean are put around the
    /// prediction.
    Interval IntervalOf(Eigen::Index column, double high) const;

    Eigen::VectorXd predicted;  // accuracy at each number of samples, mean tokens, seconds
    Eigen::MatrixXd expected;   // the same of each draw
    Eigen::MatrixXd imagined;   // and of one imagined recording of it
  };

  static int64_t KnownLengths(const TrialList& list);
  size_t DonorOf(const TrialList& list, int64_t draw) const;
  LogNormalLength LengthOf(const LawTarget& target, const CellMeans& means) const;
  double PromptOf(const TrialList& list) const;
  /// Adds one question's expectations, times `weight`, to a row or column of numbers.
  template <typename Numbers>
  void AddExpectations(const LawTarget& target, const TrialList& list, const CellMeans& means,
                       const std::vector<int64_t>& samples, double weight, Numbers&& numbers) const;
  /// The prediction at the mode. A question that was held out is the mean over its donors.
  Eigen::VectorXd Expect(const LawTarget& target, const std::vector<const TrialList*>& lists,
                         const std::vector<int64_t>& samples) const;
  void Simulate(const LawTarget& target, const std::vector<const TrialList*>& lists,
                const std::vector<int64_t>& samples, int64_t d, Simulation& simulation) const;
  template <typename Numbers>
  void SimulateLengths(const LawTarget& target, const TrialList& list, const CellMeans& means,
                       Draws& draws, double share, Numbers&& numbers) const;
  static LawAccuracyComparison CompareAccuracy(const LawTarget& target,
                                               const std::vector<const TrialList*>& lists,
                                               int64_t samples, const Simulation& simulation,
                                               size_t index);
  void AddLengths(const LawTarget& target, const std::vector<const TrialList*>& lists,
                  const Simulation& simulation, LawValidationRow& row) const;

  const LawPosterior& posterior_;
  const Records& records_;
  std::vector<std::vector<size_t>> donors_;
  const LawValidationOptions& options_;
  std::vector<LawState> draws_;
};

}  // namespace kinetics
