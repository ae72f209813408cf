#include "tests/kernels/cache.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kinetics/core/draws.h"

namespace kinetics::test {

using kernels::BlocksOf;
using kernels::DataType;
using kernels::KvCache;
using kernels::LoadElement;
using kernels::SizeOf;
using kernels::StoreElement;

namespace {

size_t RowOf(const KvCache& cache, int64_t request, int64_t head, int64_t token) {
  const int64_t page =
      cache.page_table == nullptr
          ? request
          : cache.page_table[request * cache.table_stride + token / cache.page_tokens];
  return static_cast<size_t>((page * cache.kv_heads + head) * cache.page_tokens +
                             token % cache.page_tokens);
}

}  // namespace

Cache::Cache(const CacheOptions& options, std::vector<int64_t> of_requests, uint64_t seed)
    : lengths(std::move(of_requests)) {
  Draws draws(SplitMix64{seed});
  const auto requests = static_cast<int64_t>(lengths.size());
  const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  KvCache& cache = problem.cache;
  cache.type = options.type;
  cache.kv_heads = options.kv_heads;
  cache.head_dim = options.head_dim;
  cache.page_tokens = options.is_paged ? options.page_tokens : std::max<int64_t>(longest, 1);
  const int64_t pages_each = options.is_paged ? BlocksOf(longest, options.page_tokens) + 1 : 1;
  if (options.is_paged) {
    cache.table_stride = pages_each;
    page_table.resize(static_cast<size_t>(requests * pages_each));
    std::iota(page_table.begin(), page_table.end(), 0);
    for (size_t i = page_table.size(); i > 1; --i) {
      std::swap(page_table[i - 1],
                page_table[static_cast<size_t>(draws.Uniform() * static_cast<double>(i))]);
    }
    cache.page_table = page_table.data();
  }
  const auto elements = static_cast<size_t>(requests * pages_each * cache.kv_heads *
                                            cache.page_tokens * cache.head_dim);
  keys.resize(elements * SizeOf(cache.type));
  values.resize(elements * SizeOf(cache.type));
  for (size_t i = 0; i < elements; ++i) {
    StoreElement(keys.data(), i, cache.type, std::nanf(""));
    StoreElement(values.data(), i, cache.type, std::nanf(""));
  }
  for (int64_t r = 0; r < requests; ++r) {
    for (int64_t h = 0; h < cache.kv_heads; ++h) {
      for (int64_t token = 0; token < lengths[static_cast<size_t>(r)]; ++token) {
        const size_t first = RowOf(cache, r, h, token) * static_cast<size_t>(cache.head_dim);
        for (size_t i = first; i < first + static_cast<size_t>(cache.head_dim); ++i) {
          StoreElement(keys.data(), i, cache.type,
                       static_cast<float>(options.spread * draws.Normal()));
          StoreElement(values.data(), i, cache.type, static_cast<float>(draws.Normal()));
        }
      }
    }
  }
  queries.resize(static_cast<size_t>(requests * cache.kv_heads * options.group * cache.head_dim));
  for (float& query : queries) {
    query = static_cast<float>(options.spread * draws.Normal());
  }
  cache.keys = keys.data();
  cache.values = values.data();
  problem.requests = requests;
  problem.group = options.group;
  problem.queries = queries.data();
  problem.lengths = lengths.data();
  problem.scale = 1 / std::sqrt(static_cast<float>(cache.head_dim));
}

PooledKeys::PooledKeys(const Cache& cache, int64_t tokens, DataType pooled_type)
    : block_tokens(tokens), type(pooled_type) {
  const KvCache& of = cache.problem.cache;
  stride = BlocksOf(*std::max_element(cache.lengths.begin(), cache.lengths.end()), tokens);
  const auto dim = static_cast<size_t>(of.head_dim);
  data.resize(cache.lengths.size() * static_cast<size_t>(of.kv_heads * stride) * dim *
              SizeOf(type));
  for (size_t r = 0; r < cache.lengths.size(); ++r) {
    for (int64_t h = 0; h < of.kv_heads; ++h) {
      for (int64_t b = 0; b < BlocksOf(cache.lengths[r], tokens); ++b) {
        const int64_t end = std::min((b + 1) * tokens, cache.lengths[r]);
        const size_t row = (r * static_cast<size_t>(of.kv_heads) + static_cast<size_t>(h)) *
                               static_cast<size_t>(stride) +
                           static_cast<size_t>(b);
        for (size_t i = 0; i < dim; ++i) {
          double sum = 0;
          for (int64_t token = b * tokens; token < end; ++token) {
            sum += LoadElement(of.keys, RowOf(of, static_cast<int64_t>(r), h, token) * dim + i,
                               of.type);
          }
          StoreElement(data.data(), row * dim + i, type,
                       static_cast<float>(sum / static_cast<double>(end - b * tokens)));
        }
      }
    }
  }
}

kernels::BlockTopkProblem PooledKeys::Problem(const Cache& cache, int64_t top) const {
  return {.decode = cache.problem,
          .block_tokens = block_tokens,
          .top = top,
          .pooled_type = type,
          .pooled = data.data(),
          .pooled_stride = stride};
}

std::vector<kernels::Isa> SupportedIsas() {
  std::vector<kernels::Isa> isas;
  for (const kernels::Isa isa :
       {kernels::Isa::kPortable, kernels::Isa::kAvx2, kernels::Isa::kAvx512}) {
    if (kernels::IsSupported(isa)) {
      isas.push_back(isa);
    }
  }
  return isas;
}

}  // namespace kinetics::test
