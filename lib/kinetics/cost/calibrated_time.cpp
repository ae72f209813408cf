#include "kinetics/cost/calibrated_time.h"

#include <fmt/format.h>

#include <cmath>

#include "kinetics/core/error.h"
#include "kinetics/cost/calibrated_linear.h"
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

/// Elements in 16 bit that devices send each other.
constexpr int64_t kLinkBytes = 2;

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
    const bool has_kernel = group.attention == LayerAttention::kFull ||
                            group.attention == LayerAttention::kSliding ||
                            group.attention == LayerAttention::kChunked;
    if (!has_kernel || group.recurrence != Recurrence::kNone || group.index_heads > 0 ||
        group.value_dim != group.head_dim || (group.intermediate_size == 0 && group.experts == 0)) {
      throw Error(
          fmt::format("model {}: rule calibrated has no measured operations for its layers of "
                      "{}; use another rule",
                      model.name, KindName(group)));
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
  const CalibratedLinear linear(model_, *hardware_, setup_);
  linear_ = linear.LayersAt(batch_);
  linear_.push_back(linear.HeadAt(batch_));
  link_ = AllReducesAt(batch_);
  if (setup_.gpus > 1) {
    link_.push_back(GatheringLogits());
  }
  linear_step_ = SumOf(linear_);
  link_step_ = SumOf(link_);
  for (const LayerGroup& group : model_.layers) {
    attention_.emplace_back(group, attention, *hardware_, setup_);
    search_each_ += attention_.back().SearchEach();
  }
}

std::vector<StepOperation> CalibratedTime::AllReducesAt(int64_t m) const {
  if (setup_.gpus == 1) {
    return {};
  }
  const OperationTimer timer(*hardware_, Operation::kAllReduce, std::nullopt);
  return {{"all-reduce", AllReducesPerStep(model_),
           timer.Of({.ranks = setup_.gpus, .bytes = m * model_.hidden_size * kLinkBytes})}};
}

StepOperation CalibratedTime::GatheringLogits() const {
  const auto others =
      static_cast<double>(ShareOf(model_.vocabulary_size, setup_.gpus) * (setup_.gpus - 1));
  const Bytes sent = {static_cast<double>(batch_) * others * kLinkBytes};
  return {"gathering logits", 1, {sent / LinkBandwidth(*hardware_), Provenance::kDatasheet}};
}

TimeTerms CalibratedTime::Of(double prompt_tokens, double generated_tokens) const {
  const double end = prompt_tokens + generated_tokens;
  const double share = static_cast<double>(setup_.gpus) / static_cast<double>(batch_);
  TimeTerms terms;
  terms.linear = generated_tokens * share * linear_step_;
  terms.link = generated_tokens * share * link_step_;
  for (const CalibratedAttention& attention : attention_) {
    terms.attention += {{share * attention.Between(prompt_tokens, end)},
                        attention.ProvenanceOf(prompt_tokens, end)};
  }
  terms.search = generated_tokens * (prompt_tokens + generated_tokens / 2) * search_each_;
  return terms;
}

TimeTerm CalibratedTime::Prefill(double prompt_tokens) const {
  if (prompt_tokens == 0) {
    return {};
  }
  const double share = prompt_tokens / static_cast<double>(kPrefillTokens);
  const CalibratedLinear linear(model_, *hardware_, setup_);
  TimeTerm step = share * SumOf(linear.LayersAt(kPrefillTokens));
  step += share * SumOf(AllReducesAt(kPrefillTokens));
  for (const CalibratedAttention& attention : attention_) {
    step += attention.Prefill(prompt_tokens);
  }
  step += 1 / static_cast<double>(batch_) * linear_.back().once;
  return static_cast<double>(setup_.gpus) * step;
}

std::vector<StepOperation> CalibratedTime::Step(int64_t context) const {
  std::vector<StepOperation> step = linear_;
  for (const CalibratedAttention& attention : attention_) {
    step.push_back(attention.At(context));
  }
  if (search_each_.seconds.value > 0) {
    const double tokens = static_cast<double>(batch_) * static_cast<double>(context) /
                          static_cast<double>(setup_.gpus);
    step.push_back({"block search, all layers", 1, tokens * search_each_});
  }
  step.insert(step.end(), link_.begin(), link_.end());
  return step;
}

}  // namespace kinetics
