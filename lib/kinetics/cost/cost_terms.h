#pragma once

#include "kinetics/core/units.h"
#include "kinetics/cost/time_terms.h"
#include "kinetics/hardware/hardware.h"

namespace kinetics {

/// Operations by what they are for; all samples of a question together.
struct FlopsTerms {
  Flops linear;     ///< Multiplying with the parameters.
  Flops attention;  ///< Scores and weighted values over the KV cache.
  Flops search;     ///< Scoring pooled keys to choose blocks.
  Flops prefill;    ///< Processing the prompt, once for all samples, where it is charged.
};

/// Memory reads by what they are for; all samples of a question together.
struct BytesTerms {
  Bytes weights;    ///< Reading the parameters, shared by the batch.
  Bytes kv_shared;  ///< Reading the prompt's KV cache, once for all samples of a question.
  Bytes kv;         ///< Reading the KV cache, a sample each.
  Bytes search;     ///< Reading pooled keys.
  Bytes prefill;    ///< Reading the parameters and writing the KV cache for the prompt, likewise.
};

/// The work of answering a question, term by term. Terms add up over questions and scale.
struct CostTerms {
  FlopsTerms flops;
  BytesTerms bytes;
  Bytes link;  ///< Sent between devices that share the layers, by all of them; not in TotalBytes.

  CostTerms& operator+=(const CostTerms& other);
  friend CostTerms operator*(double k, const CostTerms& terms);
};

/// Sums of the terms; bytes are those of memory.
Flops TotalFlops(const CostTerms& terms);
Bytes TotalBytes(const CostTerms& terms);

/// What answering one question costs: all samples together.
struct Cost {
  CostTerms terms;
  Seconds seconds;  ///< On the device, by the rule.
  Flops eflops;     ///< seconds * peak, under every rule.
  TimeTerms time;   ///< What `seconds` is made of under Rule::kCalibrated; else nothing.
  /// What a served model bills for its tokens (TokenPrice); then there is nothing else.
  double billed_usd = 0;

  Cost& operator+=(const Cost& other);
  friend Cost operator*(double k, const Cost& cost);
};

/// Attention's share against the parameters': eFLOPs (additive) of attention, KV cache and search
/// over those of linear layers and weights; the paper's Phi (section 2) with its prompt term kept.
double AttentionToLinear(const CostTerms& terms, const Roofline& roofline);
/// The ratio of their calibrated times.
double AttentionToLinear(const TimeTerms& time);

}  // namespace kinetics
