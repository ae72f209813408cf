#include "kinetics/cost/cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kinetics/core/error.h"
#include "kinetics/cost/parallel.h"

namespace kinetics {
namespace {

double ParametersFor(const Model& model, Convention convention) {
  if (!model.parameters) {
    throw Error(
        fmt::format("model {}: its parameters are not known (there is no formula for type {}), "
                    "and so is what it costs",
                    model.name, model.model_type));
  }
  if (convention == Convention::kExact) {
    return static_cast<double>(model.active.without_input_embedding);
  }
  if (!model.published_parameters) {
    throw Error("model " + model.name +
                ": has no published parameter count, which --convention published needs");
  }
  return model.published_parameters->value;
}

/// Bytes of weights that a step of `batch` tokens is expected to read. The published convention has
/// its own count of parameters, all read.
double StepBytes(const Model& model, double parameters, const CostOptions& options, Dtype dtype,
                 double batch) {
  const WeightFormat format = WeightFormatOf(model, options, dtype);
  return options.convention == Convention::kPublished ? parameters * format.Of(0).mixer
                                                      : StepWeightBytes(model, format, batch).value;
}

/// The rows that layers read once the context has passed all that they are made for.
double CappedRows(const LayerGroup& group) {
  if (group.attention == LayerAttention::kChunked) {
    return static_cast<double>(group.chunk_tokens) / 2;
  }
  return static_cast<double>(group.attention == LayerAttention::kSliding ? group.window_tokens
                                                                         : group.index_top_tokens);
}

/// Whether `attention` can be a model's: dense, or it has layers to thin out.
void ExpectFullAttention(const Model& model, const Attention& attention) {
  const auto attends_to_all = [](const LayerGroup& group) {
    return IsGrowing(group) && group.index_top_tokens == 0;
  };
  if (attention.kind != AttentionKind::kDense &&
      std::none_of(model.layers.begin(), model.layers.end(), attends_to_all)) {
    throw Error(
        fmt::format("model {}: has no layers that attend to all of the context, which {} "
                    "would thin out; use dense",
                    model.name, FormatSpec(attention)));
  }
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

WeightFormat WeightFormatOf(const Model& model, const CostOptions& options, Dtype dtype) {
  const std::optional<Dtype> chosen = options.weight_dtype ? options.weight_dtype : options.dtype;
  return model.weights && !chosen ? *model.weights : PlainFormat(chosen.value_or(dtype));
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
  prefill += other.prefill;
  prefill_time += other.prefill_time;
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
      has_prefill_(options.prefill),
      head_parameters_(static_cast<double>(model.active.without_input_embedding -
                                           model.active.without_embedding_and_head)) {
  ExpectFullAttention(model, attention);
  ExpectSpreads(model, options.gpus);
  if (const auto budget = KvBudget(attention)) {
    kv_budget_ = static_cast<double>(*budget);
  }
  const double batch = BatchOf(options);
  if (std::isfinite(batch)) {
    constexpr auto kTokens = static_cast<double>(kPrefillTokens);
    const auto bytes = [&](double tokens) {
      return StepBytes(model, parameters_, options, roofline_.dtype, tokens) / tokens;
    };
    weight_bytes_ = bytes(batch);
    prefill_bytes_ = bytes(kTokens);
  }
  for (const LayerGroup& group : model.layers) {
    AddLayers(group, options);
  }
  if (options.gpus > 1) {
    LinkBandwidth(hardware);
    link_bytes_ = LinkElementsPerToken(model, options.gpus) * ElementBytes(Dtype::kBf16);
  }
  if (rule_ == Rule::kCalibrated) {
    if (convention_ == Convention::kPublished) {
      throw UsageError("rule calibrated has no published convention; use --convention exact");
    }
    time_ = std::make_shared<const CalibratedTime>(
        model, attention, hardware,
        StepSetup{.linear_dtype = options.weight_dtype.value_or(roofline_.dtype),
                  .kv_dtype = options.kv_dtype.value_or(roofline_.dtype),
                  .batch = batch,
                  .gpus = options.gpus,
                  .weights = WeightFormatOf(model, options, roofline_.dtype)});
  }
}

void CostModel::AddLayers(const LayerGroup& group, const CostOptions& options) {
  const auto count = static_cast<double>(group.count);
  const double element = ElementBytes(options.kv_dtype.value_or(roofline_.dtype));
  const double copied = count * element * KvCopies(group, options.gpus);
  const double flops = count * RowFlops(group);
  const double bytes = copied * ReadElements(group);
  if (group.attention == LayerAttention::kCompressed) {
    const auto window = static_cast<double>(group.window_tokens);
    capped_.push_back({window, window, flops, bytes});
    if (group.compression > 0) {
      // A row stands for several tokens: all of them, or those that the index chooses.
      const auto each = static_cast<double>(group.compression);
      const double top = group.index_top_tokens > 0 ? CappedRows(group) * each
                                                    : std::numeric_limits<double>::infinity();
      capped_.push_back({top, top, flops / each, bytes / each});
      prefill_bytes_ += bytes / each;
    }
  } else if (IsGrowing(group) && group.index_top_tokens == 0) {
    attention_flops_ += flops;
    kv_bytes_ += bytes;
    const auto keys = static_cast<double>(group.head_dim);
    key_flops_ += count * 2 * keys * static_cast<double>(group.query_heads);
    key_bytes_ += copied * keys * static_cast<double>(group.kv_heads);
  } else if (group.attention != LayerAttention::kNone) {
    const double rows = CappedRows(group);
    const bool is_chunked = group.attention == LayerAttention::kChunked;
    capped_.push_back({is_chunked ? 2 * rows : rows, rows, flops, bytes});
  }
  prefill_bytes_ += copied * KeptElements(group);
  if (group.index_heads > 0) {
    // Every device keeps and scores all of an index.
    const double keys = count * static_cast<double>(options.gpus) /
                        static_cast<double>(std::max<int64_t>(1, group.compression));
    index_flops_ += keys * 2 * static_cast<double>(group.index_heads * group.index_dim);
    index_bytes_ += keys * IndexKeyBytes(group);
    prefill_bytes_ += keys * IndexKeyBytes(group);
  }
  constexpr double kReadAndWritten = 2;
  const double state = static_cast<double>(group.state_elements) * ElementBytes(Dtype::kFp32) +
                       static_cast<double>(group.conv_elements) * ElementBytes(roofline_.dtype);
  state_bytes_ += count * kReadAndWritten * state;
  state_flops_ += count * RecurrenceFlops(group);
}

DecodeMoments CostModel::Moments(double prompt_tokens, double generated_tokens) const {
  DecodeMoments moments = MomentsOf(prompt_tokens, generated_tokens, kv_budget_, convention_);
  for (const CappedLayers& layers : capped_) {
    AddCapped(prompt_tokens, generated_tokens, layers, moments);
  }
  return moments;
}

std::vector<DecodeRegime> CostModel::Regimes(double prompt_tokens) const {
  return RegimesOf(prompt_tokens, kv_budget_, convention_, capped_);
}

CostTerms CostModel::TermsOf(const DecodeMoments& m, double samples) const {
  CostTerms terms;
  terms.link = {link_bytes_ * m.tokens * samples};
  terms.flops.linear = {2 * parameters_ * m.tokens * samples};
  terms.flops.attention = {
      (attention_flops_ * m.attended + m.capped_flops + state_flops_ * m.tokens) * samples};
  terms.bytes.weights = {weight_bytes_ * m.tokens * samples};
  terms.bytes.kv = {(m.capped_bytes + state_bytes_ * m.tokens) * samples};
  if (!kv_budget_) {
    terms.bytes.kv_shared = {kv_bytes_ * m.prompt};
    terms.bytes.kv += {kv_bytes_ * m.generated * samples};
  } else {
    terms.bytes.kv += {kv_bytes_ * m.attended * samples};
  }
  const double scanned = m.prompt + m.generated;
  const double read = m.prompt + samples * m.generated;
  terms.flops.search = {index_flops_ * scanned * samples};
  terms.bytes.search = {index_bytes_ * read};
  if (block_tokens_ > 0) {
    terms.flops.search += {key_flops_ * scanned * samples / block_tokens_};
    terms.bytes.search += {key_bytes_ * read / block_tokens_};
  }
  return terms;
}

CostTerms CostModel::PrefillTerms(const DecodeMoments& m) const {
  CostTerms terms;
  const double linear = 2 * (parameters_ - head_parameters_) * m.tokens + 2 * head_parameters_;
  const double attention =
      attention_flops_ * m.generated + m.capped_flops + index_flops_ * m.generated;
  terms.flops.prefill = {m.tokens > 0 ? linear + attention + state_flops_ * m.tokens : 0};
  terms.bytes.prefill = {prefill_bytes_ * m.tokens};
  terms.link = {link_bytes_ * m.tokens};
  return terms;
}

Seconds CostModel::Combine(Seconds compute, Seconds memory) const {
  switch (rule_) {
    case Rule::kAdditive:
    case Rule::kCalibrated:
      return compute + memory;
    case Rule::kMax:
      return std::max(compute, memory);
    case Rule::kFlops:
    case Rule::kParameters:
      return compute;
  }
  return compute;
}

Seconds CostModel::SecondsBeside(const CostTerms& terms) const {
  if (rule_ == Rule::kParameters) {
    return {};
  }
  const Seconds prefill =
      Combine(terms.flops.prefill / roofline_.peak, terms.bytes.prefill / roofline_.bandwidth);
  return rule_ == Rule::kFlops || terms.link.value == 0 ? prefill
                                                        : prefill + terms.link / roofline_.link;
}

Cost CostModel::RooflineCost(const CostTerms& terms) const {
  const Flops flops =
      rule_ == Rule::kParameters ? terms.flops.linear : TotalFlops(terms) - terms.flops.prefill;
  const Bytes bytes = TotalBytes(terms) - terms.bytes.prefill;
  const Seconds seconds =
      Combine(flops / roofline_.peak, bytes / roofline_.bandwidth) + SecondsBeside(terms);
  return {.terms = terms, .seconds = seconds, .eflops = seconds * roofline_.peak};
}

SampleWork CostModel::PrefillWork(double prompt_tokens) const {
  SampleWork work;
  if (has_prefill_) {
    work.prefill = MomentsOf(0, prompt_tokens, std::nullopt, Convention::kExact);
    for (const CappedLayers& layers : capped_) {
      AddCapped(0, prompt_tokens, layers, work.prefill);
    }
    if (time_) {
      work.prefill_time = time_->Prefill(prompt_tokens);
    }
  }
  return work;
}

SampleWork CostModel::WorkOf(double prompt_tokens, double generated_tokens) const {
  SampleWork work = PrefillWork(prompt_tokens);
  work.moments = Moments(prompt_tokens, generated_tokens);
  if (time_) {
    work.time = time_->Of(prompt_tokens, generated_tokens);
  }
  return work;
}

Cost CostModel::CostOf(const SampleWork& work, double samples) const {
  CostTerms terms = TermsOf(work.moments, samples);
  terms += PrefillTerms(work.prefill);
  if (!time_) {
    return RooflineCost(terms);
  }
  TimeTerms time = samples * work.time;
  time.prefill = work.prefill_time;
  const Seconds seconds = TotalSeconds(time);
  return {.terms = terms, .seconds = seconds, .eflops = seconds * roofline_.peak, .time = time};
}

Cost CostModel::PrefillCost(double prompt_tokens) const {
  return CostOf(PrefillWork(prompt_tokens), 1);
}

Cost CostModel::DecodeCost(double prompt_tokens, double generated_tokens, double samples) const {
  SampleWork work;
  work.moments = Moments(prompt_tokens, generated_tokens);
  if (time_) {
    work.time = time_->Of(prompt_tokens, generated_tokens);
  }
  if (!rounds_search_) {
    return CostOf(work, samples);
  }
  CostTerms terms = TermsOf(work.moments, samples);
  // The published tables divide whole numbers of tokens: [(2 C + L) / block] L H d n N operations
  // and [(2 C + N L) / block] L K d n two-byte elements, [] rounding down.
  const double scored = std::floor((2 * prompt_tokens + generated_tokens) / block_tokens_);
  const double read = std::floor((2 * prompt_tokens + samples * generated_tokens) / block_tokens_);
  terms.flops.search = {key_flops_ / 2 * scored * generated_tokens * samples};
  terms.bytes.search = {key_bytes_ / 2 * read * generated_tokens};
  return RooflineCost(terms);
}

Cost CostModel::Of(double prompt_tokens, double generated_tokens, double samples) const {
  Cost cost = DecodeCost(prompt_tokens, generated_tokens, samples);
  cost += PrefillCost(prompt_tokens);
  return cost;
}

}  // namespace kinetics
