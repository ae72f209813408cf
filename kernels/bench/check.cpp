#include "kernels/bench/check.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "kernels/cpu/finder.h"
#include "kernels/reference.h"

namespace kinetics::kernels {

double WorstError(std::span<const float> output, std::span<const double> reference, int head_dim) {
  double worst = 0;
  for (size_t first = 0; first < reference.size(); first += static_cast<size_t>(head_dim)) {
    double error = 0;
    double scale = 0;
    for (size_t i = first; i < first + static_cast<size_t>(head_dim); ++i) {
      if (!std::isfinite(output[i])) {
        return std::numeric_limits<double>::infinity();
      }
      error = std::max(error, std::abs(output[i] - reference[i]));
      scale = std::max(scale, std::abs(reference[i]));
    }
    worst = std::max(worst, scale > 0 ? error / scale : error);
  }
  return worst;
}

std::vector<int64_t> SpreadOut(int64_t count, int64_t most) {
  const int64_t size = std::min(count, most);
  std::vector<int64_t> places;
  for (int64_t i = 0; i < size; ++i) {
    places.push_back(size == 1 ? 0 : i * (count - 1) / (size - 1));
  }
  return places;
}

TokenLists OnlyRows(const TokenLists& lists, std::span<const int64_t> rows) {
  TokenLists only = {.offsets = {0}};
  for (size_t row = 0; row + 1 < lists.offsets.size(); ++row) {
    if (std::find(rows.begin(), rows.end(), static_cast<int64_t>(row)) != rows.end()) {
      only.tokens.insert(only.tokens.end(), lists.tokens.begin() + lists.offsets[row],
                         lists.tokens.begin() + lists.offsets[row + 1]);
    }
    only.offsets.push_back(static_cast<int64_t>(only.tokens.size()));
  }
  return only;
}

TokenLists AttendedTokens(const DecodeProblem& problem, std::span<const int64_t> rows) {
  TokenLists lists = {.offsets = {0}};
  for (int64_t row = 0; row < problem.requests * problem.cache.kv_heads; ++row) {
    const int64_t request = row / problem.cache.kv_heads;
    if (std::find(rows.begin(), rows.end(), row) != rows.end()) {
      for (int64_t token = WindowBegin(problem, request); token < problem.lengths[request];
           ++token) {
        lists.tokens.push_back(static_cast<int32_t>(token));
      }
    }
    lists.offsets.push_back(static_cast<int64_t>(lists.tokens.size()));
  }
  return lists;
}

double DecodeError(const DecodeProblem& problem, const TokenLists& lists,
                   std::span<const int64_t> rows, std::span<const float> output) {
  const std::vector<double> reference = ReferenceDecode(problem, OnlyRows(lists, rows));
  const auto size =
      static_cast<size_t>(problem.group) * static_cast<size_t>(problem.cache.head_dim);
  double worst = 0;
  for (const int64_t row : rows) {
    const size_t first = static_cast<size_t>(row) * size;
    worst = std::max(
        worst, WorstError(output.subspan(first, size), std::span(reference).subspan(first, size),
                          problem.cache.head_dim));
  }
  return worst;
}

std::vector<double> MeanScores(const DecodeProblem& problem, int64_t row) {
  const KvCache& cache = problem.cache;
  const auto dim = static_cast<size_t>(cache.head_dim);
  std::vector<double> query(dim);
  for (int64_t g = 0; g < problem.group; ++g) {
    for (size_t i = 0; i < dim; ++i) {
      query[i] += problem.queries[static_cast<size_t>(row * problem.group + g) * dim + i] /
                  static_cast<double>(problem.group);
    }
  }
  Finder find(cache, row / cache.kv_heads, row % cache.kv_heads);
  std::vector<double> scores(static_cast<size_t>(problem.lengths[row / cache.kv_heads]));
  for (size_t token = 0; token < scores.size(); ++token) {
    const char* key = static_cast<const char*>(cache.keys) + find(static_cast<int64_t>(token));
    for (size_t i = 0; i < dim; ++i) {
      scores[token] += query[i] * LoadElement(key, i, cache.type);
    }
  }
  return scores;
}

bool AreLargest(std::span<const double> scores, std::span<const int32_t> chosen, int64_t top) {
  const size_t size = std::min(scores.size(), static_cast<size_t>(top));
  if (chosen.size() != size ||
      std::adjacent_find(chosen.begin(), chosen.end(), std::greater_equal<>()) != chosen.end()) {
    return false;
  }
  if (size == 0) {
    return true;
  }
  std::vector<double> order(scores.begin(), scores.end());
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(size) - 1,
                   order.end(), std::greater<>());
  double largest = 0;
  for (const double score : scores) {
    largest = std::max(largest, std::abs(score));
  }
  constexpr double kRounding = 1e-5;
  const double least = order[size - 1] - kRounding * largest;
  return std::all_of(chosen.begin(), chosen.end(), [&](int32_t i) {
    return i >= 0 && static_cast<size_t>(i) < scores.size() &&
           scores[static_cast<size_t>(i)] >= least;
  });
}

}  // namespace kinetics::kernels
