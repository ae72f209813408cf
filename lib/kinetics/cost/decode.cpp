#include "kinetics/cost/decode.h"

#include <algorithm>
#include <limits>

namespace kinetics {
namespace {

/// S as a polynomial of L: a L^2 + b L + c.
struct RowSum {
  double square = 0;
  double linear = 0;
  double constant = 0;

  double At(double tokens) const { return (square * tokens + linear) * tokens + constant; }
};

RowSum UncappedSum(double prompt_tokens) { return {.square = 0.5, .linear = prompt_tokens}; }

/// Below and above the length at which the context reaches the budget, if it does.
struct SumRegimes {
  std::optional<double> boundary;
  RowSum below, above;

  const RowSum& For(double tokens) const { return boundary && tokens <= *boundary ? below : above; }
};

SumRegimes BudgetRegimes(double prompt_tokens, std::optional<double> kv_budget,
                         Convention convention) {
  const RowSum full = UncappedSum(prompt_tokens);
  if (!kv_budget) {
    return {.above = full};
  }
  const double unfilled = std::max(0.0, *kv_budget - prompt_tokens);
  RowSum capped = {.linear = *kv_budget};
  if (convention == Convention::kPublished || unfilled == 0) {
    capped.constant = unfilled * unfilled / 2;
    return {.above = capped};
  }
  capped.constant = -unfilled * unfilled / 2;
  return {.boundary = unfilled, .below = full, .above = capped};
}

SumRegimes CappedRegimes(double prompt_tokens, const CappedLayers& layers) {
  const double unfilled = std::max(0.0, layers.tokens - prompt_tokens);
  if (unfilled == 0) {
    return {.above = {.linear = layers.rows}};
  }
  const double filled = unfilled * (layers.tokens + prompt_tokens) / 2;
  return {.boundary = unfilled,
          .below = UncappedSum(prompt_tokens),
          .above = {.linear = layers.rows, .constant = filled - layers.rows * unfilled}};
}

void AddSum(const RowSum& sum, double DecodeMoments::*member, double factor,
            DecodePolynomial& polynomial) {
  polynomial.square.*member += factor * sum.square;
  polynomial.linear.*member += factor * sum.linear;
  polynomial.constant.*member += factor * sum.constant;
}

}  // namespace

DecodeMoments& DecodeMoments::operator+=(const DecodeMoments& other) {
  tokens += other.tokens;
  prompt += other.prompt;
  generated += other.generated;
  attended += other.attended;
  capped_flops += other.capped_flops;
  capped_bytes += other.capped_bytes;
  return *this;
}

DecodeMoments MomentsOf(double prompt_tokens, double generated_tokens,
                        std::optional<double> kv_budget, Convention convention) {
  const SumRegimes regimes = BudgetRegimes(prompt_tokens, kv_budget, convention);
  return {.tokens = generated_tokens,
          .prompt = prompt_tokens * generated_tokens,
          .generated = generated_tokens * generated_tokens / 2,
          .attended = regimes.For(generated_tokens).At(generated_tokens)};
}

void AddCapped(double prompt_tokens, double generated_tokens, const CappedLayers& layers,
               DecodeMoments& moments) {
  const SumRegimes regimes = CappedRegimes(prompt_tokens, layers);
  const double sum = regimes.For(generated_tokens).At(generated_tokens);
  moments.capped_flops += sum * layers.flops;
  moments.capped_bytes += sum * layers.bytes;
}

std::vector<DecodeRegime> RegimesOf(double prompt_tokens, std::optional<double> kv_budget,
                                    Convention convention, std::span<const CappedLayers> layers) {
  const SumRegimes budget = BudgetRegimes(prompt_tokens, kv_budget, convention);
  std::vector<SumRegimes> capped;
  std::vector<double> ends = {std::numeric_limits<double>::infinity()};
  if (budget.boundary) {
    ends.push_back(*budget.boundary);
  }
  for (const CappedLayers& group : layers) {
    capped.push_back(CappedRegimes(prompt_tokens, group));
    if (capped.back().boundary) {
      ends.push_back(*capped.back().boundary);
    }
  }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  std::vector<DecodeRegime> regimes;
  for (const double end : ends) {
    DecodePolynomial polynomial = {.square = {.generated = 0.5},
                                   .linear = {.tokens = 1, .prompt = prompt_tokens}};
    AddSum(budget.For(end), &DecodeMoments::attended, 1, polynomial);
    for (size_t i = 0; i < capped.size(); ++i) {
      AddSum(capped[i].For(end), &DecodeMoments::capped_flops, layers[i].flops, polynomial);
      AddSum(capped[i].For(end), &DecodeMoments::capped_bytes, layers[i].bytes, polynomial);
    }
    regimes.push_back({end, polynomial});
  }
  return regimes;
}

}  // namespace kinetics
