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

/// The time of decoding on a calibrated device, operation by operation. A step generates a token of
/// each of `batch` sequences:
///
///   step(c) = sum over layers of (QKV + output + gate and up + down + attention(c)) + output head
///
/// with linear layers m x n x k at m = batch, attention over contexts of c tokens, and
///
///   seconds of a sample = int_C^(C + L) step(c) dc / batch,
///
/// the sequences of a batch taken to be equally long. Attention: dense reads all of c; topk (an
/// oracle's choice is free) and sliding min(B, c) tokens; block_topk by its own measured kernel,
/// else min(B, c) tokens and the search by the roofline. Every sequence reads its own KV cache:
/// serving kernels do not share a prompt's among samples.
///
/// Ignored: norms, activations, sampling, launches between kernels, prefill, other devices.
class CalibratedTime {
 public:
  /// Throws Error: a device without calibration or without figures for what was not measured, a
  /// batch that is not a whole number.
  CalibratedTime(const Model& model, const Attention& attention, const Hardware& hardware,
                 Dtype dtype, double batch);

  /// One sample of L = `generated_tokens` after a prompt of C. O(log) time.
  TimeTerms Of(double prompt_tokens, double generated_tokens) const;

  /// The operations of a step at a context of so many tokens.
  std::vector<StepOperation> Step(int64_t context) const;

 private:
  /// Attention of the layers of one shape.
  struct Group {
    int64_t count = 0;
    OperationShape shape;
    OperationTimer timer;
  };
  void AddLinear(const Model& model, const Hardware& hardware, Dtype dtype);
  void AddAttention(const Model& model, const Attention& attention, const Hardware& hardware,
                    Dtype dtype);
  void AddSearch(const Model& model, int64_t block_tokens, const Hardware& hardware, Dtype dtype);
  /// The context that a kernel of this shape is given: all of it where the kernel itself is sparse.
  int64_t KernelContext(const OperationShape& shape, int64_t context) const;
  OperationShape ShapeAt(const Group& group, int64_t context) const;
  double AttentionSeconds(int64_t context) const;
  void FindProvenance();
  Provenance AttentionProvenance(double context) const;

  std::shared_ptr<const Hardware> hardware_;  // timers refer to it
  int64_t batch_;
  std::vector<StepOperation> linear_;
  TimeTerm linear_step_;
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
