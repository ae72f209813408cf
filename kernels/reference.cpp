#include "kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kinetics::kernels {
namespace {

/// Where a token's first element lies in keys and values.
size_t ElementOf(const KvCache& cache, int64_t request, int head, int64_t token) {
  const int64_t page =
      cache.page_table == nullptr
          ? request
          : cache.page_table[request * cache.table_stride + token / cache.page_tokens];
  const int64_t row =
      (page * cache.kv_heads + head) * cache.page_tokens + token % cache.page_tokens;
  return static_cast<size_t>(row * cache.head_dim);
}

/// One KV head of one request.
struct CacheRow {
  int64_t request;
  int head;
};

struct Query {
  const float* elements;
  float scale;
};

/// What one query sees in some tokens of a row.
void Attend(const KvCache& cache, const CacheRow& row, std::span<const int32_t> tokens,
            const Query& query, double* output) {
  std::vector<double> scores;
  for (const int32_t token : tokens) {
    const size_t key = ElementOf(cache, row.request, row.head, token);
    double score = 0;
    for (int i = 0; i < cache.head_dim; ++i) {
      score += static_cast<double>(query.elements[i]) *
               LoadElement(cache.keys, key + static_cast<size_t>(i), cache.type);
    }
    scores.push_back(query.scale * score);
  }
  const double most = scores.empty() ? 0 : *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  std::fill_n(output, cache.head_dim, 0.0);
  for (size_t t = 0; t < tokens.size(); ++t) {
    const double weight = std::exp(scores[t] - most);
    sum += weight;
    const size_t value = ElementOf(cache, row.request, row.head, tokens[t]);
    for (int i = 0; i < cache.head_dim; ++i) {
      output[i] += weight * LoadElement(cache.values, value + static_cast<size_t>(i), cache.type);
    }
  }
  for (int i = 0; i < cache.head_dim && sum > 0; ++i) {
    output[i] /= sum;
  }
}

size_t OutputSize(const DecodeProblem& problem) {
  return static_cast<size_t>(problem.requests * problem.cache.kv_heads * problem.group *
                             problem.cache.head_dim);
}

}  // namespace

std::vector<double> ReferenceDecode(const DecodeProblem& problem) {
  TokenLists lists = {.offsets = {0}};
  for (int64_t r = 0; r < problem.requests; ++r) {
    const int64_t length = problem.lengths[r];
    const int64_t begin = problem.window > 0 ? std::max<int64_t>(0, length - problem.window) : 0;
    for (int h = 0; h < problem.cache.kv_heads; ++h) {
      for (int64_t token = begin; token < length; ++token) {
        lists.tokens.push_back(static_cast<int32_t>(token));
      }
      lists.offsets.push_back(static_cast<int64_t>(lists.tokens.size()));
    }
  }
  return ReferenceDecode(problem, lists);
}

std::vector<double> ReferenceDecode(const DecodeProblem& problem, const TokenLists& lists) {
  std::vector<double> output(OutputSize(problem));
  for (int64_t r = 0; r < problem.requests; ++r) {
    for (int h = 0; h < problem.cache.kv_heads; ++h) {
      const auto row = static_cast<size_t>(r * problem.cache.kv_heads + h);
      const auto begin = static_cast<size_t>(lists.offsets[row]);
      const auto end = static_cast<size_t>(lists.offsets[row + 1]);
      for (int g = 0; g < problem.group; ++g) {
        const size_t first = (row * static_cast<size_t>(problem.group) + static_cast<size_t>(g)) *
                             static_cast<size_t>(problem.cache.head_dim);
        Attend(problem.cache, {r, h}, std::span(lists.tokens).subspan(begin, end - begin),
               {problem.queries + first, problem.scale}, output.data() + first);
      }
    }
  }
  return output;
}

std::vector<double> ReferencePrefill(const PrefillProblem& problem) {
  const KvCache& cache = problem.cache;
  const int64_t tokens =
      std::accumulate(problem.lengths, problem.lengths + problem.requests, int64_t{0});
  const int64_t heads = int64_t{cache.kv_heads} * problem.group;
  std::vector<double> output(static_cast<size_t>(tokens * heads * cache.head_dim));
  int64_t first = 0;
  for (int64_t r = 0; r < problem.requests; ++r) {
    std::vector<int32_t> seen(static_cast<size_t>(problem.lengths[r]));
    std::iota(seen.begin(), seen.end(), 0);
    for (size_t i = 0; i < seen.size(); ++i) {
      for (int64_t head = 0; head < heads; ++head, first += cache.head_dim) {
        Attend(cache, {r, static_cast<int>(head / problem.group)}, std::span(seen).first(i + 1),
               {problem.queries + first, problem.scale}, output.data() + first);
      }
    }
  }
  return output;
}

std::vector<double> ReferenceBlockScores(const BlockTopkProblem& problem, int64_t request,
                                         int head) {
  const DecodeProblem& decode = problem.decode;
  const int64_t row = request * decode.cache.kv_heads + head;
  const int dim = decode.cache.head_dim;
  std::vector<double> scores(
      static_cast<size_t>(BlocksOf(decode.lengths[request], problem.block_tokens)));
  for (size_t b = 0; b < scores.size(); ++b) {
    for (int i = 0; i < dim; ++i) {
      double query = 0;
      for (int g = 0; g < decode.group; ++g) {
        query += decode.queries[(row * decode.group + g) * dim + i];
      }
      const auto block = static_cast<size_t>(row * problem.pooled_stride) + b;
      scores[b] +=
          query / decode.group *
          LoadElement(problem.pooled, block * static_cast<size_t>(dim) + static_cast<size_t>(i),
                      problem.pooled_type);
    }
  }
  return scores;
}

std::vector<int32_t> ReferenceSelect(std::span<const float> scores, int64_t top, bool with_first,
                                     bool with_last) {
  const auto value = [&](int32_t i) {
    const float score = scores[static_cast<size_t>(i)];
    return std::isnan(score) ? -std::numeric_limits<double>::infinity()
                             : static_cast<double>(score);
  };
  std::vector<int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    const bool a_is_nan = std::isnan(scores[static_cast<size_t>(a)]);
    const bool b_is_nan = std::isnan(scores[static_cast<size_t>(b)]);
    return a_is_nan != b_is_nan ? b_is_nan : value(a) > value(b);
  });
  order.resize(std::min(order.size(), static_cast<size_t>(top)));
  const auto add = [&](bool is_wanted, size_t block) {
    const auto index = static_cast<int32_t>(block);
    if (is_wanted && std::find(order.begin(), order.end(), index) == order.end()) {
      order.push_back(index);
    }
  };
  if (!scores.empty()) {
    add(with_first, 0);
    add(with_last, scores.size() - 1);
  }
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<double> ReferenceLinear(const LinearProblem& problem) {
  std::vector<double> output(static_cast<size_t>(problem.m * problem.n));
  for (int64_t c = 0; c < problem.m; ++c) {
    for (int64_t r = 0; r < problem.n; ++r) {
      double sum = 0;
      for (int64_t i = 0; i < problem.k; ++i) {
        sum += static_cast<double>(problem.inputs[c * problem.k + i]) *
               LoadElement(problem.weights, static_cast<size_t>(r * problem.k + i), problem.type);
      }
      output[static_cast<size_t>(c * problem.n + r)] = sum;
    }
  }
  return output;
}

TokenLists TokensOf(const BlockLists& blocks, const DecodeProblem& problem) {
  TokenLists lists = {.offsets = {0}};
  for (int64_t r = 0; r < problem.requests; ++r) {
    for (int h = 0; h < problem.cache.kv_heads; ++h) {
      const auto row = static_cast<size_t>(r * problem.cache.kv_heads + h);
      for (int64_t b = blocks.offsets[row]; b < blocks.offsets[row + 1]; ++b) {
        const int64_t begin = blocks.blocks[static_cast<size_t>(b)] * blocks.block_tokens;
        const int64_t end = std::min(begin + blocks.block_tokens, problem.lengths[r]);
        for (int64_t token = begin; token < end; ++token) {
          lists.tokens.push_back(static_cast<int32_t>(token));
        }
      }
      lists.offsets.push_back(static_cast<int64_t>(lists.tokens.size()));
    }
  }
  return lists;
}

}  // namespace kinetics::kernels
