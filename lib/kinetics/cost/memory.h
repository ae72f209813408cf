#pragma once

#include <cstdint>
#include <optional>

#include "kinetics/cost/cost.h"

namespace kinetics {

/// How much of a device's memory may be used, and for what.
struct MemoryOptions {
  /// Of the device's memory; the rest is left to the system, as engines do by default (vLLM's
  /// gpu_memory_utilization). Above 0, at most 1.
  double utilisation = 0.9;
  std::optional<Bytes> most;     ///< Of each device, in place of the above.
  std::optional<Bytes> reserve;  ///< Of each device; default: ReserveBytes.
};

/// Memory of each of the devices that share a model.
struct MemoryNeeds {
  Bytes usable;    ///< What there is.
  Bytes weights;   ///< Its share of them.
  Bytes reserve;   ///< For what is neither weights nor cache.
  Bytes sequence;  ///< Its share of the cache and state of one sequence.

  /// What is left for sequences; negative where weights and reserve are too large.
  Bytes Left() const { return usable - weights - reserve; }
  Bytes UsedAt(double batch) const { return weights + reserve + batch * sequence; }
  /// The number of sequences that fit, whole; 0 where none does. Where a sequence takes nothing,
  /// infinity.
  double Sequences() const;
};

/// Bytes of KV cache, sparse indices and recurrent state that one sequence keeps at a context of
/// `context_tokens`, on all devices together (KvCopies). Sparse attention keeps all of the context;
/// a sliding one that the engine imposes, and windows and chunks of the model, keep no more than
/// they read; block_topk adds a pooled key for each block.
Bytes KeptBytes(const Model& model, const Attention& attention, const CostOptions& options,
                Dtype dtype, double context_tokens);

/// What serving takes beside weights and cache on each device: 1 GiB for the runtime, its kernels,
/// graphs and communication, and the activations of a prefill step of kPrefillTokens tokens in 16
/// bit: two residual streams, and what the widest layer holds at once, which is as many elements a
/// token as it has parameters that are multiplied with it over hidden_size (for a gated MLP three
/// times its width: gate, up and their product), spread over the devices.
Bytes ReserveBytes(const Model& model, int64_t gpus);

/// The needs of sequences at a context of `context_tokens`. Throws Error: the device's memory or
/// the model's parameters are not known.
MemoryNeeds NeedsOf(const Model& model, const Attention& attention, const Hardware& hardware,
                    const CostOptions& options, const MemoryOptions& memory, double context_tokens);

/// The longest context of one sequence that fits the device, in tokens: the KV capacity where every
/// token takes the same. 0 where not one token fits. Throws Error as NeedsOf does.
int64_t LongestContext(const Model& model, const Attention& attention, const Hardware& hardware,
                       const CostOptions& options, const MemoryOptions& memory);

}  // namespace kinetics
