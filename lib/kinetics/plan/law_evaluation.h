#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kinetics/cost/log_normal.h"
#include "kinetics/plan/evaluation.h"
#include "kinetics/plan/extrapolation.h"
#include "kinetics/plan/law_grid.h"

namespace kinetics {

/// Predicts accuracy and cost over a joint grid of models, attentions, limits and samples. The
/// number of allocations is the product of their numbers.
///
/// Accuracy is the law's coverage, averaged over its questions. Expected cost uses the law's length
/// distribution: E[cost(min(L, limit))]. Batches and latencies follow from it likewise, at the
/// law's own parameters.
class LawEvaluator {
 public:
  /// `law` must know the levels of all `sites` (FindOrAddLevel); all arguments must outlive this
  /// object. Throws Error as CostModel does, and above 2e7 allocations.
  LawEvaluator(const Law& law, const std::vector<PlannedRun>& sites, const LawGrid& grid,
               const Hardware& hardware, const CostOptions& options);

  /// Where an allocation lies in the grid; allocations count samples fastest, then limits, then
  /// sites.
  struct Position {
    size_t site = 0;
    size_t limit = 0;
    size_t samples = 0;
  };
  size_t Size() const;
  Position At(size_t allocation) const;
  /// Of an allocation that this object evaluated, whatever its number of samples: that is left 0.
  Position PositionOf(const Allocation& allocation) const;

  /// Means over questions of accuracy (samples fastest, as above), and of what costs depend on, for
  /// each site and limit, under parameters that may be a draw. Costs themselves (as accuracies)
  /// where they are not linear in the work for some site.
  struct Prediction {
    std::vector<double> accuracy;
    std::vector<SampleWork> work;
    std::vector<Cost> costs;
  };
  /// Throws Error where a law that was edited gives numbers that are none.
  Prediction Predict(const LawState& state) const;

  /// The cost of an allocation under a prediction.
  Cost CostOf(const Prediction& prediction, size_t allocation) const;

  /// Everything about all allocations that fit the memory, at the law's own parameters; their
  /// resampling draws parameters from the posterior, what a run nobody made deviates by, and
  /// questions.
  /// `with_questions`: fill the matrices too; throws Error above 5e7 cells.
  Evaluation Evaluate(bool with_questions) const;

  const CostModel& CostModelAt(const Position& position) const {
    return *ways_[WayOf(position.site, position.limit)].model;
  }
  /// Nullopt: it does not fit.
  const std::optional<Served>& ServedAt(const Position& position) const {
    return ways_[WayOf(position.site, position.limit)].served;
  }
  /// By question, at the law's own parameters.
  std::vector<LogNormalLength> LengthsAt(const Position& position) const;
  const Law& GetLaw() const { return law_; }
  /// In what so many samples there lie outside of the data behind the law.
  std::vector<std::string_view> Extrapolation(const Position& position, int64_t samples) const;
  int64_t SamplesAt(const Position& position) const { return grid_.samples[position.samples]; }
  const SampleWork& WorkAt(const Prediction& prediction, const Position& position) const {
    return prediction.work[WayOf(position.site, position.limit)];
  }
  /// Active parameters of the position's model.
  double ParametersAt(const Position& position) const {
    return static_cast<double>(sites_[position.site].model.active.without_input_embedding);
  }

 private:
  /// Calls visit(question, limit, coverage at the grid's samples, cost) for each question and
  /// limit.
  template <typename Visit>
  void VisitSite(const LawState& state, size_t site, const Visit& visit) const;
  void PredictSite(const LawState& state, size_t site, Prediction& prediction) const;
  /// A site under a limit: how it is served, and what it costs.
  struct Way {
    std::shared_ptr<const CostModel> model;
    std::optional<Served> served;
  };
  size_t WayOf(size_t site, size_t limit) const { return site * grid_.limits.size() + limit; }
  void AddWays(size_t site, const Hardware& hardware, const CostOptions& options);
  DecodeMoments MeanMoments(size_t site, size_t limit) const;
  void FillServing(Evaluation& evaluation) const;
  LogNormalLength LengthOf(const CellMeans& means, size_t site, size_t limit) const;
  std::optional<double> RecordedLimit(size_t site) const;
  void FillQuestions(Evaluation& evaluation) const;

  const Law& law_;
  const std::vector<PlannedRun>& sites_;
  const LawGrid& grid_;
  std::string hardware_;
  std::vector<Way> ways_;  // by site, then limit
  std::vector<std::string> notes_;
  std::vector<LawSite> law_sites_;
  std::vector<std::optional<int64_t>> recorded_limits_;
  LawSupport support_;

  friend class LawResampler;
};

}  // namespace kinetics
