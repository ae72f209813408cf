#include "kinetics/cost/cost.h"

#include <algorithm>
#include <cmath>

#include "kinetics/core/error.h"

namespace kinetics {
namespace {

double ParametersFor(const Model& model, Convention convention) {
  if (convention == Convention::kExact) {
    return static_cast<double>(model.active.without_input_embedding);
  }
  if (!model.published_parameters) {
    throw Error("model " + model.name +
                ": has no published parameter count, which --convention published needs");
  }
  return model.published_parameters->value;
}

}  // namespace

std::string_view Name(Rule rule) {
  constexpr std::string_view kNames[] = {"additive", "max", "flops", "parameters", "calibrated"};
  return kNames[static_cast<size_t>(rule)];
}

std::string_view Name(Convention convention) {
  return convention == Convention::kExact ? "exact" : "published";
}

double BatchOf(const CostOptions& options) {
  return options.rule == Rule::kCalibrated && std::isinf(options.batch) ? kCalibratedBatch
                                                                        : options.batch;
}

Roofline RooflineOf(const Hardware& hardware, const CostOptions& options) {
  if (options.rule != Rule::kCalibrated || options.dtype || !hardware.calibration) {
    return RooflineOf(hardware, options.dtype);
  }
  const auto& operations = hardware.calibration->operations;
  for (const Dtype dtype : kDtypes) {
    const auto is_measured = [&](const CalibratedOperation& operation) {
      return operation.operation == Operation::kDecodeAttention && operation.dtype == dtype;
    };
    if (std::any_of(operations.begin(), operations.end(), is_measured)) {
      return RooflineOf(hardware, dtype);
    }
  }
  return RooflineOf(hardware, options.dtype);
}

SampleWork& SampleWork::operator+=(const SampleWork& other) {
  moments += other.moments;
  time += other.time;
  return *this;
}

CostModel::CostModel(const Model& model, const Attention& attention, const Hardware& hardware,
                     const CostOptions& options)
    : rule_(options.rule),
      convention_(options.convention),
      roofline_(RooflineOf(hardware, options)),
      rounds_search_(options.convention == Convention::kPublished &&
                     attention.kind == AttentionKind::kBlockTopk),
      block_tokens_(static_cast<double>(attention.block_tokens)),
      parameters_(ParametersFor(model, options.convention)),
      weight_bytes_(parameters_ * ElementBytes(roofline_.dtype) / BatchOf(options)),
      attention_flops_(AttentionFlopsPerPair(model)),
      kv_bytes_(KvBytesPerToken(model, roofline_.dtype).value) {
  if (const auto budget = KvBudget(attention)) {
    kv_budget_ = static_cast<double>(*budget);
  }
  if (rule_ == Rule::kCalibrated) {
    if (convention_ == Convention::kPublished) {
      throw UsageError("rule calibrated has no published convention; use --convention exact");
    }
    time_ = std::make_shared<const CalibratedTime>(model, attention, hardware, roofline_.dtype,
                                                   BatchOf(options));
  }
}

DecodeMoments CostModel::Moments(double prompt_tokens, double generated_tokens) const {
  return MomentsOf(prompt_tokens, generated_tokens, kv_budget_, convention_);
}

DecodeRegimes CostModel::Regimes(double prompt_tokens) const {
  return RegimesOf(prompt_tokens, kv_budget_, convention_);
}

CostTerms CostModel::TermsOf(const DecodeMoments& m, double samples) const {
  CostTerms terms;
  terms.flops.linear = {2 * parameters_ * m.tokens * samples};
  terms.flops.attention = {attention_flops_ * m.attended * samples};
  terms.bytes.weights = {weight_bytes_ * m.tokens * samples};
  if (!kv_budget_) {
    terms.bytes.kv_shared = {kv_bytes_ * m.prompt};
    terms.bytes.kv = {kv_bytes_ * m.generated * samples};
  } else {
    terms.bytes.kv = {kv_bytes_ * m.attended * samples};
  }
  if (block_tokens_ > 0) {
    // Only the key half is pooled, scored and read: half of the attention FLOPs and KV bytes.
    terms.flops.search = {attention_flops_ / 2 * (m.prompt + m.generated) * samples /
                          block_tokens_};
    terms.bytes.search = {kv_bytes_ / 2 * (m.prompt + samples * m.generated) / block_tokens_};
  }
  return terms;
}

Cost CostModel::RooflineCost(const CostTerms& terms) const {
  const Flops flops = rule_ == Rule::kParameters ? terms.flops.linear : TotalFlops(terms);
  const Seconds compute = flops / roofline_.peak;
  const Seconds memory = TotalBytes(terms) / roofline_.bandwidth;
  Seconds seconds = compute;
  if (rule_ == Rule::kAdditive || rule_ == Rule::kCalibrated) {
    seconds = compute + memory;
  } else if (rule_ == Rule::kMax) {
    seconds = std::max(compute, memory);
  }
  return {.terms = terms, .seconds = seconds, .eflops = seconds * roofline_.peak};
}

SampleWork CostModel::WorkOf(double prompt_tokens, double generated_tokens) const {
  return {.moments = Moments(prompt_tokens, generated_tokens),
          .time = time_ ? time_->Of(prompt_tokens, generated_tokens) : TimeTerms()};
}

Cost CostModel::CostOf(const SampleWork& work, double samples) const {
  const CostTerms terms = TermsOf(work.moments, samples);
  if (!time_) {
    return RooflineCost(terms);
  }
  const TimeTerms time = samples * work.time;
  const Seconds seconds = TotalSeconds(time);
  return {.terms = terms, .seconds = seconds, .eflops = seconds * roofline_.peak, .time = time};
}

Cost CostModel::Of(double prompt_tokens, double generated_tokens, double samples) const {
  const SampleWork work = WorkOf(prompt_tokens, generated_tokens);
  if (!rounds_search_) {
    return CostOf(work, samples);
  }
  CostTerms terms = TermsOf(work.moments, samples);
  // The published tables divide whole numbers of tokens: [(2 C + L) / block] L H d n N operations
  // and [(2 C + N L) / block] L K d n two-byte elements, [] rounding down.
  const double scored = std::floor((2 * prompt_tokens + generated_tokens) / block_tokens_);
  const double read = std::floor((2 * prompt_tokens + samples * generated_tokens) / block_tokens_);
  terms.flops.search = {attention_flops_ / 4 * scored * generated_tokens * samples};
  terms.bytes.search = {kv_bytes_ / 4 * read * generated_tokens};
  return RooflineCost(terms);
}

}  // namespace kinetics
