#pragma once

#include <optional>
#include <span>
#include <vector>

namespace kinetics {

/// Token counts that the cost of decoding is linear in, for one sample of L generated tokens after
/// a prompt of C. Averages over samples are averages of these, term by term.
struct DecodeMoments {
  double tokens = 0;     ///< L
  double prompt = 0;     ///< C L: prompt tokens in the context, summed over decode steps.
  double generated = 0;  ///< L^2 / 2: generated tokens in the context, summed over decode steps.
  double attended = 0;   ///< S: tokens attended to, summed over decode steps.
  // Of layers that are made to attend to less than the context, see CappedLayers:
  double capped_flops = 0;  ///< FLOPs of their attention.
  double capped_bytes = 0;  ///< Bytes of KV cache that they read.

  DecodeMoments& operator+=(const DecodeMoments& other);
  friend DecodeMoments operator*(double k, const DecodeMoments& m) {
    return {k * m.tokens,   k * m.prompt,       k * m.generated,
            k * m.attended, k * m.capped_flops, k * m.capped_bytes};
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

/// Layers whose attention stops growing with the context: a step at a context of x reads x rows
/// below `tokens` = B and `rows` = R above, each of `flops` and `bytes` (a row of all the layers).
/// Their S is the integral of that,
///
///   S = R L                                 if C >= B
///     = C L + L^2/2                         if C + L <= B
///     = (B^2 - C^2)/2 + R (C + L - B)       otherwise.
///
/// A window has R = B. A chunk of B tokens starts anew when it is full: then R = B/2, the mean over
/// its sawtooth, exact where C and C + L are multiples of B.
struct CappedLayers {
  double tokens = 0;
  double rows = 0;
  double flops = 0;
  double bytes = 0;
};

/// The moments of CappedLayers, for whole models: adds to capped_flops and capped_bytes.
void AddCapped(double prompt_tokens, double generated_tokens, const CappedLayers& layers,
               DecodeMoments& moments);

/// Moments as polynomials of L: coefficients of L^2, L and 1.
struct DecodePolynomial {
  DecodeMoments square, linear, constant;
};

/// The polynomial that holds for L up to `end`.
struct DecodeRegime {
  double end = 0;
  DecodePolynomial polynomial;
};

/// The polynomials that MomentsOf and AddCapped evaluate, by ascending `end`; that of the last is
/// infinite.
std::vector<DecodeRegime> RegimesOf(double prompt_tokens, std::optional<double> kv_budget,
                                    Convention convention,
                                    std::span<const CappedLayers> layers = {});

}  // namespace kinetics
