#pragma once

#include <cstdint>
#include <vector>

#include "kernels/attention.h"
#include "kernels/bench/check.h"
#include "kernels/cpu/isa.h"

namespace kinetics::test {

struct CacheOptions {
  kernels::DataType type = kernels::DataType::kF16;
  int kv_heads = 2;
  int head_dim = 128;
  int64_t page_tokens = 16;
  bool is_paged = true;
  int group = 1;
  double spread = 1;  ///< Standard deviation of queries and keys.
};

/// A decode problem with its memory: random queries, keys and values, pages in random order, NaN in
/// all rows that no request has.
struct Cache {
  Cache(const CacheOptions& options, std::vector<int64_t> lengths, uint64_t seed);

  kernels::DecodeProblem problem;
  std::vector<int64_t> lengths;
  std::vector<float> queries;
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;
  std::vector<int32_t> page_table;
};

/// Mean-pooled keys of every block, stored as `type`: what block top-k scores.
struct PooledKeys {
  PooledKeys(const Cache& cache, int64_t block_tokens, kernels::DataType type);

  kernels::BlockTopkProblem Problem(const Cache& cache, int64_t top) const;

  int64_t block_tokens;
  int64_t stride;
  kernels::DataType type;
  std::vector<uint8_t> data;
};

/// The instruction sets of this machine.
std::vector<kernels::Isa> SupportedIsas();

using kernels::WorstError;

}  // namespace kinetics::test
