#pragma once

#include <cstdint>
#include <vector>

#include "kinetics/cost/operation_timer.h"
#include "kinetics/cost/step.h"
#include "kinetics/model/model.h"

namespace kinetics {

/// The products of a step with a model's weights on a calibrated device, m x n x k for m tokens.
///
/// Weights in the format of the products, or in FP8 where products in it were measured, are timed
/// by the measured products. What multiplies weights of another format, of b bytes an element, is
/// timed by the roofline: max(2 m n k / peak, (b n k + e m (n + k)) / bandwidth), e that of
/// activations.
///
/// Routed experts of E, K a token: the one product that stands for a layer's has the rows of the
/// mean expert, m K / D rounded, and the columns of all D = ExpectedExperts(m) that a step is
/// expected to read: their bytes and, up to rounding, their FLOPs. As no grouped kernel was
/// measured, it counts as extrapolated. With several devices each has D / gpus of them.
class CalibratedLinear {
 public:
  /// `model`, `hardware` and `setup` must outlive this object; `hardware` must be calibrated.
  CalibratedLinear(const Model& model, const Hardware& hardware, const StepSetup& setup)
      : model_(model),
        hardware_(hardware),
        setup_(setup),
        weights_(setup.weights.value_or(PlainFormat(setup.linear_dtype))) {}

  /// Of all layers, for m tokens; alike ones of different groups of layers as one.
  std::vector<StepOperation> LayersAt(int64_t m) const;

  /// The output head, for m tokens.
  StepOperation HeadAt(int64_t m) const;

 private:
  /// The products of a step, as they are added.
  struct Batch {
    int64_t tokens = 0;
    std::vector<StepOperation> operations;

    void Add(const std::string& name, int64_t count, const TimeTerm& once);
  };

  TimeTerm Product(const OperationShape& shape, double weight_bytes) const;
  TimeTerm ByRoofline(const OperationShape& shape, double weight_bytes) const;
  void AddMixer(const LayerGroup& group, double weight_bytes, Batch& batch) const;
  void AddMlp(const LayerGroup& group, double weight_bytes, Batch& batch) const;
  void AddExperts(const LayerGroup& group, double weight_bytes, Batch& batch) const;

  const Model& model_;
  const Hardware& hardware_;
  const StepSetup& setup_;
  WeightFormat weights_;
};

}  // namespace kinetics
