#pragma once

#include <string>
#include <vector>

#include "kinetics/cost/cost.h"
#include "kinetics/cost/rates.h"
#include "kinetics/plan/serving.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// One allocation and what it costs.
struct CostRow {
  std::string model;
  std::string hardware;
  Attention attention;
  int64_t prompt_tokens = 0;
  int64_t generation_tokens = 0;
  int64_t samples = 0;
  CostOptions options;
  Roofline roofline;
  bool shows_spend = false;  ///< In CSV and among many rows: money, energy and carbon too.
  Cost cost;
  Rates rates;
  Spend spend;
  Serving serving;                    ///< Its memory is that of `memory`.
  std::optional<MemoryNeeds> memory;  ///< Of a finite batch on a device of known memory.
  /// Under Rule::kCalibrated: a decode step in the middle of a generation, operation by operation.
  std::vector<StepOperation> step;
  int64_t step_context = 0;  ///< Tokens.
};

/// Costs term by term. One row is a table of its terms, or a JSON document of its own; several are
/// one line each, and a JSON list "rows". At least one row.
std::string RenderCosts(const std::vector<CostRow>& rows, Format format, const MadeBy& made_by);

}  // namespace kinetics
