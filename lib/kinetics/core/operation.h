#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace kinetics {

/// What a device is measured and calibrated on.
enum class Operation {
  kDecodeAttention,
  kPrefillAttention,
  kBlockTopkAttention,
  kTopkAttention,
  kSlidingAttention,
  kSelect,  ///< Of the largest scores: the step of block top-k by itself.
  kGemm,
  kGemv,
  kDecoderLayer,  ///< A decode step of one: norms, products, attention and MLP.
  kAllReduce,
  kReadBandwidth,
  kCopyBandwidth,
  kTriadBandwidth,
  kPeakFlops,
};

inline constexpr std::array kOperations = {Operation::kDecodeAttention,
                                           Operation::kPrefillAttention,
                                           Operation::kBlockTopkAttention,
                                           Operation::kTopkAttention,
                                           Operation::kSlidingAttention,
                                           Operation::kSelect,
                                           Operation::kGemm,
                                           Operation::kGemv,
                                           Operation::kDecoderLayer,
                                           Operation::kAllReduce,
                                           Operation::kReadBandwidth,
                                           Operation::kCopyBandwidth,
                                           Operation::kTriadBandwidth,
                                           Operation::kPeakFlops};

/// As files spell it: "decode_attention".
constexpr std::string_view Name(Operation operation) {
  constexpr std::array<std::string_view, kOperations.size()> kNames = {"decode_attention",
                                                                       "prefill_attention",
                                                                       "block_topk_attention",
                                                                       "topk_attention",
                                                                       "sliding_attention",
                                                                       "select",
                                                                       "gemm",
                                                                       "gemv",
                                                                       "decoder_layer",
                                                                       "all_reduce",
                                                                       "read_bandwidth",
                                                                       "copy_bandwidth",
                                                                       "triad_bandwidth",
                                                                       "peak_flops"};
  return kNames[static_cast<size_t>(operation)];
}

/// The operation of that name; nullopt where there is none.
constexpr std::optional<Operation> FindOperation(std::string_view name) {
  for (const Operation operation : kOperations) {
    if (Name(operation) == name) {
      return operation;
    }
  }
  return std::nullopt;
}

}  // namespace kinetics
