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
constexpr ShapeField kM = {"m", "rows", &Shape::m};
constexpr ShapeField kN = {"n", "columns", &Shape::n};
constexpr ShapeField kK = {"k", "inputs", &Shape::k};
constexpr ShapeField kBytes = {"bytes", "bytes", &Shape::bytes};

constexpr ShapeField kDecode[] = {kBatch, kQueryHeads, kKvHeads, kHeadDim, kContext};
constexpr ShapeField kPrefill[] = {
    kBatch, kQueryHeads, kKvHeads, kHeadDim, {"tokens", "tokens", &Shape::tokens}};
constexpr ShapeField kBlockTopk[] = {kBatch,
                                     kQueryHeads,
                                     kKvHeads,
                                     kHeadDim,
                                     kContext,
                                     {"block_tokens", "tokens", &Shape::block_tokens},
                                     {"top_blocks", "blocks", &Shape::top_blocks},
                                     kLocal};
constexpr ShapeField kTopk[] = {kBatch,   kQueryHeads, kKvHeads,
                                kHeadDim, kContext,    {"top_tokens", "tokens", &Shape::top_tokens},
                                kLocal};
constexpr ShapeField kSliding[] = {kBatch,   kQueryHeads,
                                   kKvHeads, kHeadDim,
                                   kContext, {"window_tokens", "tokens", &Shape::window_tokens}};
constexpr ShapeField kSelect[] = {{"rows", "rows", &Shape::rows},
                                  {"blocks", "blocks", &Shape::blocks},
                                  {"top", "blocks", &Shape::top}};
constexpr ShapeField kGemm[] = {kM, kN, kK};
constexpr ShapeField kGemv[] = {{"m", "rows", &Shape::m, true}, kN, kK};
constexpr ShapeField kAllReduce[] = {{"ranks", "ranks", &Shape::ranks}, kBytes};
constexpr ShapeField kTraffic[] = {kBytes};
constexpr ShapeField kPeak[] = {{"flops", "FLOPs", &Shape::flops}};

}  // namespace

std::span<const ShapeField> ShapeFields(Operation operation) {
  switch (operation) {
    case Operation::kDecodeAttention:
      return kDecode;
    case Operation::kPrefillAttention:
      return kPrefill;
    case Operation::kBlockTopkAttention:
      return kBlockTopk;
    case Operation::kTopkAttention:
      return kTopk;
    case Operation::kSlidingAttention:
      return kSliding;
    case Operation::kSelect:
      return kSelect;
    case Operation::kGemm:
      return kGemm;
    case Operation::kGemv:
      return kGemv;
    case Operation::kAllReduce:
      return kAllReduce;
    case Operation::kReadBandwidth:
    case Operation::kCopyBandwidth:
    case Operation::kTriadBandwidth:
      return kTraffic;
    case Operation::kPeakFlops:
      break;
  }
  return kPeak;
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
