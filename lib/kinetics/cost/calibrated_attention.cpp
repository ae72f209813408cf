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
      group_(group),
      shape_(DecodeShapeOf(group, own, kernel, setup)),
      timer_(hardware, kernel, dtype_, group.head_dim) {
  const std::optional<int64_t> most =
      group.attention == LayerAttention::kChunked ? group.chunk_tokens : KvBudget(own);
  // A sparse kernel is given all of the context, and changes its ways where it leaves some out.
  const bool is_sparse = kernel != Operation::kDecodeAttention;
  integral_.emplace([this](int64_t rows) { return SecondsOfRows(rows); },
                    is_sparse ? most : std::nullopt);
  if (most && !is_sparse) {
    most_rows_ = most;
    most_seconds_ = SecondsOfRows(*most);
  }
  if (own.kind == AttentionKind::kBlockTopk && !is_sparse) {
    AddSearch(own.block_tokens, setup);
  }
  FindProvenance();
}

void CalibratedAttention::AddSearch(int64_t block_tokens, const StepSetup& setup) {
  // Keys alone are pooled, scored and read: half of attention's FLOPs and of the cache's bytes.
  const double keys = static_cast<double>(group_.count) / 2 / static_cast<double>(block_tokens);
  search_ = RooflineTime(
      *hardware_, dtype_, {keys * RowFlops(group_)},
      {keys * KvCopies(group_, setup.gpus) * KeptElements(group_) * ElementBytes(dtype_)});
}

OperationShape CalibratedAttention::ShapeOfRows(int64_t rows) const {
  OperationShape shape = shape_;
  shape.context = rows;
  return shape;
}

double CalibratedAttention::SecondsOfRows(int64_t rows) const {
  return static_cast<double>(group_.count) * timer_.SecondsOf(ShapeOfRows(rows)).value;
}

double CalibratedAttention::Below(double context) const {
  if (!most_rows_) {
    return integral_->Between(0, context);
  }
  const auto most = static_cast<double>(*most_rows_);
  if (group_.attention == LayerAttention::kChunked) {
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
  inside_ = timer_.ProvenanceOf(ShapeOfRows(fitted_from_));
  outside_ = std::max(inside_, outside_);
}

Provenance CalibratedAttention::ProvenanceAt(double context) const {
  // Whole tokens on either side of it, which all that is fitted begins and ends at. A chunk that
  // has just begun is not told apart from a full one.
  const auto rows = [this](double tokens) {
    const auto whole = static_cast<int64_t>(tokens);
    return most_rows_ ? std::min(whole, *most_rows_) : whole;
  };
  const bool is_inside =
      rows(std::floor(context)) >= fitted_from_ && rows(std::ceil(context)) <= fitted_to_;
  return is_inside ? inside_ : outside_;
}

Provenance CalibratedAttention::ProvenanceOf(double from, double to) const {
  return std::max(ProvenanceAt(from), ProvenanceAt(to));
}

StepOperation CalibratedAttention::At(int64_t context) const {
  const std::string name = group_.attention == LayerAttention::kSliding   ? "sliding attention"
                           : group_.attention == LayerAttention::kChunked ? "chunked attention"
                                                                          : "attention";
  const int64_t rows = most_rows_ ? std::min(ReadRows(group_, context), *most_rows_) : context;
  return {name, group_.count, timer_.Of(ShapeOfRows(rows))};
}

TimeTerm CalibratedAttention::Prefill(double tokens) const {
  const OperationTimer timer(*hardware_, Operation::kPrefillAttention, dtype_, shape_.head_dim);
  const TimeTerm all =
      static_cast<double>(group_.count) * timer.Of({.batch = 1,
                                                    .query_heads = shape_.query_heads,
                                                    .kv_heads = shape_.kv_heads,
                                                    .head_dim = shape_.head_dim,
                                                    .tokens = std::llround(tokens)});
  const bool is_chunked = group_.attention == LayerAttention::kChunked;
  const auto most = static_cast<double>(is_chunked ? group_.chunk_tokens : group_.window_tokens);
  if (group_.attention == LayerAttention::kFull || tokens <= most) {
    return all;
  }
  const double pairs = is_chunked ? tokens * most / 2 : tokens * most - most * most / 2;
  return {pairs / (tokens * tokens / 2) * all.seconds, Provenance::kExtrapolated};
}

}  // namespace kinetics
