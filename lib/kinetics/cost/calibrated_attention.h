#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "kinetics/cost/context_integral.h"
#include "kinetics/cost/operation_timer.h"
#include "kinetics/cost/step.h"
#include "kinetics/model/attention.h"
#include "kinetics/model/layer.h"

namespace kinetics {

/// The attention of the layers of one shape on a calibrated device, at decode steps of a batch of
/// equally long sequences, and of a prompt.
///
/// The kernel of dense attention is given the rows that a step reads: all of the context; the last
/// `window_tokens` of sliding layers; those of the current chunk; and of layers that attend to all,
/// what a sparse attention leaves of them: topk (an oracle's choice is free) and sliding min(B, c).
/// Kernels of block top-k and of a sliding window that were measured themselves are given all of
/// it. Block top-k without one searches by the roofline.
class CalibratedAttention {
 public:
  /// `hardware` must outlive this object. `attention` is what layers that attend to all of the
  /// context have instead.
  CalibratedAttention(const LayerGroup& group, const Attention& attention, const Hardware& hardware,
                      const StepSetup& setup);

  /// Seconds of a step of all these layers, integrated over contexts. O(log) time.
  double Between(double from, double to) const;

  /// Seconds of the search of a step, of all these layers, for each token of the context and
  /// sequence, all devices together; 0 where a kernel does it, or nothing.
  const TimeTerm& SearchEach() const { return search_; }

  /// Worst of what the times at these contexts rest on.
  Provenance ProvenanceOf(double from, double to) const;

  /// At a context of so many tokens, on each device.
  StepOperation At(int64_t context) const;

  /// Of a prompt, all these layers, on each device. Windows and chunks take the share of a whole
  /// context's time that their pairs of tokens have.
  TimeTerm Prefill(double tokens) const;

 private:
  CalibratedAttention(const LayerGroup& group, const Attention& own, Operation kernel,
                      const Hardware& hardware, const StepSetup& setup);
  OperationShape ShapeOfRows(int64_t rows) const;
  double SecondsOfRows(int64_t rows) const;
  double Below(double context) const;
  Provenance ProvenanceAt(double context) const;
  void AddSearch(int64_t block_tokens, const StepSetup& setup);
  void FindProvenance();

  const Hardware* hardware_;
  Dtype dtype_;
  LayerGroup group_;
  OperationShape shape_;              // but for its context
  std::optional<int64_t> most_rows_;  // that the kernel is given, of any context
  OperationTimer timer_;
  std::optional<ContextIntegral> integral_;  // over rows
  double most_seconds_ = 0;                  // of a step with most_rows_
  TimeTerm search_;
  // What it rests on where it reads so many rows, and elsewhere.
  int64_t fitted_from_ = 0;
  int64_t fitted_to_ = std::numeric_limits<int64_t>::max();
  Provenance inside_ = Provenance::kNone;
  Provenance outside_ = Provenance::kNone;
};

}  // namespace kinetics
