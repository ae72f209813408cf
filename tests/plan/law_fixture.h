#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "kinetics/plan/law_evaluation.h"

namespace kinetics::test {

/// The law of the bundled AIME24 records, fitted once.
const Law& BundledLaw();

/// A grid over a law, with everything that its evaluator refers to.
class LawPlan {
 public:
  /// Every one of `models` with every one of `attentions` (as in "topk:512"), at `limits` (0: the
  /// records') and `samples`.
  LawPlan(const std::vector<std::string>& models, const std::vector<std::string>& attentions,
          const std::vector<int64_t>& limits, const std::vector<int64_t>& samples,
          const CostOptions& options = {});
  /// The same over models that are given.
  LawPlan(Law law, const std::vector<Model>& models, const std::vector<std::string>& attentions,
          const std::vector<int64_t>& limits, const std::vector<int64_t>& samples,
          const CostOptions& options = {});
  LawPlan(const LawPlan&) = delete;
  LawPlan& operator=(const LawPlan&) = delete;

  const Law& GetLaw() const { return law_; }
  const std::vector<PlannedRun>& Sites() const { return sites_; }
  const LawEvaluator& Evaluator() const { return *evaluator_; }

 private:
  Law law_;
  std::deque<Run> runs_;
  std::vector<PlannedRun> sites_;
  LawGrid grid_;
  std::unique_ptr<LawEvaluator> evaluator_;
};

/// A model of the catalogue with `share` of its parameters, under a name of its own.
Model Scaled(const std::string& name, double share);

}  // namespace kinetics::test
