#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/law/law_budgets.h"
#include "kinetics/law/law_validate.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// What `kinetics fit law` found.
struct LawReport {
  Law law;
  std::vector<Estimate> parameters;  ///< Shared ones, by LawParameter.
  int64_t bootstrap = 0;             ///< Resamples behind them; 0: from the posterior.
  size_t not_converged = 0;          ///< Resamples whose fit did not.
  uint64_t seed = 1;
  std::vector<TokenBudgetRow> token_budgets;
  std::optional<LawFold> fold;           ///< What was held out, if anything was.
  std::optional<std::string> validated;  ///< The other records, if there were any.
  std::optional<std::string> hardware;   ///< That costs are validated on.
  std::optional<LawValidation> validation;
  std::vector<std::string> warnings;  ///< Beside those of the law.
};

/// The warnings of the law and of the report.
std::vector<std::string> Warnings(const LawReport& report);

/// The report in any format. JSON has the schema kinetics.fit-law/1; CSV has a line a parameter, or
/// a line a prediction where there was a validation.
std::string RenderLawReport(const LawReport& report, Format format, const MadeBy& made_by);

}  // namespace kinetics
