#include "kernels/cpu/prefill.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <vector>

#include "kernels/cpu/finder.h"

namespace kinetics::kernels {
namespace {

/// Queries of one group at some positions, one after another.
struct Block {
  int64_t request = 0;
  int64_t head = 0;
  int64_t first_token = 0;  // of the request, among all
  int64_t begin = 0;        // positions in the request
  int64_t end = 0;
};

std::vector<Block> PlanBlocks(const PrefillProblem& problem) {
  const int64_t positions = kPrefillQueries / problem.group;
  std::vector<Block> blocks;
  int64_t first_token = 0;
  for (int64_t r = 0; r < problem.requests; ++r) {
    const int64_t length = problem.lengths[r];
    for (int64_t head = 0; head < problem.cache.kv_heads; ++head) {
      for (int64_t begin = 0; begin < length; begin += positions) {
        blocks.push_back({.request = r,
                          .head = head,
                          .first_token = first_token,
                          .begin = begin,
                          .end = std::min(begin + positions, length)});
      }
    }
    first_token += length;
  }
  // What a block costs is how far it sees.
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const Block& a, const Block& b) { return a.end > b.end; });
  return blocks;
}

/// The memory and the steps of one thread.
class Worker {
 public:
  Worker(PrefillKernel add, const PrefillProblem& problem)
      : problem_(problem),
        add_(add),
        queries_(static_cast<size_t>(problem.cache.head_dim) * kPrefillQueries),
        output_(queries_.size()),
        rows_(static_cast<size_t>(problem.cache.head_dim) * kPrefillTokens) {}

  void Run(const Block& block, float* output) {
    count_ = (block.end - block.begin) * problem_.group;
    LoadQueries(block);
    most_.fill(std::numeric_limits<float>::lowest());
    sum_.fill(0);
    std::fill(output_.begin(), output_.end(), 0.0F);
    Finder find(problem_.cache, block.request, block.head);
    for (int64_t first = 0; first < block.end; first += kPrefillTokens) {
      AddTile(block, first, find);
    }
    StoreOutput(block, output);
  }

 private:
  /// Where a query of a block begins in queries and outputs.
  int64_t PlaceOf(const Block& block, int64_t query) const {
    const int64_t token = block.first_token + block.begin + query / problem_.group;
    const int64_t head =
        (token * problem_.cache.kv_heads + block.head) * problem_.group + query % problem_.group;
    return head * problem_.cache.head_dim;
  }

  void LoadQueries(const Block& block) {
    for (int64_t q = 0; q < count_; ++q) {
      const float* from = problem_.queries + PlaceOf(block, q);
      for (int64_t i = 0; i < problem_.cache.head_dim; ++i) {
        queries_[static_cast<size_t>(i * kPrefillQueries + q)] =
            from[i] * (problem_.scale * kLog2E);
      }
    }
  }

  void AddTile(const Block& block, int64_t first, Finder& find) {
    const KvCache& cache = problem_.cache;
    const int64_t tokens = std::min(kPrefillTokens, block.end - first);
    for (int64_t t = 0; t < tokens; ++t) {
      const int64_t place = find(first + t);
      keys_[static_cast<size_t>(t)] = static_cast<const char*>(cache.keys) + place;
      values_[static_cast<size_t>(t)] = static_cast<const char*>(cache.values) + place;
    }
    const bool is_seen_by_all = first + tokens <= block.begin + 1;
    for (int64_t q = 0; q < count_; ++q) {
      visible_[static_cast<size_t>(q)] = block.begin + q / problem_.group + 1 - first;
    }
    add_(
        {.keys = keys_.data(),
         .values = values_.data(),
         .tokens = tokens,
         .queries = queries_.data(),
         .count = count_,
         .visible = is_seen_by_all ? nullptr : visible_.data()},
        {.most = most_.data(), .sum = sum_.data(), .output = output_.data(), .rows = rows_.data()});
  }

  void StoreOutput(const Block& block, float* output) const {
    for (int64_t q = 0; q < count_; ++q) {
      const float sum = sum_[static_cast<size_t>(q)];
      const float factor = sum > 0 ? 1 / sum : 0;
      float* to = output + PlaceOf(block, q);
      for (int64_t i = 0; i < problem_.cache.head_dim; ++i) {
        to[i] = factor * output_[static_cast<size_t>(i * kPrefillQueries + q)];
      }
    }
  }

  const PrefillProblem& problem_;
  PrefillKernel add_;
  int64_t count_ = 0;
  std::vector<float> queries_;
  std::vector<float> output_;
  std::vector<float> rows_;
  std::array<float, kPrefillQueries> most_ = {};
  std::array<float, kPrefillQueries> sum_ = {};
  std::array<int64_t, kPrefillQueries> visible_ = {};
  std::array<const char*, kPrefillTokens> keys_ = {};
  std::array<const char*, kPrefillTokens> values_ = {};
};

}  // namespace

void PrefillAttention(Isa isa, Team& team, const PrefillProblem& problem, float* output) {
  const KvCache& cache = problem.cache;
  CheckShape(cache, problem.group);
  const PrefillKernel add =
      KernelsOf(isa).prefill[static_cast<int>(cache.type)][HeadDimIndex(cache.head_dim)];
  const std::vector<Block> blocks = PlanBlocks(problem);
  std::atomic<size_t> next = 0;
  team.Run([&](int) {
    Worker worker(add, problem);
    for (size_t b = next++; b < blocks.size(); b = next++) {
      worker.Run(blocks[b], output);
    }
  });
}

}  // namespace kinetics::kernels
