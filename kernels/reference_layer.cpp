#include "kernels/reference_layer.h"

#include <cmath>
#include <span>

#include "kernels/reference.h"

namespace kinetics::kernels {
namespace {

/// Values as they are stored.
using Stored = std::vector<float>;

float Rounded(double value, DataType type) {
  float stored = 0;
  StoreElement(&stored, 0, type, static_cast<float>(value));
  return LoadElement(&stored, 0, type);
}

Stored Rounded(const std::vector<double>& values, DataType type) {
  Stored stored;
  stored.reserve(values.size());
  for (const double value : values) {
    stored.push_back(Rounded(value, type));
  }
  return stored;
}

/// norm(x) of each row, which is as long as the weights are.
std::vector<double> Normalized(std::span<const float> inputs, const void* weights, int64_t width,
                               const LayerProblem& problem) {
  const auto size = static_cast<size_t>(width);
  std::vector<double> outputs(inputs.size());
  for (size_t row = 0; row < inputs.size(); row += size) {
    double squares = 0;
    for (const float x : inputs.subspan(row, size)) {
      squares += static_cast<double>(x) * x;
    }
    const double scale = 1 / std::sqrt(squares / static_cast<double>(width) + problem.epsilon);
    for (size_t i = 0; i < size; ++i) {
      outputs[row + i] = inputs[row + i] * scale * LoadElement(weights, i, problem.type);
    }
  }
  return outputs;
}

Stored Product(const Stored& inputs, LayerProduct product, const LayerProblem& problem) {
  const ProductSize size = SizeOf(problem.shape, product);
  return Rounded(ReferenceLinear({.type = problem.type,
                                  .m = problem.requests,
                                  .n = size.outputs,
                                  .k = size.inputs,
                                  .weights = problem.weights.products[static_cast<size_t>(product)],
                                  .inputs = inputs.data()}),
                 problem.type);
}

/// A query or key, normalized and rotated by its position, the context's last.
Stored Rotated(std::span<const float> head, const void* weights, const LayerProblem& problem) {
  const auto half = head.size() / 2;
  const std::vector<double> x = Normalized(head, weights, problem.shape.head_dim, problem);
  std::vector<double> y(x.size());
  for (size_t i = 0; i < half; ++i) {
    const double angle =
        static_cast<double>(problem.context - 1) *
        std::pow(problem.theta, -static_cast<double>(i) / static_cast<double>(half));
    y[i] = x[i] * std::cos(angle) - x[i + half] * std::sin(angle);
    y[i + half] = x[i + half] * std::cos(angle) + x[i] * std::sin(angle);
  }
  return Rounded(y, problem.type);
}

void Append(void* cache, int64_t row, std::span<const float> elements,
            const LayerProblem& problem) {
  const auto first = static_cast<size_t>((row + 1) * problem.context - 1) * elements.size();
  for (size_t i = 0; i < elements.size(); ++i) {
    StoreElement(cache, first + i, problem.type, elements[i]);
  }
}

/// Puts keys and values into the cache; the queries: requests x query_heads x head_dim.
Stored SplitHeads(const Stored& qkv, const LayerProblem& problem) {
  const LayerShape& shape = problem.shape;
  Stored queries;
  for (int64_t request = 0; request < problem.requests; ++request) {
    const auto head_at = [&](int64_t head) {
      return std::span(qkv).subspan(
          static_cast<size_t>(request * shape.QkvWidth() + head * shape.head_dim),
          static_cast<size_t>(shape.head_dim));
    };
    for (int64_t head = 0; head < shape.query_heads; ++head) {
      const Stored query = Rotated(head_at(head), problem.weights.query_norm, problem);
      queries.insert(queries.end(), query.begin(), query.end());
    }
    for (int64_t head = 0; head < shape.kv_heads; ++head) {
      const int64_t row = request * shape.kv_heads + head;
      Append(problem.keys, row,
             Rotated(head_at(shape.query_heads + head), problem.weights.key_norm, problem),
             problem);
      Append(problem.values, row, head_at(shape.query_heads + shape.kv_heads + head), problem);
    }
  }
  return queries;
}

Stored AttendedValues(const Stored& queries, const LayerProblem& problem) {
  const LayerShape& shape = problem.shape;
  const std::vector<int64_t> lengths(static_cast<size_t>(problem.requests), problem.context);
  const DecodeProblem decode = {.cache = {.type = problem.type,
                                          .kv_heads = static_cast<int>(shape.kv_heads),
                                          .head_dim = static_cast<int>(shape.head_dim),
                                          .page_tokens = problem.context,
                                          .keys = problem.keys,
                                          .values = problem.values},
                                .requests = problem.requests,
                                .group = static_cast<int>(shape.query_heads / shape.kv_heads),
                                .queries = queries.data(),
                                .lengths = lengths.data(),
                                .scale = 1 / std::sqrt(static_cast<float>(shape.head_dim))};
  return Rounded(problem.attended == nullptr ? ReferenceDecode(decode)
                                             : ReferenceDecode(decode, *problem.attended),
                 problem.type);
}

/// silu(g) u of each row (g, u).
Stored Gated(const Stored& gate_up, const LayerProblem& problem) {
  const auto inner = static_cast<size_t>(problem.shape.inner);
  Stored outputs;
  for (size_t row = 0; row < gate_up.size(); row += 2 * inner) {
    for (size_t i = row; i < row + inner; ++i) {
      const double gate = gate_up[i];
      outputs.push_back(Rounded(gate / (1 + std::exp(-gate)) * gate_up[i + inner], problem.type));
    }
  }
  return outputs;
}

std::vector<double> Sum(std::span<const float> a, std::span<const float> b) {
  std::vector<double> sums(a.begin(), a.end());
  for (size_t i = 0; i < sums.size(); ++i) {
    sums[i] += b[i];
  }
  return sums;
}

}  // namespace

std::vector<double> ReferenceLayer(const LayerProblem& problem) {
  const int64_t hidden = problem.shape.hidden;
  const std::span inputs(problem.inputs, static_cast<size_t>(problem.requests * hidden));
  const auto normalized = [&](std::span<const float> x, const void* weights) {
    return Rounded(Normalized(x, weights, hidden, problem), problem.type);
  };
  const Stored qkv =
      Product(normalized(inputs, problem.weights.attention_norm), LayerProduct::kQkv, problem);
  const Stored attended = AttendedValues(SplitHeads(qkv, problem), problem);
  const Stored between =
      Rounded(Sum(inputs, Product(attended, LayerProduct::kOutput, problem)), problem.type);
  const Stored gate_up =
      Product(normalized(between, problem.weights.mlp_norm), LayerProduct::kGateUp, problem);
  return Sum(between, Product(Gated(gate_up, problem), LayerProduct::kDown, problem));
}

}  // namespace kinetics::kernels
