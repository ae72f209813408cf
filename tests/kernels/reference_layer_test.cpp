// The reference of a decoder layer, against closed forms and against the same layer computed in
// decimal arithmetic of fifty digits.
#include "kernels/reference_layer.h"

#include <cmath>

#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::DataType;
using kernels::LayerProduct;
using kernels::LayerShape;

/// A layer with its memory: norms that only normalize, all else zero.
struct HostLayer {
  HostLayer(const LayerShape& of, int64_t requests, int64_t tokens)
      : shape(of),
        context(tokens),
        inputs(static_cast<size_t>(requests * of.hidden)),
        attention_norm(static_cast<size_t>(of.hidden), 1),
        query_norm(static_cast<size_t>(of.head_dim), 1),
        key_norm(query_norm),
        mlp_norm(attention_norm),
        keys(static_cast<size_t>(requests * of.KvWidth() * tokens)),
        values(keys) {
    for (const LayerProduct product : kernels::kLayerProducts) {
      products.emplace_back(static_cast<size_t>(SizeOf(of, product).Elements()));
    }
  }

  std::vector<float>& Weights(LayerProduct product) {
    return products[static_cast<size_t>(product)];
  }

  /// Of elements stored as `type`; keeps what the step made of the cache.
  std::vector<double> Outputs(DataType type = DataType::kF32,
                              const kernels::TokenLists* attended = nullptr) {
    stored.clear();
    kernels::LayerProblem problem = {.shape = shape,
                                     .type = type,
                                     .requests = static_cast<int64_t>(inputs.size()) / shape.hidden,
                                     .inputs = inputs.data(),
                                     .weights = {.attention_norm = Store(attention_norm, type),
                                                 .query_norm = Store(query_norm, type),
                                                 .key_norm = Store(key_norm, type),
                                                 .mlp_norm = Store(mlp_norm, type)},
                                     .theta = 100,
                                     .context = context,
                                     .attended = attended};
    for (size_t i = 0; i < products.size(); ++i) {
      problem.weights.products[i] = Store(products[i], type);
    }
    problem.keys = Store(keys, type);
    problem.values = Store(values, type);
    const std::vector<double> outputs = ReferenceLayer(problem);
    for (size_t i = 0; i < keys.size(); ++i) {
      keys[i] = kernels::LoadElement(problem.keys, i, type);
      values[i] = kernels::LoadElement(problem.values, i, type);
    }
    return outputs;
  }

  void* Store(const std::vector<float>& elements, DataType type) {
    std::vector<char> bits(elements.size() * kernels::SizeOf(type));
    for (size_t i = 0; i < elements.size(); ++i) {
      kernels::StoreElement(bits.data(), i, type, elements[i]);
    }
    stored.push_back(std::move(bits));
    return stored.back().data();
  }

  LayerShape shape;
  int64_t context;
  std::vector<float> inputs;
  std::vector<float> attention_norm;
  std::vector<float> query_norm;
  std::vector<float> key_norm;
  std::vector<float> mlp_norm;
  std::vector<std::vector<float>> products;
  std::vector<float> keys;
  std::vector<float> values;
  std::vector<std::vector<char>> stored;
};

/// Two elements and one head of two: a token's query, key and value are where its inputs point.
HostLayer PlaneLayer(int64_t tokens) {
  HostLayer layer({.hidden = 2, .inner = 1, .head_dim = 2}, 1, tokens);
  layer.Weights(LayerProduct::kQkv) = {1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1};
  layer.Weights(LayerProduct::kOutput) = {1, 0, 0, 1};
  return layer;
}

constexpr double kSingle = 1e-6;  // what is stored in between is rounded to single precision

TEST_CASE("a layer without products passes its inputs on") {
  HostLayer layer({.hidden = 3, .inner = 2, .head_dim = 4}, 2, 5);
  layer.inputs = {1, -2, 3, 0, 5, -6};
  CHECK(layer.Outputs() == std::vector<double>{1, -2, 3, 0, 5, -6});
}

TEST_CASE("the only token of a context attends to its own value") {
  HostLayer layer = PlaneLayer(1);
  layer.inputs = {3, 4};
  const std::vector<double> outputs = layer.Outputs();
  const double root = std::sqrt(12.5);  // of the mean square
  CHECK(outputs[0] == Approx(3 + 3 / root).epsilon(kSingle));
  CHECK(outputs[1] == Approx(4 + 4 / root).epsilon(kSingle));
  CHECK(layer.values[0] == Approx(3 / root).epsilon(kSingle));
}

TEST_CASE("a key weighs by the angle that its query turned since") {
  HostLayer layer = PlaneLayer(2);
  layer.inputs = {1, 0};
  // The token before has the key and the value (1, 0), the step's own value is 0.
  layer.keys = {1, 0, 0, 0};
  layer.values = {1, 0, 0, 0};
  layer.Weights(LayerProduct::kQkv) = {1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0};
  // Query and own key: (1, 0) sqrt(2), turned by one radian; scores are over sqrt(2).
  const double weight = 1 / (1 + std::exp(std::sqrt(2.0) - std::cos(1.0)));
  const std::vector<double> outputs = layer.Outputs();
  CHECK(outputs[0] == Approx(1 + weight).epsilon(kSingle));
  CHECK(outputs[1] == 0);
  CHECK(layer.keys[2] == Approx(std::sqrt(2.0) * std::cos(1.0)).epsilon(kSingle));
  CHECK(layer.keys[3] == Approx(std::sqrt(2.0) * std::sin(1.0)).epsilon(kSingle));
  const kernels::TokenLists first = {.offsets = {0, 1}, .tokens = {0}};
  CHECK(layer.Outputs(DataType::kF32, &first)[0] == 2);
}

TEST_CASE("the MLP is gated by SiLU") {
  HostLayer layer = PlaneLayer(1);
  layer.Weights(LayerProduct::kQkv).assign(12, 0);
  layer.inputs = {1, 1};
  layer.Weights(LayerProduct::kGateUp) = {1, 1, 3, 0};  // the gate 2, and 3
  layer.Weights(LayerProduct::kDown) = {1, 0};
  const std::vector<double> outputs = layer.Outputs();
  CHECK(outputs[0] == Approx(1 + 2 / (1 + std::exp(-2.0)) * 3).epsilon(kSingle));
  CHECK(outputs[1] == 1);
}

TEST_CASE("what a layer stores in between is rounded to the type of its elements") {
  HostLayer layer = PlaneLayer(1);
  layer.inputs = {1, 1};
  layer.Weights(LayerProduct::kQkv) = {1, 0, 0, 1, 1, 0, 0, 1, 2048, 1, 0, 1};
  CHECK(layer.Outputs()[0] == Approx(2050).epsilon(kSingle));
  // f16 has no odd numbers above 2048: neither the value 2049 nor its sum with the input 1.
  CHECK(layer.Outputs(DataType::kF16)[0] == 2048);
  CHECK(layer.values[0] == 2048);
}

TEST_CASE("a layer is what decimal arithmetic of fifty digits makes of it") {
  HostLayer layer({.hidden = 4, .inner = 3, .query_heads = 4, .kv_heads = 2, .head_dim = 4}, 2, 3);
  int seed = 0;
  const auto fill = [&seed](std::vector<float>& elements) {
    ++seed;
    for (size_t i = 0; i < elements.size(); ++i) {
      elements[i] = static_cast<float>((static_cast<int>(i) * 7 + seed * 3) % 11 - 5) / 8;
    }
  };
  fill(layer.inputs);
  for (std::vector<float>& weights : layer.products) {
    fill(weights);
  }
  for (std::vector<float>* elements : {&layer.attention_norm, &layer.query_norm, &layer.key_norm,
                                       &layer.mlp_norm, &layer.keys, &layer.values}) {
    fill(*elements);
  }
  const std::vector<double> outputs = layer.Outputs();
  const std::vector<double> expected = {-0.412943979147, 0.798918625057, 0.129149475073,
                                        -0.344087502700, 0.644561624304, -0.060522448055,
                                        -0.462537706704, 0.124129322308};
  REQUIRE(outputs.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(outputs[i] == Approx(expected[i]).margin(kSingle));
  }
  // The second key head of the first request, at its third token.
  const std::vector<double> key = {0.231376367, -0.323326174, -0.505566585, -0.013375458};
  for (size_t i = 0; i < key.size(); ++i) {
    CHECK(layer.keys[(3 + 2) * 4 + i] == Approx(key[i]).margin(kSingle));
  }
}

}  // namespace
}  // namespace kinetics
