#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kinetics/benchmark/benchmark.h"

namespace kinetics {

/// An operation that is to be measured.
struct BenchmarkCase {
  Operation operation = Operation::kDecodeAttention;
  std::optional<Dtype> dtype;
  OperationShape shape;

  auto operator<=>(const BenchmarkCase&) const = default;
};

/// Whether an operation measures what the machine can do at most: a bandwidth or the peak.
bool IsRoofline(Operation operation);

/// Reading, copying, triads and multiply-adds at sizes that show each at its best: what the machine
/// can do at most, measured with everything.
std::vector<BenchmarkCase> CeilingCases();

/// Every operation in FP16 (multiply-adds in FP32) with head size 128, each in enough different
/// shapes for `calibrate` to fit and to judge: batch, heads, group, context, m, n and k vary over
/// two orders of magnitude. No operand set is larger than 256 MiB. CeilingCases() are among them.
std::vector<BenchmarkCase> QuickSuite();

/// What cases become on an accelerator, which is some hundred times as fast: bandwidths at 16 times
/// the size and peaks at 1,000 times, in FP16 and BF16 besides FP32; all others as they are, where
/// launches take the time, and at 32 times the batch, rows or m as well.
std::vector<BenchmarkCase> ForAccelerator(const std::vector<BenchmarkCase>& cases);

/// QuickSuite, its attention also in BF16 and FP32 and with head sizes 64 and 256, its products
/// also in BF16 and FP32, and longer contexts and larger products.
std::vector<BenchmarkCase> FullSuite();

/// Dense and block top-k attention, or layers with them, at one shape of the Kinetics throughput
/// figure.
struct PaperPair {
  int64_t batch = 0;    ///< Of the figure.
  int64_t context = 0;  ///< Likewise.
  int64_t scale = 1;    ///< The batch that is measured is so many times smaller.
  std::string_view models;
  BenchmarkCase dense;
  BenchmarkCase sparse;
};

/// The throughput figure of Kinetics (Figure 10): batch x context (4096, 16384) and (2048, 32768),
/// 64 blocks of 16 tokens, and what tensor parallelism over 8 devices leaves of the Qwen3 models:
/// one KV head of size 128 with a group of 2 (0.6B, 1.7B), 4 (4B, 8B), 5 (14B) or 8 (32B) queries.
/// The batch is halved until the KV cache of the layer takes no more than `memory_bytes`.
std::vector<PaperPair> PaperSuite(double memory_bytes);

/// The same of whole decoder layers, for each of the six models: what tensor parallelism leaves of
/// heads and MLP, all of the hidden size. The all-reduces between devices are left out.
std::vector<PaperPair> PaperLayers(double memory_bytes);

}  // namespace kinetics
