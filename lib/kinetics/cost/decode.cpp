#include "kinetics/cost/decode.h"

#include <algorithm>

namespace kinetics {

DecodeMoments& DecodeMoments::operator+=(const DecodeMoments& other) {
  tokens += other.tokens;
  prompt += other.prompt;
  generated += other.generated;
  attended += other.attended;
  return *this;
}

DecodeRegimes RegimesOf(double prompt_tokens, std::optional<double> kv_budget,
                        Convention convention) {
  const DecodePolynomial full = {
      .square = {.generated = 0.5, .attended = 0.5},
      .linear = {.tokens = 1, .prompt = prompt_tokens, .attended = prompt_tokens},
      .constant = {}};
  if (!kv_budget) {
    return {.boundary = std::nullopt, .below = {}, .above = full};
  }
  const double unfilled = std::max(0.0, *kv_budget - prompt_tokens);
  DecodePolynomial capped = full;
  capped.square.attended = 0;
  capped.linear.attended = *kv_budget;
  if (convention == Convention::kPublished) {
    capped.constant.attended = unfilled * unfilled / 2;
    return {.boundary = std::nullopt, .below = {}, .above = capped};
  }
  if (unfilled == 0) {
    return {.boundary = std::nullopt, .below = {}, .above = capped};
  }
  capped.constant.attended = -unfilled * unfilled / 2;
  return {.boundary = unfilled, .below = full, .above = capped};
}

DecodeMoments MomentsOf(double prompt_tokens, double generated_tokens,
                        std::optional<double> kv_budget, Convention convention) {
  const DecodeRegimes regimes = RegimesOf(prompt_tokens, kv_budget, convention);
  const bool is_below = regimes.boundary && generated_tokens <= *regimes.boundary;
  const DecodePolynomial& polynomial = is_below ? regimes.below : regimes.above;
  DecodeMoments moments = generated_tokens * generated_tokens * polynomial.square;
  moments += generated_tokens * polynomial.linear;
  moments += polynomial.constant;
  return moments;
}

}  // namespace kinetics
