#include "kernels/cpu/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/cpu/finder.h"
#include "kernels/cpu/places.h"

namespace kinetics::kernels {

CpuAttention::CpuAttention(Isa isa, Team& team)
    : kernels_(&KernelsOf(isa)),
      team_(&team),
      selectors_(static_cast<size_t>(team.Size()), Selector(*kernels_)) {}

int64_t CpuAttention::TokensOfRow(const Source& source, int64_t row) const {
  const DecodeProblem& problem = *source.problem;
  const auto r = static_cast<size_t>(row);
  if (source.tokens != nullptr) {
    return source.tokens->offsets[r + 1] - source.tokens->offsets[r];
  }
  const int64_t request = row / problem.cache.kv_heads;
  if (source.blocks != nullptr) {
    const BlockLists& lists = *source.blocks;
    const int64_t count = lists.offsets[r + 1] - lists.offsets[r];
    if (count == 0) {
      return 0;
    }
    const int64_t last = lists.blocks[static_cast<size_t>(lists.offsets[r + 1]) - 1];
    const int64_t excess =
        std::max<int64_t>(0, (last + 1) * lists.block_tokens - problem.lengths[request]);
    return count * lists.block_tokens - excess;
  }
  return problem.lengths[request] - WindowBegin(problem, request);
}

void CpuAttention::Plan(const Source& source) {
  constexpr int64_t kLeastChunk = 256;
  constexpr int64_t kUnitsPerThread = 16;
  const DecodeProblem& problem = *source.problem;
  const int64_t rows = problem.requests * problem.cache.kv_heads;
  int64_t total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    total += TokensOfRow(source, row);
  }
  const int64_t threads = team_->Size();
  const int64_t chunk = threads == 1 ? std::max<int64_t>(total, 1)
                                     : std::max(kLeastChunk, total / (kUnitsPerThread * threads));
  units_.clear();
  first_parts_.assign(1, 0);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t tokens = TokensOfRow(source, row);
    const int64_t parts = std::max<int64_t>(1, (tokens + chunk / 2) / chunk);
    const int64_t first = first_parts_.back();
    for (int64_t part = 0; part < parts; ++part) {
      units_.push_back({.row = row,
                        .begin = tokens * part / parts,
                        .end = tokens * (part + 1) / parts,
                        .part = parts == 1 ? -1 : first + part});
    }
    first_parts_.push_back(first + (parts == 1 ? 0 : parts));
  }
  if (left_size_ < static_cast<size_t>(rows)) {
    left_size_ = static_cast<size_t>(rows);
    left_ = std::make_unique<std::atomic<int>[]>(left_size_);
  }
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    left_[row] = static_cast<int>(first_parts_[row + 1] - first_parts_[row]);
  }
  const int64_t part_size = problem.group * (int64_t{problem.cache.head_dim} + 2);
  parts_.resize(static_cast<size_t>(first_parts_.back() * part_size));
}

void CpuAttention::Attend(const Source& source, float* output) {
  CheckShape(source.problem->cache, source.problem->group);
  Plan(source);
  std::atomic<size_t> next = 0;
  team_->Run([&](int) {
    for (size_t u = next++; u < units_.size(); u = next++) {
      RunUnit(source, units_[u], output);
    }
  });
}

CpuAttention::Run CpuAttention::RunAt(const Source& source, int64_t row, int64_t position) {
  const auto r = static_cast<size_t>(row);
  if (source.tokens != nullptr) {
    return {source.tokens->tokens[static_cast<size_t>(source.tokens->offsets[r] + position)], 1};
  }
  if (source.blocks != nullptr) {
    const BlockLists& lists = *source.blocks;
    const int64_t block = position / lists.block_tokens;
    const int64_t chosen = lists.blocks[static_cast<size_t>(lists.offsets[r] + block)];
    return {position + (chosen - block) * lists.block_tokens,
            (block + 1) * lists.block_tokens - position};
  }
  return {position + WindowBegin(*source.problem, row / source.problem->cache.kv_heads),
          std::numeric_limits<int64_t>::max()};
}

void CpuAttention::AttendTo(const Source& source, const Unit& unit, const AttendState& state) {
  const DecodeProblem& problem = *source.problem;
  const KvCache& cache = problem.cache;
  alignas(64) std::array<float, size_t{kMostGroup} * kMostHeadDim> queries;
  const int64_t of_group = problem.group * int64_t{cache.head_dim};
  const float* given = problem.queries + unit.row * of_group;
  for (int64_t i = 0; i < of_group; ++i) {
    queries[static_cast<size_t>(i)] = given[i] * (problem.scale * kLog2E);
  }
  Finder find(cache, unit.row / cache.kv_heads, unit.row % cache.kv_heads);
  Places places(cache, find.RowBytes());
  const AttendKernel attend =
      kernels_->attend[static_cast<int>(cache.type)][HeadDimIndex(cache.head_dim)];
  for (int64_t first = unit.begin; first < unit.end; first += Places::kMost) {
    const int64_t end = std::min(first + Places::kMost, unit.end);
    Run run;
    for (int64_t position = first; position < end;) {
      if (run.count == 0) {
        run = RunAt(source, unit.row, position);
      }
      const int64_t place = find(run.token);
      const int64_t count = std::min({run.count, end - position, find.Following(run.token)});
      places.Add(place, count);
      run.token += count;
      run.count -= count;
      position += count;
    }
    attend(places.Take(), queries.data(), problem.group, state);
  }
}

void CpuAttention::RunUnit(const Source& source, const Unit& unit, float* output) {
  const DecodeProblem& problem = *source.problem;
  const int64_t group = problem.group;
  const int64_t dim = problem.cache.head_dim;
  float* result = output + unit.row * group * dim;
  std::array<float, size_t{2} * kMostGroup> own;
  float* most = own.data();
  if (unit.part >= 0) {
    most = parts_.data() + unit.part * group * (dim + 2);
    result = most + 2 * group;
  }
  float* sum = most + group;
  std::fill_n(most, group, -std::numeric_limits<float>::infinity());
  std::fill_n(sum, group, 0.0F);
  std::fill_n(result, group * dim, 0.0F);
  AttendTo(source, unit, {.most = most, .sum = sum, .output = result});
  if (unit.part >= 0) {
    if (--left_[static_cast<size_t>(unit.row)] == 0) {
      Merge(problem, unit.row, output);
    }
    return;
  }
  for (int64_t g = 0; g < group; ++g) {
    const float factor = sum[g] > 0 ? 1 / sum[g] : 0;
    for (int64_t i = 0; i < dim; ++i) {
      result[g * dim + i] *= factor;
    }
  }
}

void CpuAttention::Merge(const DecodeProblem& problem, int64_t row, float* output) const {
  const int64_t dim = problem.cache.head_dim;
  const int64_t group = problem.group;
  const auto r = static_cast<size_t>(row);
  const int64_t size = group * (dim + 2);
  for (int64_t g = 0; g < group; ++g) {
    float most = -std::numeric_limits<float>::infinity();
    for (int64_t p = first_parts_[r]; p < first_parts_[r + 1]; ++p) {
      most = std::max(most, parts_[static_cast<size_t>(p * size + g)]);
    }
    float sum = 0;
    float* of_head = output + (row * group + g) * dim;
    std::fill_n(of_head, dim, 0.0F);
    for (int64_t p = first_parts_[r]; p < first_parts_[r + 1]; ++p) {
      const float* part = parts_.data() + p * size;
      const float factor = std::exp2(part[g] - most);
      sum += factor * part[group + g];
      for (int64_t i = 0; i < dim; ++i) {
        of_head[i] += factor * part[2 * group + g * dim + i];
      }
    }
    for (int64_t i = 0; i < dim; ++i) {
      of_head[i] = sum > 0 ? of_head[i] / sum : 0;
    }
  }
}

void CpuAttention::Decode(const DecodeProblem& problem, float* output) {
  Attend({.problem = &problem}, output);
}

void CpuAttention::Decode(const DecodeProblem& problem, const TokenLists& lists, float* output) {
  Attend({.problem = &problem, .tokens = &lists}, output);
}

}  // namespace kinetics::kernels
