#include "kinetics/cost/cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kinetics/core/error.h"

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

/// Parameters that a decode step of `batch` tokens is expected to read.
double ParametersOfStep(const Model& model, double parameters, double batch) {
  double read = parameters;
  for (const LayerGroup& group : model.layers) {
    if (group.experts > 0) {
      const auto each = static_cast<double>(ExpertParametersEach(group));
      const double more =
          ExpectedExperts(group, batch) - static_cast<double>(group.experts_per_token);
      read += static_cast<double>(group.count) * each * more;
    }
  }
  return read;
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
      parameters_(ParametersFor(model, options.convention)) {
  ExpectFullAttention(model, attention);
  if (const auto budget = KvBudget(attention)) {
    kv_budget_ = static_cast<double>(*budget);
  }
  const double batch = BatchOf(options);
  weight_bytes_ =
      ParametersOfStep(model, parameters_, batch) * ElementBytes(roofline_.dtype) / batch;
  for (const LayerGroup& group : model.layers) {
    AddLayers(group);
  }
  if (rule_ == Rule::kCalibrated) {
    if (convention_ == Convention::kPublished) {
      throw UsageError("rule calibrated has no published convention; use --convention exact");
    }
    time_ = std::make_shared<const CalibratedTime>(model, attention, hardware, roofline_.dtype,
                                                   BatchOf(options));
  }
}

void CostModel::AddLayers(const LayerGroup& group) {
  const auto count = static_cast<double>(group.count);
  const double element = ElementBytes(roofline_.dtype);
  const double flops = count * RowFlops(group);
  const double bytes = count * ReadElements(group) * element;
  if (group.attention == LayerAttention::kCompressed) {
    const auto window = static_cast<double>(group.window_tokens);
    capped_.push_back({window, window, flops, bytes});
    if (group.compression > 0) {
      // A row stands for several tokens: all of them, or those that the index chooses.
      const auto each = static_cast<double>(group.compression);
      const double top = group.index_top_tokens > 0 ? CappedRows(group) * each
                                                    : std::numeric_limits<double>::infinity();
      capped_.push_back({top, top, flops / each, bytes / each});
    }
  } else if (IsGrowing(group) && group.index_top_tokens == 0) {
    attention_flops_ += flops;
    kv_bytes_ += bytes;
    const auto keys = count * static_cast<double>(group.head_dim);
    key_flops_ += 2 * keys * static_cast<double>(group.query_heads);
    key_bytes_ += keys * static_cast<double>(group.kv_heads) * element;
  } else if (group.attention != LayerAttention::kNone) {
    const double rows = CappedRows(group);
    const bool is_chunked = group.attention == LayerAttention::kChunked;
    capped_.push_back({is_chunked ? 2 * rows : rows, rows, flops, bytes});
  }
  if (group.index_heads > 0) {
    const double keys = count / static_cast<double>(std::max<int64_t>(1, group.compression));
    index_flops_ += keys * 2 * static_cast<double>(group.index_heads * group.index_dim);
    index_bytes_ += keys * IndexKeyBytes(group);
  }
  constexpr double kReadAndWritten = 2;
  const double state = static_cast<double>(group.state_elements) * ElementBytes(Dtype::kFp32) +
                       static_cast<double>(group.conv_elements) * element;
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
  terms.flops.search = {key_flops_ / 2 * scored * generated_tokens * samples};
  terms.bytes.search = {key_bytes_ / 2 * read * generated_tokens};
  return RooflineCost(terms);
}

}  // namespace kinetics
