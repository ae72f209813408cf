#pragma once

#include <cstdint>
#include <vector>

#include "kinetics/law/law.h"
#include "kinetics/records/limited.h"

namespace kinetics {

/// The accuracy of one sample of a run that may generate so many tokens: the chance that it is
/// right and no longer. A truncation curve, which is a lower bound of what a model does that knows
/// the limit.
struct TokenBudgetRow {
  size_t run = 0;
  int64_t generation_tokens = 0;
  LimitedAccuracy observed;  ///< Equal bounds where it is known which trials were right.
  double predicted = 0;      ///< By the law; where the records' limit is longer.
};

/// Rows for every run of `records`, which the law was fitted to, and every limit; runs without
/// lengths are left out.
std::vector<TokenBudgetRow> CompareTokenBudgets(const Law& law, const Records& records,
                                                const std::vector<int64_t>& limits,
                                                ErrorPolicy errors);

}  // namespace kinetics
