#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/cost/cost.h"
#include "kinetics/render/format.h"

namespace kinetics {

/// What an iso-cost table gives.
enum class IsocostSolve {
  kGenerationTokens,  ///< Tokens that cost the target.
  kSamples,           ///< Samples that cost the target.
  kCost,              ///< The cost over models and tokens (a matrix).
};

/// One model under one rule: samples and tokens that cost the same, or what they cost in a matrix.
struct IsocostRow {
  std::string model;
  Rule rule = Rule::kAdditive;
  std::optional<double> samples;            ///< Absent where none cost the target.
  std::optional<double> generation_tokens;  ///< Likewise.
  Seconds seconds;
  Flops eflops;
};

/// An iso-cost table with what was asked and assumed.
struct IsocostReport {
  std::string hardware;
  Roofline roofline;
  Convention convention = Convention::kExact;
  Attention attention;
  double batch = 0;
  int64_t gpus = 1;
  int64_t prompt_tokens = 0;
  IsocostSolve solve = IsocostSolve::kGenerationTokens;
  std::string target;            ///< As asked: "2s", "Qwen3-14B:8192"; "" for a matrix.
  std::vector<IsocostRow> rows;  ///< By model, then by tokens, then by rule.
};

/// Models down, rules across; a matrix has tokens across.
std::string RenderIsocost(const IsocostReport& report, Format format, const MadeBy& made_by);

}  // namespace kinetics
