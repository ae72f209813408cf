#include "kinetics/cost/calibrated_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kinetics/core/error.h"
#include "kinetics/core/limits.h"

namespace kinetics {
namespace {

int64_t WholeBatch(double batch) {
  constexpr double kMost = 1e6;
  if (!(batch >= 1 && batch <= kMost) || batch != std::floor(batch)) {
    throw Error(fmt::format(
        "batch {:g}: rule calibrated times whole batches of 1 to {:g} sequences", batch, kMost));
  }
  return static_cast<int64_t>(batch);
}

/// The operation whose measured kernel does an attention, or that of dense attention.
Operation KernelOf(const Attention& attention, const Hardware& hardware, Dtype dtype,
                   int64_t head_dim) {
  const Operation own = attention.kind == AttentionKind::kBlockTopk ? Operation::kBlockTopkAttention
                        : attention.kind == AttentionKind::kSliding ? Operation::kSlidingAttention
                                                                    : Operation::kDecodeAttention;
  return FindCalibrated(hardware, own, dtype, head_dim) != nullptr ? own
                                                                   : Operation::kDecodeAttention;
}

/// Refuses layers that nothing measured tells the time of.
void ExpectMeasured(const Model& model) {
  for (const LayerGroup& group : model.layers) {
    const bool is_plain = group.attention == LayerAttention::kFull && group.experts == 0 &&
                          group.recurrence == Recurrence::kNone && group.intermediate_size > 0 &&
                          group.value_dim == group.head_dim;
    if (!is_plain) {
      throw Error(
          fmt::format("model {}: rule calibrated has no measured operations for its layers "
                      "of {}{}; use another rule",
                      model.name, KindName(group), group.experts > 0 ? " with experts" : ""));
    }
  }
}

}  // namespace

CalibratedTime::CalibratedTime(const Model& model, const Attention& attention,
                               const Hardware& hardware, Dtype dtype, double batch)
    : hardware_(std::make_shared<const Hardware>(hardware)), batch_(WholeBatch(batch)) {
  if (!hardware.calibration) {
    throw Error(
        fmt::format("hardware {}: is not calibrated, which rule calibrated needs; see "
                    "kinetics calibrate",
                    hardware.name));
  }
  ExpectMeasured(model);
  AddLinear(model, *hardware_, dtype);
  AddAttention(model, attention, *hardware_, dtype);
}

void CalibratedTime::AddLinear(const Model& model, const Hardware& hardware, Dtype dtype) {
  const bool is_vector =
      batch_ == 1 && FindCalibrated(hardware, Operation::kGemv, dtype, std::nullopt) != nullptr;
  const OperationTimer timer(hardware, is_vector ? Operation::kGemv : Operation::kGemm, dtype);
  const auto add = [&](std::string_view name, int64_t count, int64_t n, int64_t k) {
    const TimeTerm once = timer.Of({.m = batch_, .n = n, .k = k});
    linear_.push_back({.name = name, .count = count, .once = once});
    linear_step_ += static_cast<double>(count) * once;
  };
  for (const LayerGroup& group : model.layers) {
    const int64_t queries = group.query_heads * group.head_dim;
    const int64_t keys = group.kv_heads * group.head_dim;
    add("QKV", group.count, queries + 2 * keys, model.hidden_size);
    add("attention output", group.count, model.hidden_size, queries);
    add("gate and up", group.count, 2 * group.intermediate_size, model.hidden_size);
    add("down", group.count, model.hidden_size, group.intermediate_size);
  }
  add("output head", 1, model.vocabulary_size, model.hidden_size);
}

void CalibratedTime::AddAttention(const Model& model, const Attention& attention,
                                  const Hardware& hardware, Dtype dtype) {
  bool searches = attention.kind == AttentionKind::kBlockTopk;
  for (const LayerGroup& group : model.layers) {
    const Operation kernel = KernelOf(attention, hardware, dtype, group.head_dim);
    OperationShape shape = {.batch = batch_,
                            .query_heads = group.query_heads,
                            .kv_heads = group.kv_heads,
                            .head_dim = group.head_dim};
    if (kernel == Operation::kBlockTopkAttention) {
      shape.block_tokens = attention.block_tokens;
      shape.top_blocks = attention.top_blocks;
      shape.local_tokens = attention.local_tokens;
      searches = false;
    } else if (kernel == Operation::kSlidingAttention) {
      shape.window_tokens = attention.window_tokens;
    }
    attention_.push_back({group.count, shape, {hardware, kernel, dtype, group.head_dim}});
  }
  kv_budget_ = KvBudget(attention);
  if (searches) {
    AddSearch(model, attention.block_tokens, hardware, dtype);
  }
  attention_integral_.emplace([this](int64_t context) { return AttentionSeconds(context); },
                              kv_budget_);
  FindProvenance();
}

void CalibratedTime::AddSearch(const Model& model, int64_t block_tokens, const Hardware& hardware,
                               Dtype dtype) {
  const Roofline roofline = RooflineOf(hardware, dtype);
  // Keys alone are pooled, scored and read: half of attention's FLOPs and of the cache's bytes.
  const Flops flops = {AttentionFlopsPerPair(model) / 2};
  const Bytes bytes = {KvBytesPerToken(model, dtype).value / 2};
  search_seconds_ = std::max((flops / roofline.peak).value, (bytes / roofline.bandwidth).value) /
                    static_cast<double>(block_tokens);
  search_provenance_ = RooflineProvenance(hardware, dtype);
}

int64_t CalibratedTime::KernelContext(const OperationShape& shape, int64_t context) const {
  const bool is_whole = shape.top_blocks > 0 || shape.window_tokens > 0;
  return is_whole || !kv_budget_ ? context : std::min(context, *kv_budget_);
}

OperationShape CalibratedTime::ShapeAt(const Group& group, int64_t context) const {
  OperationShape shape = group.shape;
  shape.context = KernelContext(shape, context);
  return shape;
}

double CalibratedTime::AttentionSeconds(int64_t context) const {
  double seconds = 0;
  for (const Group& group : attention_) {
    seconds +=
        static_cast<double>(group.count) * group.timer.SecondsOf(ShapeAt(group, context)).value;
  }
  return seconds;
}

void CalibratedTime::FindProvenance() {
  for (const Group& group : attention_) {
    if (const CalibratedRange* range = group.timer.RangeOf("context")) {
      fitted_from_ = std::max(fitted_from_, range->low);
      fitted_to_ = std::min(fitted_to_, range->high);
      outside_ = Provenance::kExtrapolated;
    }
  }
  for (const Group& group : attention_) {
    OperationShape shape = group.shape;
    shape.context = fitted_from_;
    inside_ = std::max(inside_, group.timer.ProvenanceOf(shape));
  }
  outside_ = std::max(inside_, outside_);
}

Provenance CalibratedTime::AttentionProvenance(double context) const {
  // Whole tokens on either side of it, which all that is fitted begins and ends at.
  const auto at = [&](double tokens) {
    return KernelContext(attention_.front().shape, static_cast<int64_t>(tokens));
  };
  const bool is_inside =
      at(std::floor(context)) >= fitted_from_ && at(std::ceil(context)) <= fitted_to_;
  return is_inside ? inside_ : outside_;
}

TimeTerms CalibratedTime::Of(double prompt_tokens, double generated_tokens) const {
  const double end = prompt_tokens + generated_tokens;
  const double share = 1 / static_cast<double>(batch_);
  TimeTerms terms;
  terms.linear = generated_tokens * share * linear_step_;
  terms.attention = {{share * attention_integral_->Between(prompt_tokens, end)},
                     std::max(AttentionProvenance(prompt_tokens), AttentionProvenance(end))};
  terms.search = {{search_seconds_ * generated_tokens * (prompt_tokens + generated_tokens / 2)},
                  search_provenance_};
  return terms;
}

std::vector<StepOperation> CalibratedTime::Step(int64_t context) const {
  std::vector<StepOperation> step = linear_;
  for (const Group& group : attention_) {
    step.push_back({.name = "attention",
                    .count = group.count,
                    .once = group.timer.Of(ShapeAt(group, context))});
  }
  if (search_seconds_ > 0) {
    const double tokens = static_cast<double>(batch_) * static_cast<double>(context);
    step.push_back({.name = "block search, all layers",
                    .count = 1,
                    .once = {{search_seconds_ * tokens}, search_provenance_}});
  }
  return step;
}

}  // namespace kinetics
