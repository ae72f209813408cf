#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinetics/cost/cost.h"
#include "kinetics/cost/token_price.h"
#include "kinetics/hardware/hardware.h"
#include "kinetics/plan/budget.h"
#include "kinetics/plan/policy.h"
#include "kinetics/plan/serving.h"
#include "kinetics/records/records.h"

namespace kinetics {

/// A recorded run, the model that it is costed as, and how that is served.
struct PlannedRun {
  const Run* run = nullptr;  ///< Has an attention, unless it has a price.
  Model model;
  std::optional<Deployment> deployment;  ///< Nullopt: as the cost options say, in any memory.
  std::optional<TokenPrice> price;       ///< Of a served model, which is billed and not costed.
};

/// The allocations to evaluate, and what counts as a trial.
struct AllocationGrid {
  CountList samples = CountList::All();
  std::optional<CountList> generation_tokens;  ///< Without: nothing is cut.
  ErrorPolicy errors = ErrorPolicy::kWrong;
  /// A law predicts what is not recorded: nothing at all may remain.
  bool beside_law = false;
};

/// One choice of run, limit and samples.
struct Allocation {
  size_t run = 0;  ///< Index into the planned runs.
  std::optional<int64_t> generation_tokens;
  int64_t samples = 0;
  double accuracy = 0;  ///< Mean over questions; the lower bound where there are bounds.
  std::optional<double> accuracy_upper;  ///< The upper bound, where accuracy is one of two bounds.
  Cost cost;                             ///< Mean over questions.
  Serving serving;                       ///< Likewise.
  bool from_law = false;                 ///< Predicted by a law; else recorded.
  Policy policy = Policy::kCoverage;
  std::optional<double> mean_samples;  ///< Drawn in the mean over questions, if not all are.
  std::optional<Stage> second;         ///< Of a cascade.
};

/// Draws of the mean accuracies of allocations (by index), as `resamples` rows.
using Resampling = std::function<Eigen::MatrixXd(const std::vector<size_t>& allocations,
                                                 int64_t resamples, uint64_t seed)>;

/// Accuracy and cost of allocations, question by question. Matrices have a row for each question
/// and a column for each allocation.
struct Evaluation {
  std::string hardware;  ///< Its name.
  Roofline roofline;
  Rates rates;  ///< What the device's time is charged with; left to the caller.
  std::vector<Allocation> allocations;
  Eigen::MatrixXd accuracy;
  Eigen::MatrixXd seconds;
  Eigen::MatrixXd flops;
  Eigen::MatrixXd bytes;
  Eigen::MatrixXd billed_usd;      ///< Of served models; 0 of others.
  std::vector<std::string> notes;  ///< What was left out and why, a line each.
  size_t dropped = 0;              ///< Allocations that were looked at but can be of no use.

  /// Where allocations come from a law; the matrices above are empty then, or only of the recorded
  /// ones, which stand first. Empty where all were recorded.
  Resampling resample;
  /// In what an allocation of a law lies outside of the data behind it; empty likewise.
  std::function<std::vector<std::string_view>(size_t allocation)> extrapolation;
};

/// Evaluates every allocation of the grid that the runs serve: expected accuracy is the unbiased
/// coverage of the question's trials, expected cost the mean over its reported lengths, in time on
/// the device, or for a run with a price in what it bills (ExpectedBill).
///
/// At a limit of G tokens a trial costs min(tokens, G) and counts when it is right and not longer
/// than G. Where only the number solved is known, c of n with u longer ones, that number lies in
/// [max(0, c - u), min(c, n - u)]; a trial of unreported length may be longer or not.
///
/// A run without trials for some question, without a reported length where it has trials, or under
/// a limit at which its sequences do not fit the memory, is left out with a note. Throws Error
/// where nothing remains (but for `beside_law`), where questions times allocations, those that do
/// not fit included, are above 5e7 (memory), and as CostModel does.
Evaluation Evaluate(const Records& records, const std::vector<PlannedRun>& runs,
                    const AllocationGrid& grid, const Hardware& hardware,
                    const CostOptions& options);

/// A planned run for notes: "Qwen3-8B dense (2 GPUs, batch 64)".
std::string Describe(const PlannedRun& planned);

/// Adds a note of the runs that do not fit, if any, the first of them by name.
void NoteTooLarge(const Hardware& hardware, const std::vector<std::string>& runs,
                  std::vector<std::string>& notes);

/// Throws the Error that nothing remains, with the notes that say why.
[[noreturn]] void FailWithoutAllocations(const Records& records,
                                         const std::vector<std::string>& notes);

/// Throws Error where questions times allocations are above 5e7: matrices would take 1.6 GB.
void ExpectCells(size_t allocations, size_t questions);

}  // namespace kinetics
