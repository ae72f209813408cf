#include <array>
#include <chrono>
#include <span>

#include "kernels/cpu/attention.h"
#include "kernels/cpu/finder.h"
#include "kernels/cpu/select.h"

namespace kinetics::kernels {
namespace {

double SecondsSince(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

/// The mean of a group's queries.
void AverageQuery(const DecodeProblem& problem, int64_t row, float* query) {
  const int dim = problem.cache.head_dim;
  const float* queries = problem.queries + row * problem.group * dim;
  const float share = 1.0F / static_cast<float>(problem.group);
  for (int i = 0; i < dim; ++i) {
    float sum = 0;
    for (int g = 0; g < problem.group; ++g) {
      sum += queries[g * dim + i];
    }
    query[i] = share * sum;
  }
}

/// Runs `work(thread, row)` on every row, in parallel, rows handed out as threads come.
template <typename Work>
void ForRows(Team& team, int64_t rows, const Work& work) {
  std::atomic<int64_t> next = 0;
  team.Run([&](int thread) {
    for (int64_t row = next++; row < rows; row = next++) {
      work(static_cast<size_t>(thread), row);
    }
  });
}

/// Puts lists that were made a row each behind one another.
void Join(std::span<const std::vector<int32_t>> rows, std::vector<int64_t>& offsets,
          std::vector<int32_t>& all) {
  offsets.assign(1, 0);
  all.clear();
  for (const std::vector<int32_t>& row : rows) {
    all.insert(all.end(), row.begin(), row.end());
    offsets.push_back(static_cast<int64_t>(all.size()));
  }
}

}  // namespace

SparseTimes CpuAttention::BlockTopk(const BlockTopkProblem& problem, float* output,
                                    BlockLists* chosen) {
  const DecodeProblem& decode = problem.decode;
  CheckShape(decode.cache, decode.group);
  const int64_t rows = decode.requests * decode.cache.kv_heads;
  const int dim = decode.cache.head_dim;
  const ScoreKernel score =
      kernels_->score[static_cast<int>(problem.pooled_type)][HeadDimIndex(dim)];
  const auto blocks_of = [&](int64_t row) {
    return BlocksOf(decode.lengths[row / decode.cache.kv_heads], problem.block_tokens);
  };
  SparseTimes times;
  auto start = std::chrono::steady_clock::now();
  scores_.resize(static_cast<size_t>(rows * problem.pooled_stride));
  ForRows(*team_, rows, [&](size_t, int64_t row) {
    alignas(64) std::array<float, kMostHeadDim> query;
    AverageQuery(decode, row, query.data());
    const size_t row_bytes =
        static_cast<size_t>(problem.pooled_stride * dim) * SizeOf(problem.pooled_type);
    score(static_cast<const char*>(problem.pooled) + static_cast<size_t>(row) * row_bytes,
          blocks_of(row), query.data(), scores_.data() + row * problem.pooled_stride);
  });
  times.score = SecondsSince(start);

  start = std::chrono::steady_clock::now();
  chosen_.resize(std::max(chosen_.size(), static_cast<size_t>(rows)));
  ForRows(*team_, rows, [&](size_t thread, int64_t row) {
    std::vector<int32_t>& blocks = chosen_[static_cast<size_t>(row)];
    blocks.clear();
    selectors_[thread].Select(
        std::span(scores_).subspan(static_cast<size_t>(row * problem.pooled_stride),
                                   static_cast<size_t>(blocks_of(row))),
        {.top = problem.top, .with_first = problem.with_first, .with_last = problem.with_last},
        blocks);
  });
  blocks_.block_tokens = problem.block_tokens;
  Join(std::span(chosen_).first(static_cast<size_t>(rows)), blocks_.offsets, blocks_.blocks);
  times.select = SecondsSince(start);

  start = std::chrono::steady_clock::now();
  Attend({.problem = &decode, .blocks = &blocks_}, output);
  times.attend = SecondsSince(start);
  if (chosen != nullptr) {
    *chosen = blocks_;
  }
  return times;
}

SparseTimes CpuAttention::TokenTopk(const DecodeProblem& problem, int64_t top, float* output,
                                    TokenLists* chosen) {
  CheckShape(problem.cache, problem.group);
  const KvCache& cache = problem.cache;
  const int64_t rows = problem.requests * cache.kv_heads;
  const ScoreKernel score =
      kernels_->score[static_cast<int>(cache.type)][HeadDimIndex(cache.head_dim)];
  SparseTimes times;
  auto start = std::chrono::steady_clock::now();
  std::vector<std::vector<float>> scores(static_cast<size_t>(rows));
  ForRows(*team_, rows, [&](size_t, int64_t row) {
    alignas(64) std::array<float, kMostHeadDim> query;
    AverageQuery(problem, row, query.data());
    const int64_t length = problem.lengths[row / cache.kv_heads];
    std::vector<float>& of_row = scores[static_cast<size_t>(row)];
    of_row.resize(static_cast<size_t>(length));
    Finder find(cache, row / cache.kv_heads, row % cache.kv_heads);
    for (int64_t token = 0; token < length; token += cache.page_tokens) {
      score(static_cast<const char*>(cache.keys) + find(token),
            std::min(cache.page_tokens, length - token), query.data(), of_row.data() + token);
    }
  });
  times.score = SecondsSince(start);

  start = std::chrono::steady_clock::now();
  chosen_.resize(std::max(chosen_.size(), static_cast<size_t>(rows)));
  ForRows(*team_, rows, [&](size_t thread, int64_t row) {
    std::vector<int32_t>& of_row = chosen_[static_cast<size_t>(row)];
    of_row.clear();
    selectors_[thread].Select(scores[static_cast<size_t>(row)], {.top = top}, of_row);
  });
  TokenLists lists;
  Join(std::span(chosen_).first(static_cast<size_t>(rows)), lists.offsets, lists.tokens);
  times.select = SecondsSince(start);

  start = std::chrono::steady_clock::now();
  Attend({.problem = &problem, .tokens = &lists}, output);
  times.attend = SecondsSince(start);
  if (chosen != nullptr) {
    *chosen = std::move(lists);
  }
  return times;
}

}  // namespace kinetics::kernels
