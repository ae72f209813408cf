#pragma once

#include <deque>
#include <string>
#include <vector>

#include "kinetics/plan/policy_evaluation.h"

namespace kinetics::test {

/// Everything that policies are evaluated on.
struct PolicySetting {
  Records records;
  std::vector<PlannedRun> runs;
  Hardware hardware;
  CostOptions options;
  AllocationGrid grid;

  /// Of models in the catalogue, on b200.
  explicit PolicySetting(Records recorded, const CostOptions& costs = {},
                         const AllocationGrid& allocations = {});
  PolicySetting(const PolicySetting&) = delete;
  PolicySetting& operator=(const PolicySetting&) = delete;

  Evaluation Evaluated(const std::vector<Policy>& policies,
                       const PlanOptions& plan_options = {}) const;
};

/// Random trials of these models, sparse attention of 64 tokens: `questions` of them, up to eight
/// trials each, some without a length or an answer; with `with_correct` the records say which are
/// right.
Records RandomRecords(const std::vector<std::string>& models, size_t questions, uint64_t seed,
                      bool with_correct);

}  // namespace kinetics::test
