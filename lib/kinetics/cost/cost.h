#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "kinetics/cost/calibrated_time.h"
#include "kinetics/cost/cost_terms.h"
#include "kinetics/cost/decode.h"
#include "kinetics/hardware/hardware.h"
#include "kinetics/model/attention.h"
#include "kinetics/model/model.h"

namespace kinetics {

/// How work becomes time.
enum class Rule {
  kAdditive,    ///< flops / peak + bytes / bandwidth (arXiv 2506.05333, equation 3).
  kMax,         ///< max(flops / peak, bytes / bandwidth): perfect overlap (its appendix A.1).
  kFlops,       ///< flops / peak: compute only.
  kParameters,  ///< flops.linear / peak: parameters only, the law before it.
  kCalibrated,  ///< What the calibrated device predicts, operation by operation (CalibratedTime).
};

/// "additive", "max", "flops", "parameters" or "calibrated".
std::string_view Name(Rule rule);
/// "exact" or "published".
std::string_view Name(Convention convention);

/// How work is counted. The default is the paper's case: a batch so large that weights cost
/// nothing. Measured operations have a size: under Rule::kCalibrated a batch without end means
/// kCalibratedBatch, see BatchOf.
struct CostOptions {
  Rule rule = Rule::kAdditive;
  Convention convention = Convention::kExact;
  std::optional<Dtype> dtype;  ///< Of peak, weights and KV cache; see RooflineOf for the default.
  std::optional<Dtype> weight_dtype;  ///< Of weights alone.
  std::optional<Dtype> kv_dtype;      ///< Of the KV cache alone.
  double batch =
      std::numeric_limits<double>::infinity();  ///< Sequences decoded together, at least 1.
  int64_t gpus = 1;  ///< Devices that share every layer, see parallel.h; batch is that of them all.
  bool prefill = false;  ///< Charge the processing of prompts too.
};

inline constexpr double kCalibratedBatch = 64;

/// The batch that the options stand for.
double BatchOf(const CostOptions& options);

/// The device's rates in the number format that the options stand for: --dtype, else that of
/// RooflineOf; under Rule::kCalibrated else the first whose decode attention was measured.
Roofline RooflineOf(const Hardware& hardware, const CostOptions& options);

/// The format that the options stand for: of --weight-dtype, else --dtype, else the model's own
/// where it is quantized, else `dtype`, the roofline's.
WeightFormat WeightFormatOf(const Model& model, const CostOptions& options, Dtype dtype);

/// What the expected cost of samples follows from; averages over lengths are averages of these.
struct SampleWork {
  DecodeMoments moments;
  TimeTerms time;  ///< Of one sample, under Rule::kCalibrated; without the prefill's.
  // Where prefill is charged, for all samples of a question:
  DecodeMoments prefill;  ///< Of generating the prompt's tokens one by one, all attended to.
  TimeTerm prefill_time;  ///< Under Rule::kCalibrated.

  SampleWork& operator+=(const SampleWork& other);
  friend SampleWork operator*(double k, const SampleWork& work) {
    return {k * work.moments, k * work.time, k * work.prefill, k * work.prefill_time};
  }
};

/// The cost of decoding with one model, attention and kind of device.
///
///   flops.linear    = 2 P L N                 P: active parameters but the input embedding
///   flops.attention = 4 H d n S N             (2 H (d_k + d_v) where values are narrower)
///   flops.search    = 2 H d n (C L + L^2/2) N / block
///   bytes.weights   = W L N / batch           W: bytes of P parameters
///   bytes.kv_shared = 2 K d n e C L           dense attention only
///   bytes.kv        = 2 K d n e N L^2/2       dense;  2 K d n e S N  sparse, which shares nothing
///   bytes.search    = K d n e (C L + N L^2/2) / block
///   link            = 2 x 2 (G - 1) h n L N + ...    see LinkElementsPerToken, in 16 bit
///   flops.prefill   = 2 (P - P_head) C + 2 P_head + 4 H d n C^2/2
///   bytes.prefill   = 2 K d n e C + W C / kPrefillTokens  (W: 0 with an infinite batch)
///
/// Times are device-seconds: the work of all G devices over the rates of one; a step takes the G-th
/// part. KV cache that several devices hold (KvCopies) is read by each, and so are sparse indices
/// by all of them. What is sent takes link / interconnect bandwidth under every rule that counts
/// bytes, beside which nothing else is done; latency is left to Rule::kCalibrated. Prefill, without
/// which prompts are free, reads a layer's cache at no cost, as its rows are used many times.
///
/// Layers that are not made to attend to all of the context keep their own way whatever `attention`
/// says: windows, chunks and chosen rows by CappedLayers, in flops.attention and bytes.kv, sharing
/// nothing; a sparse index scores and reads a key for each token (or compressed vector), counted as
/// search; a recurrent state is read and written at every step, in FP32, and its convolution's in
/// the model's format, counted as bytes.kv, with RecurrenceFlops counted as attention. Of a layer's
/// experts a step reads ExpectedExperts(batch).
///
/// C prompt tokens, L generated tokens, N samples, S as in decode.h, e bytes per element. Equations
/// 1 to 4, 8 and 9 of arXiv 2506.05333. Under Convention::kPublished P is the model's published
/// count and the search divides by the block size with rounding down.
class CostModel {
 public:
  /// Throws Error: no peak or bandwidth for the number format, no parameter count, a sparse
  /// attention for a model without layers that attend to all of the context, or as
  /// CalibratedTime does; UsageError for a published convention of Rule::kCalibrated.
  CostModel(const Model& model, const Attention& attention, const Hardware& hardware,
            const CostOptions& options);

  /// N = `samples` samples of L = `generated_tokens` each. All non-negative; L and N may be
  /// fractional.
  Cost Of(double prompt_tokens, double generated_tokens, double samples) const;
  /// Of decoding alone, and of prefill (nothing where it is not charged).
  Cost DecodeCost(double prompt_tokens, double generated_tokens, double samples) const;
  Cost PrefillCost(double prompt_tokens) const;

  const Roofline& GetRoofline() const { return roofline_; }
  Rule GetRule() const { return rule_; }

  /// Whether the cost is linear in SampleWork, so that a mean cost is the cost of mean work. It is
  /// not under Rule::kMax, nor with the rounding of the published block search.
  bool IsLinear() const { return rule_ != Rule::kMax && !rounds_search_; }
  SampleWork WorkOf(double prompt_tokens, double generated_tokens) const;
  /// Its part that all samples of a question share.
  SampleWork PrefillWork(double prompt_tokens) const;
  /// Of N = `samples` samples of that work; exact if IsLinear.
  Cost CostOf(const SampleWork& work, double samples) const;

  /// Terms of decoding without rounding the search; exact if IsLinear or the rule is kMax.
  CostTerms TermsOf(const DecodeMoments& moments, double samples) const;
  /// Time and eFLOPs of given work by the roofline and the rule. Under Rule::kCalibrated, whose
  /// time does not follow from terms, this is the additive roofline and not what Of() gives.
  Cost RooflineCost(const CostTerms& terms) const;
  /// Of that, what is beside decoding's own compute and memory: sending, and prefill.
  Seconds SecondsBeside(const CostTerms& terms) const;
  /// Nothing but under Rule::kCalibrated.
  const CalibratedTime* GetCalibratedTime() const { return time_.get(); }
  /// MomentsOf and RegimesOf with this model's KV budget, convention and capped layers.
  DecodeMoments Moments(double prompt_tokens, double generated_tokens) const;
  std::vector<DecodeRegime> Regimes(double prompt_tokens) const;
  /// Whether this is the published block search, which rounds down.
  bool RoundsSearch() const { return rounds_search_; }

 private:
  void AddLayers(const LayerGroup& group, const CostOptions& options);
  CostTerms PrefillTerms(const DecodeMoments& m) const;
  Seconds Combine(Seconds compute, Seconds memory) const;

  Rule rule_;
  Convention convention_;
  Roofline roofline_;
  std::optional<double> kv_budget_;
  bool rounds_search_;
  double block_tokens_;      // 0: no block search
  double parameters_;        // P
  double weight_bytes_ = 0;  // W / batch
  // Of one row in all layers that attend to all of the context: sums of 2 H (d_k + d_v), of the
  // cache's elements, and of keys alone, which block search pools.
  double attention_flops_ = 0;
  double kv_bytes_ = 0;
  double key_flops_ = 0;
  double key_bytes_ = 0;
  std::vector<CappedLayers> capped_;
  // Sparse indices, for each token of the context; recurrence, for each step.
  double index_flops_ = 0;
  double index_bytes_ = 0;
  double state_flops_ = 0;
  double state_bytes_ = 0;
  double link_bytes_ = 0;  // sent for each token
  // Prefill: parameters of the head, which one token of a prompt meets; bytes that each writes and
  // reads.
  bool has_prefill_;
  double head_parameters_;
  double prefill_bytes_ = 0;
  std::shared_ptr<const CalibratedTime> time_;
};

}  // namespace kinetics
