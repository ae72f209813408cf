#include "kinetics/cost/calibrated_attention.h"

#include <algorithm>
#include <cmath>

#include "kinetics/cost/parallel.h"

namespace kinetics {
namespace {

/// What layers of a model have in fact: a sparse attention is for those that attend to all.
Attention OwnAttention(const LayerGroup& group, const Attention& attention) {
  switch (group.attention) {
    case LayerAttention::kFull:
      return attention;
    case LayerAttention::kSliding:
      return {.kind = AttentionKind::kSliding, .window_tokens = group.window_tokens};
    default:
      return {};
  }
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

OperationShape DecodeShapeOf(const LayerGroup& group, const Attention& attention, Operation kernel,
                             const StepSetup& setup) {
  OperationShape shape = {.batch = static_cast<int64_t>(setup.batch),
                          .query_heads = ShareOf(group.query_heads, setup.gpus),
                          .kv_heads = ShareOf(group.kv_heads, setup.gpus),
                          .head_dim = group.head_dim};
  if (kernel == Operation::kBlockTopkAttention) {
    shape.block_tokens = attention.block_tokens;
    shape.top_blocks = attention.top_blocks;
    shape.local_tokens = attention.local_tokens;
  } else if (kernel == Operation::kSlidingAttention) {
    shape.window_tokens = attention.window_tokens;
  }
  return shape;
}

}  // namespace

CalibratedAttention::CalibratedAttention(const LayerGroup& group, const Attention& attention,
                                         const Hardware& hardware, const StepSetup& setup)
    : CalibratedAttention(
          group, OwnAttention(group, attention),
          KernelOf(OwnAttention(group, attention), hardware, setup.kv_dtype, group.head_dim),
          hardware, setup) {}

CalibratedAttention::CalibratedAttention(const LayerGroup& group, const Attention& own,
                                         Operation kernel, const Hardware& hardware,
                                         const StepSetup& setup)
    : hardware_(&hardware),
      dtype_(setup.kv_dtype),
      count_(group.count),
      is_windowed_(group.attention != LayerAttention::kFull),
      starts_anew_(group.attention == LayerAttention::kChunked),
      shape_(DecodeShapeOf(group, own, kernel, setup)),
      most_rows_(starts_anew_ ? std::optional(group.chunk_tokens) : KvBudget(own)),
      timer_(hardware, kernel, dtype_, group.head_dim) {
  // Kernels of a sparse attention change their ways where they leave something out.
  integral_.emplace([this](int64_t rows) { return SecondsOfRows(rows); },
                    IsWhole() ? most_rows_ : std::nullopt);
  if (most_rows_) {
    most_seconds_ = SecondsOfRows(*most_rows_);
  }
  if (own.kind == AttentionKind::kBlockTopk && !IsWhole()) {
    AddSearch(group, own.block_tokens, setup);
  }
  FindProvenance();
}

void CalibratedAttention::AddSearch(const LayerGroup& group, int64_t block_tokens,
                                    const StepSetup& setup) {
  const Roofline roofline = RooflineOf(*hardware_, dtype_);
  // Keys alone are pooled, scored and read: half of attention's FLOPs and of the cache's bytes.
  const double layers = static_cast<double>(count_) / 2;
  const Flops flops = {layers * RowFlops(group)};
  const Bytes bytes = {layers * KvCopies(group, setup.gpus) * KeptElements(group) *
                       ElementBytes(dtype_)};
  search_ = {{std::max((flops / roofline.peak).value, (bytes / roofline.bandwidth).value) /
              static_cast<double>(block_tokens)},
             RooflineProvenance(*hardware_, dtype_)};
}

int64_t CalibratedAttention::RowsAt(int64_t context) const {
  if (IsWhole() || !most_rows_) {
    return context;
  }
  return starts_anew_ && context > 0 ? (context - 1) % *most_rows_ + 1
                                     : std::min(context, *most_rows_);
}

double CalibratedAttention::SecondsOfRows(int64_t rows) const {
  OperationShape shape = shape_;
  shape.context = rows;
  return static_cast<double>(count_) * timer_.SecondsOf(shape).value;
}

double CalibratedAttention::Below(double context) const {
  if (IsWhole() || !most_rows_) {
    return integral_->Between(0, context);
  }
  const auto most = static_cast<double>(*most_rows_);
  if (starts_anew_) {
    const double full = std::floor(context / most);
    return full * integral_->Between(0, most) + integral_->Between(0, context - full * most);
  }
  return integral_->Between(0, std::min(context, most)) +
         most_seconds_ * std::max(0.0, context - most);
}

double CalibratedAttention::Between(double from, double to) const {
  return Below(to) - Below(from);
}

void CalibratedAttention::FindProvenance() {
  if (const CalibratedRange* range = timer_.RangeOf("context")) {
    fitted_from_ = range->low;
    fitted_to_ = range->high;
    outside_ = Provenance::kExtrapolated;
  }
  OperationShape shape = shape_;
  shape.context = fitted_from_;
  inside_ = timer_.ProvenanceOf(shape);
  outside_ = std::max(inside_, outside_);
}

Provenance CalibratedAttention::ProvenanceAt(double context) const {
  // Whole tokens on either side of it, which all that is fitted begins and ends at. A chunk that
  // has just begun is not told apart from a full one.
  const auto rows = [&](double tokens) {
    const auto whole = static_cast<int64_t>(tokens);
    return starts_anew_ ? std::min(whole, *most_rows_) : RowsAt(whole);
  };
  const bool is_inside =
      rows(std::floor(context)) >= fitted_from_ && rows(std::ceil(context)) <= fitted_to_;
  return is_inside ? inside_ : outside_;
}

Provenance CalibratedAttention::ProvenanceOf(double from, double to) const {
  return std::max(ProvenanceAt(from), ProvenanceAt(to));
}

StepOperation CalibratedAttention::At(int64_t context) const {
  OperationShape shape = shape_;
  shape.context = RowsAt(context);
  const std::string name = !is_windowed_  ? "attention"
                           : starts_anew_ ? "chunked attention"
                                          : "sliding attention";
  return {name, count_, timer_.Of(shape)};
}

TimeTerm CalibratedAttention::Prefill(double tokens) const {
  const OperationTimer timer(*hardware_, Operation::kPrefillAttention, dtype_, shape_.head_dim);
  TimeTerm all = timer.Of({.batch = 1,
                           .query_heads = shape_.query_heads,
                           .kv_heads = shape_.kv_heads,
                           .head_dim = shape_.head_dim,
                           .tokens = std::llround(tokens)});
  all = static_cast<double>(count_) * all;
  if (!is_windowed_ || tokens <= static_cast<double>(*most_rows_)) {
    return all;
  }
  const auto most = static_cast<double>(*most_rows_);
  const double pairs = starts_anew_ ? tokens * most / 2 : tokens * most - most * most / 2;
  return {pairs / (tokens * tokens / 2) * all.seconds,
          std::max(all.provenance, Provenance::kExtrapolated)};
}

}  // namespace kinetics
