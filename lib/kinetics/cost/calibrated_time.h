#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "kinetics/cost/context_integral.h"
#include "kinetics/cost/operation_timer.h"
#include "kinetics/model/attention.h"
#include "kinetics/model/model.h"

namespace kinetics {

/// An operation of a decode step.
struct StepOperation {
  std::string_view name;  ///< "gate and up".
  int64_t count = 0;      ///< How often a step runs it: once a layer, as a rule.
  TimeTerm once;          ///< Of one.
};

/// Prompt tokens that a step of prefill takes, of one prompt or several: as serving engines do by
/// default (vLLM's max_num_batched_tokens).
inline constexpr int64_t kPrefillTokens = 8192;

/// What a decode step is made for.
struct StepSetup {
  Dtype linear_dtype = Dtype::kBf16;  ///< Of linear layers.
  Dtype kv_dtype = Dtype::kBf16;      ///< Of the KV cache.
  double batch = 1;                   ///< Sequences, whole.
  int64_t gpus = 1;                   ///< Devices that share every layer, see parallel.h.
};

/// The time of decoding on a calibrated device, operation by operation. A step generates a token of
/// each of `batch` sequences:
///
///   step(c) = sum over layers of (QKV + output + gate and up + down + attention(c)) + output head
///
/// with linear layers m x n x k at m = batch, attention over contexts of c tokens, and
///
///   device-seconds of a sample = gpus int_C^(C + L) step(c) dc / batch,
///
/// the sequences of a batch taken to be equally long. With several devices a step has a share of
/// every layer, all-reduces of batch x hidden_size 16 bit elements after the embedding and each
/// attention and MLP, and the gathering of logits by the roofline of the interconnect. Attention:
/// dense reads all of c; topk (an oracle's choice is free) and sliding min(B, c) tokens; block_topk
/// by its own measured kernel, else min(B, c) tokens and the search by the roofline. Every sequence
/// reads its own KV cache: serving kernels do not share a prompt's among samples.
///
/// Prefill takes its share of steps of kPrefillTokens tokens, and its own attention.
///
/// Ignored: norms, activations, sampling, launches between kernels.
class CalibratedTime {
 public:
  /// Throws Error: a device without calibration or without figures for what was not measured, a
  /// batch that is not a whole number.
  CalibratedTime(const Model& model, const Attention& attention, const Hardware& hardware,
                 const StepSetup& setup);

  /// One sample of L = `generated_tokens` after a prompt of C, in device-seconds. O(log) time.
  TimeTerms Of(double prompt_tokens, double generated_tokens) const;

  /// Processing a prompt, in device-seconds.
  TimeTerm Prefill(double prompt_tokens) const;

  /// The operations of a step at a context of so many tokens, on each device.
  std::vector<StepOperation> Step(int64_t context) const;

 private:
  /// Attention of the layers of one shape.
  struct Group {
    int64_t count = 0;
    OperationShape shape;
    OperationTimer timer;
  };
  /// Of a step of m tokens, without the output head.
  std::vector<StepOperation> LinearAt(int64_t m) const;
  std::vector<StepOperation> AllReducesAt(int64_t m) const;
  void AddHead();
  void AddAttention(const Attention& attention);
  void AddSearch(int64_t block_tokens);
  /// The context that a kernel of this shape is given: all of it where the kernel itself is sparse.
  int64_t KernelContext(const OperationShape& shape, int64_t context) const;
  OperationShape ShapeAt(const Group& group, int64_t context) const;
  double AttentionSeconds(int64_t context) const;
  void FindProvenance();
  Provenance AttentionProvenance(double context) const;

  Model model_;
  std::shared_ptr<const Hardware> hardware_;  // timers refer to it
  StepSetup setup_;
  int64_t batch_;
  std::vector<StepOperation> linear_;
  std::vector<StepOperation> link_;
  std::vector<Group> attention_;
  std::optional<ContextIntegral> attention_integral_;  // of a step
  std::optional<int64_t> kv_budget_;
  // What attention rests on where it reads so many tokens, and elsewhere.
  int64_t fitted_from_ = 0;
  int64_t fitted_to_ = std::numeric_limits<int64_t>::max();
  Provenance inside_ = Provenance::kNone;
  Provenance outside_ = Provenance::kNone;
  // Search where no kernel does it: seconds of a sequence's step for each token of its context.
  double search_seconds_ = 0;
  Provenance search_provenance_ = Provenance::kNone;
};

}  // namespace kinetics
