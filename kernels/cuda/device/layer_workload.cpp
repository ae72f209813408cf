#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/bench/check.h"
#include "kernels/cuda/device/attention_step.h"
#include "kernels/cuda/device/layer.h"
#include "kernels/cuda/device/workload.h"
#include "kernels/reference_layer.h"

namespace kinetics::kernels {
namespace {

/// Root mean square of the numbers that memory is full of (FillWord).
double NumberSize(DataType type) {
  // Evenly from 1 to 2; of bf16 times 2^-7 to 1, each as often.
  const double square = 7.0 / 3;
  return std::sqrt(type == DataType::kF16 ? square : square / 8 * (1 - 0x1p-16) / (1 - 0.25));
}

/// Bits of numbers around `mean`, from half of it to one and a half.
std::vector<uint16_t> NormWeights(int64_t count, double mean, DataType type, uint64_t seed) {
  std::vector<uint16_t> weights(static_cast<size_t>(count));
  Noise noise(seed);
  for (size_t i = 0; i < weights.size(); ++i) {
    StoreElement(weights.data(), i, type, static_cast<float>(mean) * (1 + 0.5F * noise.Uniform()));
  }
  return weights;
}

/// The layer's inputs, as large as what attention and MLP add to them: an error of any of the three
/// shows in the sum.
std::vector<uint16_t> RandomInputs(const BenchCase& x) {
  constexpr float kMost = 32;
  std::vector<uint16_t> inputs(static_cast<size_t>(x.batch * x.hidden));
  Noise noise(5);
  for (size_t i = 0; i < inputs.size(); ++i) {
    StoreElement(inputs.data(), i, x.type, kMost * noise.Uniform());
  }
  return inputs;
}

DeviceBuffer ActivationsOf(const BenchCase& x, int64_t width) {
  return DeviceBuffer(static_cast<size_t>(x.batch * width) * SizeOf(x.type));
}

/// The norms' weights, such that products of numbers of any size neither overflow nor vanish:
/// values are as large as those in the cache; scores deviate by 3, so that attention depends on its
/// queries and its outputs are as large as values whatever the context; gates are around 1.
struct LayerNorms {
  LayerNorms(const LayerShape& shape, DataType type) {
    const double size = NumberSize(type);
    const double root = std::sqrt(static_cast<double>(shape.hidden));
    attention = NormWeights(shape.hidden, 1 / root, type, 6);
    query = NormWeights(shape.head_dim, 3 / size, type, 7);
    key = NormWeights(shape.head_dim, size, type, 8);
    mlp = NormWeights(shape.hidden, 1 / (size * root), type, 9);
  }

  std::vector<uint16_t> attention;
  std::vector<uint16_t> query;
  std::vector<uint16_t> key;
  std::vector<uint16_t> mlp;
};

/// A decode step of a layer: some dozen launches on one stream. Its sets follow each other in the
/// numbers: the weights of all, their pooled keys, their caches. Every step appends its token to
/// the cache, as the last of the context, and so writes these few of the numbers.
class CudaLayerWorkload : public CudaWorkload {
 public:
  CudaLayerWorkload(const BenchCase& x, const CudaBenchMachine& machine)
      : CudaWorkload(x, machine),
        shape_(LayerOf(x)),
        norms_(shape_, x.type),
        sets_(std::max<int64_t>(
            1, static_cast<int64_t>(static_cast<double>(machine.numbers.size()) / SetBytes(x)))),
        weight_bytes_(static_cast<size_t>(ProductElements(shape_)) * SizeOf(x.type)),
        pooled_bytes_(x.top > 0 ? static_cast<size_t>(PooledBytes(x)) : 0),
        inputs_(ToDevice(RandomInputs(x))),
        normed_(ActivationsOf(x, x.hidden)),
        qkv_(ActivationsOf(x, shape_.QkvWidth())),
        between_(ActivationsOf(x, x.hidden)),
        gate_up_(ActivationsOf(x, 2 * x.inner)),
        gated_(ActivationsOf(x, x.inner)),
        outputs_(ActivationsOf(x, x.hidden)),
        positions_(ToDevice(std::vector<int64_t>(static_cast<size_t>(x.batch), x.context - 1))),
        attention_norm_(ToDevice(norms_.attention)),
        query_norm_(ToDevice(norms_.query)),
        key_norm_(ToDevice(norms_.key)),
        mlp_norm_(ToDevice(norms_.mlp)),
        step_(AttentionOf(x),
              machine.numbers.subspan(static_cast<size_t>(sets_) * (weight_bytes_ + pooled_bytes_)),
              qkv_.Data(), shape_.QkvWidth()) {
    for (const LayerProduct product : kLayerProducts) {
      const ProductSize size = SizeOf(shape_, product);
      plans_.emplace_back(*machine.cublas, x.type, x.batch, size.outputs, size.inputs);
    }
  }

  /// A few requests, each against the reference on the same weights and cache.
  double Check() override {
    constexpr double kOperations = 2e8;
    Launch(0);
    Wait();
    std::vector<std::vector<uint16_t>> products;
    products.reserve(kLayerProducts.size());
    for (const LayerProduct product : kLayerProducts) {
      products.push_back(FromDevice<uint16_t>(
          WeightsOf(0, product), static_cast<size_t>(SizeOf(shape_, product).Elements())));
    }
    const double of_one = WorkOf(case_).flops / static_cast<double>(case_.batch);
    double error = 0;
    for (const int64_t request : SpreadOut(
             case_.batch, std::clamp<int64_t>(static_cast<int64_t>(kOperations / of_one), 2, 8))) {
      error = std::max(error, RequestError(request, products));
    }
    return error;
  }

 protected:
  int64_t Sets() const override { return sets_; }

  void Launch(int64_t set) override {
    LaunchAttention(set);
    LaunchMlp(set);
  }

 private:
  void LaunchAttention(int64_t set) {
    const QkvRow row = {.q_heads = static_cast<int>(shape_.query_heads),
                        .kv_heads = static_cast<int>(shape_.kv_heads),
                        .head_dim = static_cast<int>(shape_.head_dim)};
    Normalize(inputs_, attention_norm_);
    Multiply(LayerProduct::kQkv, set, normed_, qkv_);
    LaunchQkRotary({.type = case_.type,
                    .rows = case_.batch,
                    .row = row,
                    .qkv = qkv_.Data(),
                    .q_weights = query_norm_.Data(),
                    .k_weights = key_norm_.Data(),
                    .positions = positions_.Data<int64_t>()},
                   machine_.stream);
    LaunchCacheAppend({.rows = case_.batch,
                       .row = row,
                       .qkv = qkv_.Data(),
                       .positions = positions_.Data<int64_t>(),
                       .keys = Writable(step_.Keys()),
                       .values = Writable(step_.Values()),
                       .page_table = step_.PageTable(set),
                       .table_stride = step_.TableStride(),
                       .page_tokens = case_.page_tokens},
                      machine_.stream);
    step_.Choose(set, PooledOf(set), machine_.stream);
    step_.Attend(set, machine_.stream);
    Multiply(LayerProduct::kOutput, set, step_.Output(), between_);
    Add(between_, inputs_);
  }

  void LaunchMlp(int64_t set) {
    Normalize(between_, mlp_norm_);
    Multiply(LayerProduct::kGateUp, set, normed_, gate_up_);
    LaunchSilu({.type = case_.type,
                .rows = case_.batch,
                .inner = static_cast<int>(shape_.inner),
                .inputs = gate_up_.Data(),
                .outputs = gated_.Data()},
               machine_.stream);
    Multiply(LayerProduct::kDown, set, gated_, outputs_);
    Add(outputs_, between_);
  }

  void Normalize(const DeviceBuffer& from, const DeviceBuffer& weights) const {
    LaunchRmsNorm({.type = case_.type,
                   .rows = case_.batch,
                   .hidden = static_cast<int>(shape_.hidden),
                   .inputs = from.Data(),
                   .weights = weights.Data(),
                   .outputs = normed_.Data()},
                  machine_.stream);
  }
  void Multiply(LayerProduct product, int64_t set, const DeviceBuffer& from,
                const DeviceBuffer& to) const {
    plans_[static_cast<size_t>(product)].Run(from.Data(), WeightsOf(set, product), to.Data(),
                                             machine_.stream);
  }
  void Add(const DeviceBuffer& sums, const DeviceBuffer& terms) const {
    LaunchAdd({.type = case_.type,
               .count = case_.batch * shape_.hidden,
               .sums = sums.Data(),
               .terms = terms.Data()},
              machine_.stream);
  }

  const char* WeightsOf(int64_t set, LayerProduct product) const {
    const char* weights = machine_.numbers.data() + static_cast<size_t>(set) * weight_bytes_;
    for (const LayerProduct before : kLayerProducts) {
      if (before == product) {
        break;
      }
      weights += SizeOf(shape_, before).Elements() * 2;
    }
    return weights;
  }
  const char* PooledOf(int64_t set) const {
    return machine_.numbers.data() + static_cast<size_t>(sets_) * weight_bytes_ +
           static_cast<size_t>(set) * pooled_bytes_;
  }
  char* Writable(const char* numbers) const {
    return machine_.numbers.data() + (numbers - machine_.numbers.data());
  }

  /// Of the outputs of a request, and of the keys and values that it appended.
  double RequestError(int64_t request, const std::vector<std::vector<uint16_t>>& products) const {
    std::vector<uint16_t> keys;
    std::vector<uint16_t> values;
    TokenLists attended = {.offsets = {0}};
    for (int64_t head = 0; head < shape_.kv_heads; ++head) {
      const int64_t row = request * shape_.kv_heads + head;
      const StepRow on_host = step_.RowOf(row);
      const auto of_head = step_.Attended(row, step_.ProblemOf(on_host), PooledOf(0));
      if (!of_head) {
        return std::numeric_limits<double>::infinity();
      }
      keys.insert(keys.end(), on_host.keys.begin(), on_host.keys.end());
      values.insert(values.end(), on_host.values.begin(), on_host.values.end());
      attended.tokens.insert(attended.tokens.end(), of_head->tokens.begin(), of_head->tokens.end());
      attended.offsets.push_back(static_cast<int64_t>(attended.tokens.size()));
    }
    const int64_t first = request * shape_.hidden;
    const std::vector<float> inputs =
        FloatsFromDevice(inputs_.Data<uint16_t>() + first, shape_.hidden, case_.type);
    const std::vector<float> outputs =
        FloatsFromDevice(outputs_.Data<uint16_t>() + first, shape_.hidden, case_.type);
    LayerProblem problem = {.shape = shape_,
                            .type = case_.type,
                            .requests = 1,
                            .inputs = inputs.data(),
                            .weights = {.attention_norm = norms_.attention.data(),
                                        .query_norm = norms_.query.data(),
                                        .key_norm = norms_.key.data(),
                                        .mlp_norm = norms_.mlp.data()},
                            .context = case_.context,
                            .attended = &attended};
    for (size_t i = 0; i < products.size(); ++i) {
      problem.weights.products[i] = products[i].data();
    }
    const std::vector<float> appended = LastTokens(keys, values);
    problem.keys = keys.data();
    problem.values = values.data();
    const double error =
        WorstError(outputs, ReferenceLayer(problem), static_cast<int>(shape_.hidden));
    const std::vector<float> expected = LastTokens(keys, values);
    return std::max(error,
                    WorstError(appended, std::vector<double>(expected.begin(), expected.end()),
                               static_cast<int>(shape_.head_dim)));
  }

  /// Keys, then values, of the last token of each head.
  std::vector<float> LastTokens(const std::vector<uint16_t>& keys,
                                const std::vector<uint16_t>& values) const {
    std::vector<float> elements;
    for (const std::vector<uint16_t>* half : {&keys, &values}) {
      for (int64_t head = 1; head <= shape_.kv_heads; ++head) {
        const int64_t end = head * case_.context * shape_.head_dim;
        for (int64_t i = end - shape_.head_dim; i < end; ++i) {
          elements.push_back(LoadElement(half->data(), static_cast<size_t>(i), case_.type));
        }
      }
    }
    return elements;
  }

  LayerShape shape_;
  LayerNorms norms_;
  int64_t sets_;
  size_t weight_bytes_;  // of a set
  size_t pooled_bytes_;
  DeviceBuffer inputs_;
  DeviceBuffer normed_;
  DeviceBuffer qkv_;
  DeviceBuffer between_;  // attention and MLP
  DeviceBuffer gate_up_;
  DeviceBuffer gated_;
  DeviceBuffer outputs_;
  DeviceBuffer positions_;
  DeviceBuffer attention_norm_;
  DeviceBuffer query_norm_;
  DeviceBuffer key_norm_;
  DeviceBuffer mlp_norm_;
  AttentionStep step_;
  std::vector<LinearPlan> plans_;
};

}  // namespace

std::unique_ptr<Workload> MakeCudaLayerWorkload(const BenchCase& x,
                                                const CudaBenchMachine& machine) {
  return std::make_unique<CudaLayerWorkload>(x, machine);
}

}  // namespace kinetics::kernels
