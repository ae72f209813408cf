#pragma once

#include <optional>

namespace kinetics {

/// Token counts that the cost of decoding is linear in, for one sample of L generated tokens after
/// a prompt of C. Averages over samples are averages of these, term by term.
struct DecodeMoments {
  double tokens = 0;     ///< L
  double prompt = 0;     ///< C L: prompt tokens in the context, summed over decode steps.
  double generated = 0;  ///< L^2 / 2: generated tokens in the context, summed over decode steps.
  double attended = 0;   ///< S: tokens attended to, summed over decode steps.

  DecodeMoments& operator+=(const DecodeMoments& other);
  friend DecodeMoments operator*(double k, const DecodeMoments& m) {
    return {k * m.tokens, k * m.prompt, k * m.generated, k * m.attended};
  }
};

/// How S is summed.
enum class Convention {
  kExact,      ///< The sum over t in (0, L] of min(B, C + t), in closed form.
  kPublished,  ///< As behind the paper's published tables: B L + max(0, B - C)^2 / 2 (sign error).
};

/// With C = `prompt_tokens` >= 0, L = `generated_tokens` >= 0 and B = `kv_budget` (none: no limit),
///
///   S(none) = C L + L^2 / 2
///   S(B)    = B L                        if C >= B
///           = C L + L^2 / 2              if C + L <= B
///           = B L - (B - C)^2 / 2        otherwise.
///
/// arXiv 2506.05333, sections 2 and A.2, with the short-prompt correction summed exactly.
DecodeMoments MomentsOf(double prompt_tokens, double generated_tokens,
                        std::optional<double> kv_budget, Convention convention);

/// MomentsOf as polynomials of L: coefficients of L^2, L and 1, exact on one side of `boundary`.
struct DecodePolynomial {
  DecodeMoments square, linear, constant;
};

/// S as one polynomial a regime: `below` holds for L <= boundary, `above` for L >= boundary.
/// Without a boundary `above` holds everywhere.
struct DecodeRegimes {
  std::optional<double> boundary;
  DecodePolynomial below, above;
};

/// The polynomials that MomentsOf evaluates.
DecodeRegimes RegimesOf(double prompt_tokens, std::optional<double> kv_budget,
                        Convention convention);

}  // namespace kinetics
