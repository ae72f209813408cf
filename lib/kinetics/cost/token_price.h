#pragma once

#include <optional>
#include <span>
#include <string>

#include "kinetics/cost/cost_terms.h"

namespace kinetics {

/// What a served model's tokens are billed at.
struct TokenPrice {
  double input_usd_per_million = 0;   ///< Of the prompt, at least 0.
  double output_usd_per_million = 0;  ///< Of what is generated, reasoning included; above 0.
};

/// A price and the models that it is of.
struct ModelPrice {
  std::optional<std::string> models;  ///< A name or a glob over names; absent: all others.
  TokenPrice price;
};

/// The expected bill of a question's samples, billed_usd alone:
///
///   usd = N charged (C input + mean(L) output) / 1e6
///
/// C prompt tokens, N `samples`. Every sample is a request of its own, so that each pays for the
/// prompt; cached prompts are not modelled. `lengths` L and `charged` as of ExpectedCost.
Cost ExpectedBill(const TokenPrice& price, double prompt_tokens, std::span<const double> lengths,
                  double charged, double samples);

}  // namespace kinetics
