#include "kinetics/cost/calibrated_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kinetics/core/error.h"
#include "kinetics/core/limits.h"
#include "kinetics/cost/parallel.h"

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

/// Elements in 16 bit that devices send each other.
constexpr int64_t kLinkBytes = 2;

/// What one of `gpus` devices has of `count`, at least one.
int64_t ShareOf(int64_t count, int64_t gpus) { return (count + gpus - 1) / gpus; }

/// The measured operation that multiplies with m rows.
Operation ProductOf(const Hardware& hardware, Dtype dtype, int64_t m) {
  const bool is_vector =
      m == 1 && FindCalibrated(hardware, Operation::kGemv, dtype, std::nullopt) != nullptr;
  return is_vector ? Operation::kGemv : Operation::kGemm;
}

/// Of all operations of a step.
TimeTerm SumOf(const std::vector<StepOperation>& operations) {
  TimeTerm sum;
  for (const StepOperation& operation : operations) {
    sum += static_cast<double>(operation.count) * operation.once;
  }
  return sum;
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
                               const Hardware& hardware, const StepSetup& setup)
    : model_(model),
      hardware_(std::make_shared<const Hardware>(hardware)),
      setup_(setup),
      batch_(WholeBatch(setup.batch)) {
  if (!hardware.calibration) {
    throw Error(
        fmt::format("hardware {}: is not calibrated, which rule calibrated needs; see "
                    "kinetics calibrate",
                    hardware.name));
  }
  ExpectMeasured(model);
  linear_ = LinearAt(batch_);
  link_ = AllReducesAt(batch_);
  AddHead();
  AddAttention(attention);
}

std::vector<StepOperation> CalibratedTime::LinearAt(int64_t m) const {
  const OperationTimer timer(*hardware_, ProductOf(*hardware_, setup_.linear_dtype, m),
                             setup_.linear_dtype);
  std::vector<StepOperation> operations;
  const auto add = [&](std::string_view name, int64_t count, int64_t n, int64_t k) {
    operations.push_back({name, count, timer.Of({.m = m, .n = n, .k = k})});
  };
  for (const LayerGroup& group : model_.layers) {
    const int64_t queries = ShareOf(group.query_heads, setup_.gpus) * group.head_dim;
    const int64_t keys = ShareOf(group.kv_heads, setup_.gpus) * group.head_dim;
    const int64_t width = ShareOf(group.intermediate_size, setup_.gpus);
    add("QKV", group.count, queries + 2 * keys, model_.hidden_size);
    add("attention output", group.count, model_.hidden_size, queries);
    add("gate and up", group.count, 2 * width, model_.hidden_size);
    add("down", group.count, model_.hidden_size, width);
  }
  return operations;
}

std::vector<StepOperation> CalibratedTime::AllReducesAt(int64_t m) const {
  if (setup_.gpus == 1) {
    return {};
  }
  const OperationTimer timer(*hardware_, Operation::kAllReduce, std::nullopt);
  return {{"all-reduce", AllReducesPerStep(model_),
           timer.Of({.ranks = setup_.gpus, .bytes = m * model_.hidden_size * kLinkBytes})}};
}

void CalibratedTime::AddHead() {
  const int64_t words = ShareOf(model_.vocabulary_size, setup_.gpus);
  const OperationTimer timer(*hardware_, ProductOf(*hardware_, setup_.linear_dtype, batch_),
                             setup_.linear_dtype);
  linear_.push_back(
      {"output head", 1, timer.Of({.m = batch_, .n = words, .k = model_.hidden_size})});
  if (setup_.gpus > 1) {
    const auto others = static_cast<double>(words * (setup_.gpus - 1));
    const Bytes sent = {static_cast<double>(batch_) * others * kLinkBytes};
    link_.push_back(
        {"gathering logits", 1, {sent / LinkBandwidth(*hardware_), Provenance::kDatasheet}});
  }
}

void CalibratedTime::AddAttention(const Attention& attention) {
  bool searches = attention.kind == AttentionKind::kBlockTopk;
  for (const LayerGroup& group : model_.layers) {
    const Operation kernel = KernelOf(attention, *hardware_, setup_.kv_dtype, group.head_dim);
    OperationShape shape = {.batch = batch_,
                            .query_heads = ShareOf(group.query_heads, setup_.gpus),
                            .kv_heads = ShareOf(group.kv_heads, setup_.gpus),
                            .head_dim = group.head_dim};
    if (kernel == Operation::kBlockTopkAttention) {
      shape.block_tokens = attention.block_tokens;
      shape.top_blocks = attention.top_blocks;
      shape.local_tokens = attention.local_tokens;
      searches = false;
    } else if (kernel == Operation::kSlidingAttention) {
      shape.window_tokens = attention.window_tokens;
    }
    attention_.push_back(
        {group.count, shape, {*hardware_, kernel, setup_.kv_dtype, group.head_dim}});
  }
  kv_budget_ = KvBudget(attention);
  if (searches) {
    AddSearch(attention.block_tokens);
  }
  attention_integral_.emplace([this](int64_t context) { return AttentionSeconds(context); },
                              kv_budget_);
  FindProvenance();
}

void CalibratedTime::AddSearch(int64_t block_tokens) {
  const Roofline roofline = RooflineOf(*hardware_, setup_.kv_dtype);
  // Keys alone are pooled, scored and read: half of attention's FLOPs and of the cache's bytes.
  double bytes = 0;
  for (const LayerGroup& group : model_.layers) {
    bytes += static_cast<double>(group.count) * KvCopies(group, setup_.gpus) * KeptElements(group) /
             2 * ElementBytes(setup_.kv_dtype);
  }
  const Flops flops = {AttentionFlopsPerPair(model_) / 2};
  search_seconds_ =
      std::max((flops / roofline.peak).value, (Bytes{bytes} / roofline.bandwidth).value) /
      static_cast<double>(block_tokens);
  search_provenance_ = RooflineProvenance(*hardware_, setup_.kv_dtype);
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
  const double share = static_cast<double>(setup_.gpus) / static_cast<double>(batch_);
  TimeTerms terms;
  terms.linear = generated_tokens * share * SumOf(linear_);
  terms.link = generated_tokens * share * SumOf(link_);
  terms.attention = {{share * attention_integral_->Between(prompt_tokens, end)},
                     std::max(AttentionProvenance(prompt_tokens), AttentionProvenance(end))};
  terms.search = {{search_seconds_ * generated_tokens * (prompt_tokens + generated_tokens / 2)},
                  search_provenance_};
  return terms;
}

TimeTerm CalibratedTime::Prefill(double prompt_tokens) const {
  if (prompt_tokens == 0) {
    return {};
  }
  const double share = prompt_tokens / static_cast<double>(kPrefillTokens);
  TimeTerm step = share * SumOf(LinearAt(kPrefillTokens));
  step += share * SumOf(AllReducesAt(kPrefillTokens));
  for (const Group& group : attention_) {
    const OperationTimer timer(*hardware_, Operation::kPrefillAttention, setup_.kv_dtype,
                               group.shape.head_dim);
    step += static_cast<double>(group.count) * timer.Of({.batch = 1,
                                                         .query_heads = group.shape.query_heads,
                                                         .kv_heads = group.shape.kv_heads,
                                                         .head_dim = group.shape.head_dim,
                                                         .tokens = std::llround(prompt_tokens)});
  }
  step += 1 / static_cast<double>(batch_) * linear_.back().once;
  return static_cast<double>(setup_.gpus) * step;
}

std::vector<StepOperation> CalibratedTime::Step(int64_t context) const {
  std::vector<StepOperation> step = linear_;
  for (const Group& group : attention_) {
    step.push_back({.name = "attention",
                    .count = group.count,
                    .once = group.timer.Of(ShapeAt(group, context))});
  }
  if (search_seconds_ > 0) {
    const double tokens = static_cast<double>(batch_) * static_cast<double>(context) /
                          static_cast<double>(setup_.gpus);
    step.push_back({.name = "block search, all layers",
                    .count = 1,
                    .once = {{search_seconds_ * tokens}, search_provenance_}});
  }
  step.insert(step.end(), link_.begin(), link_.end());
  return step;
}

}  // namespace kinetics
