#pragma once

#include <cstdint>

#include "kinetics/hardware/hardware.h"
#include "kinetics/model/model.h"

namespace kinetics {

/// Tensor parallelism: G devices share every layer. Each has a G-th of the query heads, of the
/// MLP's width and of the vocabulary, and whole routed experts (expert parallelism over the same
/// devices, taken to be evenly loaded), whose outputs the same all-reduce sums. Norms are ignored,
/// which every device has.

/// Whether query heads can be dealt out evenly, and KV heads dealt out or copied. `gpus`: G >= 1.
bool Spreads(const Model& model, int64_t gpus);
/// Throws Error where not.
void ExpectSpreads(const Model& model, int64_t gpus);

/// On how many devices each row of a layer's KV cache is: more than one where there are fewer KV
/// heads than devices; latent and compressed attention have one head. G / min(G, K).
double KvCopies(const LayerGroup& group, int64_t gpus);

/// A step of one sequence sums vectors of hidden_size over the devices: after the embedding, each
/// mixer and each MLP. Megatron-LM (arXiv 1909.08053, section 3).
int64_t AllReducesPerStep(const Model& model);

/// Elements that all devices send together for one token of one sequence: 2 (G - 1) for each
/// element of an all-reduce (a ring: every device sends 2 (G - 1) / G of it), and (G - 1) for each
/// element of the vocabulary, whose logits are gathered.
double LinkElementsPerToken(const Model& model, int64_t gpus);

/// Of the interconnect, each way. Throws Error, naming the device, where it is not known.
BytesPerSecond LinkBandwidth(const Hardware& hardware);

}  // namespace kinetics
