#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kinetics/cost/calibrated_attention.h"
#include "kinetics/cost/step.h"
#include "kinetics/model/model.h"

namespace kinetics {

/// Prompt tokens that a step of prefill takes, of one prompt or several: as serving engines do by
/// default (vLLM's max_num_batched_tokens).
inline constexpr int64_t kPrefillTokens = 8192;

/// The time of decoding on a calibrated device, operation by operation. A step generates a token of
/// each of `batch` sequences:
///
///   step(c) = sum over layers of (QKV + output + gate and up + down + attention(c)) + output head
///
/// with linear layers at m = batch, routed experts besides (see CalibratedLinear), attention over
/// contexts of c tokens (see CalibratedAttention), and
///
///   device-seconds of a sample = gpus int_C^(C + L) step(c) dc / batch,
///
/// the sequences of a batch taken to be equally long. With several devices a step has a share of
/// every layer, all-reduces of batch x hidden_size 16 bit elements after the embedding and each
/// attention and MLP, and the gathering of logits by the roofline of the interconnect. Every
/// sequence reads its own KV cache: serving kernels do not share a prompt's among samples.
///
/// Prefill takes its share of steps of kPrefillTokens tokens, and its own attention.
///
/// Ignored: norms, activations, sampling, launches between kernels.
class CalibratedTime {
 public:
  /// Throws Error: a device without calibration or without figures for what was not measured, a
  /// batch that is not a whole number, layers of latent, compressed or indexed attention or with a
  /// recurrence.
  CalibratedTime(const Model& model, const Attention& attention, const Hardware& hardware,
                 const StepSetup& setup);

  /// One sample of L = `generated_tokens` after a prompt of C, in device-seconds. O(log) time.
  TimeTerms Of(double prompt_tokens, double generated_tokens) const;

  /// Processing a prompt, in device-seconds.
  TimeTerm Prefill(double prompt_tokens) const;

  /// The operations of a step at a context of so many tokens, on each device.
  std::vector<StepOperation> Step(int64_t context) const;

 private:
  std::vector<StepOperation> AllReducesAt(int64_t m) const;
  StepOperation GatheringLogits() const;

  Model model_;
  std::shared_ptr<const Hardware> hardware_;  // attention refers to it
  StepSetup setup_;
  int64_t batch_;
  std::vector<StepOperation> linear_;  // the output head last
  std::vector<StepOperation> link_;
  TimeTerm linear_step_;  // sums of these
  TimeTerm link_step_;
  std::vector<CalibratedAttention> attention_;  // one for each group of layers
  TimeTerm search_each_;                        // of all of them
};

}  // namespace kinetics
