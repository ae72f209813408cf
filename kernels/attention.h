#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/data_type.h"

namespace kinetics::kernels {

/// 1 / ln 2: kernels keep scores times it, so that their exponential is a power of two.
inline constexpr float kLog2E = 1.44269504088896341F;

/// Keys and values of one attention layer, in pages. Element i of a token lies in either array at
///
///   ((page * kv_heads + head) * page_tokens + token % page_tokens) * head_dim + i,
///   page = page_table[request * table_stride + token / page_tokens],
///
/// so that a page of one head is contiguous. Without a page table each request has one page, its
/// own number, as long as its longest context: a contiguous cache. Memory beyond a request's length
/// is never read.
struct KvCache {
  DataType type = DataType::kF16;
  int kv_heads = 1;
  int head_dim = 128;  ///< 64, 128 or 256.
  int64_t page_tokens = 16;
  const void* keys = nullptr;
  const void* values = nullptr;
  const int32_t* page_table = nullptr;
  int64_t table_stride = 0;  ///< Pages of a request in the table.
};

/// One decode step: one query token of each request attends to its context,
///
///   o = sum_t softmax_t(scale q . k_t) v_t,
///
/// `group` query heads to each KV head. A request without tokens gets zeros.
struct DecodeProblem {
  KvCache cache;
  int64_t requests = 0;
  int group = 1;                     ///< 1 to 16.
  const float* queries = nullptr;    ///< requests x kv_heads x group x head_dim.
  const int64_t* lengths = nullptr;  ///< Tokens of each request; may be 0.
  int64_t window = 0;                ///< Only so many last tokens are attended to; 0: all.
  float scale = 1;                   ///< Of the scores; 1 / sqrt(head_dim) as a rule.
};

/// A whole prompt: each of its tokens attends to itself and to those before it,
///
///   o_i = sum_{t <= i} softmax_t(scale q_i . k_t) v_t,
///
/// `group` query heads to each KV head, whose keys and values are all in the cache. Queries and
/// outputs of the requests lie behind one another without gaps:
///
///   tokens x kv_heads x group x head_dim, tokens = sum of lengths.
///
/// A request without tokens has neither.
struct PrefillProblem {
  KvCache cache;
  int64_t requests = 0;
  int group = 1;  ///< 1 to 16.
  const float* queries = nullptr;
  const int64_t* lengths = nullptr;  ///< Tokens of each request; may be 0.
  float scale = 1;                   ///< Of the scores; 1 / sqrt(head_dim) as a rule.
};

/// The tokens that each KV head of each request attends to, ascending, in place of all. Row
/// (request * kv_heads + head) begins at offsets[row] and ends at offsets[row + 1].
struct TokenLists {
  std::vector<int64_t> offsets;
  std::vector<int32_t> tokens;
};

/// The same in blocks of `block_tokens` tokens, which must divide a page or be a multiple of it;
/// the last block of a request may be cut by its length.
struct BlockLists {
  int64_t block_tokens = 16;
  std::vector<int64_t> offsets;
  std::vector<int32_t> blocks;
};

/// Block top-k: which blocks matter is told by mean-pooled keys. Block b of a request scores
/// mean over the group of q . pooled_b, and the `top` best are attended to, ties to the lowest b.
struct BlockTopkProblem {
  DecodeProblem decode;
  int64_t block_tokens = 16;
  int64_t top = 64;
  bool with_first = false;  ///< The first block besides these.
  bool with_last = false;   ///< The last block besides these.
  DataType pooled_type = DataType::kF16;
  const void* pooled = nullptr;  ///< requests x kv_heads x pooled_stride x head_dim.
  int64_t pooled_stride = 0;     ///< Blocks of a request in `pooled`.
};

/// Number of blocks of a context.
constexpr int64_t BlocksOf(int64_t tokens, int64_t block_tokens) {
  return (tokens + block_tokens - 1) / block_tokens;
}

}  // namespace kinetics::kernels
