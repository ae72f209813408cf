#include "kinetics/benchmark/benchmark.h"

namespace kinetics {
namespace {

using Shape = OperationShape;

constexpr ShapeField kBatch = {"batch", "sequences", &Shape::batch};
constexpr ShapeField kQueryHeads = {"query_heads", "query heads", &Shape::query_heads};
constexpr ShapeField kKvHeads = {"kv_heads", "KV heads", &Shape::kv_heads};
constexpr ShapeField kHeadDim = {"head_dim", "elements in a head", &Shape::head_dim};
constexpr ShapeField kContext = {"context", "tokens", &Shape::context};
constexpr ShapeField kLocal = {"local_tokens", "tokens", &Shape::local_tokens, true};
constexpr ShapeField kBlockTokens = {"block_tokens", "tokens", &Shape::block_tokens};
constexpr ShapeField kTopBlocks = {"top_blocks", "blocks", &Shape::top_blocks};
constexpr ShapeField kM = {"m", "rows", &Shape::m};
constexpr ShapeField kN = {"n", "columns", &Shape::n};
constexpr ShapeField kK = {"k", "inputs", &Shape::k};
constexpr ShapeField kBytes = {"bytes", "bytes", &Shape::bytes};

constexpr ShapeField Optional(ShapeField field) {
  field.optional = true;
  return field;
}

constexpr ShapeField kDecodeFields[] = {kBatch, kQueryHeads, kKvHeads, kHeadDim, kContext};
constexpr ShapeField kPrefillFields[] = {
    kBatch, kQueryHeads, kKvHeads, kHeadDim, {"tokens", "tokens", &Shape::tokens}};
constexpr ShapeField kBlockTopkFields[] = {kBatch,   kQueryHeads,  kKvHeads,   kHeadDim,
                                           kContext, kBlockTokens, kTopBlocks, kLocal};
constexpr ShapeField kTopkFields[] = {
    kBatch, kQueryHeads, kKvHeads, kHeadDim, kContext, {"top_tokens", "tokens", &Shape::top_tokens},
    kLocal};
constexpr ShapeField kSlidingFields[] = {
    kBatch,   kQueryHeads, kKvHeads,
    kHeadDim, kContext,    {"window_tokens", "tokens", &Shape::window_tokens}};
constexpr ShapeField kSelectFields[] = {{"rows", "rows", &Shape::rows},
                                        {"blocks", "blocks", &Shape::blocks},
                                        {"top", "blocks", &Shape::top}};
constexpr ShapeField kGemmFields[] = {kM, kN, kK};
constexpr ShapeField kGemvFields[] = {{"m", "rows", &Shape::m, true}, kN, kK};
constexpr ShapeField kLayerFields[] = {kBatch,
                                       {"hidden", "elements of a hidden state", &Shape::hidden},
                                       {"inner", "elements inside the MLP", &Shape::inner},
                                       kQueryHeads,
                                       kKvHeads,
                                       kHeadDim,
                                       kContext,
                                       Optional(kBlockTokens),
                                       Optional(kTopBlocks)};
constexpr ShapeField kAllReduceFields[] = {{"ranks", "ranks", &Shape::ranks}, kBytes};
constexpr ShapeField kTrafficFields[] = {kBytes};
constexpr ShapeField kPeakFields[] = {{"flops", "FLOPs", &Shape::flops}};

}  // namespace

std::span<const ShapeField> ShapeFields(Operation operation) {
  switch (operation) {
    case Operation::kDecodeAttention:
      return kDecodeFields;
    case Operation::kPrefillAttention:
      return kPrefillFields;
    case Operation::kBlockTopkAttention:
      return kBlockTopkFields;
    case Operation::kTopkAttention:
      return kTopkFields;
    case Operation::kSlidingAttention:
      return kSlidingFields;
    case Operation::kSelect:
      return kSelectFields;
    case Operation::kGemm:
      return kGemmFields;
    case Operation::kGemv:
      return kGemvFields;
    case Operation::kDecoderLayer:
      return kLayerFields;
    case Operation::kAllReduce:
      return kAllReduceFields;
    case Operation::kReadBandwidth:
    case Operation::kCopyBandwidth:
    case Operation::kTriadBandwidth:
      return kTrafficFields;
    case Operation::kPeakFlops:
      break;
  }
  return kPeakFields;
}

std::string_view DtypeKey(Operation operation) {
  switch (operation) {
    case Operation::kGemm:
    case Operation::kGemv:
    case Operation::kPeakFlops:
      return "dtype";
    case Operation::kSelect:
    case Operation::kAllReduce:
    case Operation::kReadBandwidth:
    case Operation::kCopyBandwidth:
    case Operation::kTriadBandwidth:
      return "";
    default:
      return "kv_dtype";
  }
}

}  // namespace kinetics
