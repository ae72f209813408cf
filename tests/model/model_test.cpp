#include "kinetics/model/model.h"

#include "kinetics/io/catalogue.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// Parameters of the text stack by the formula of a pre-norm decoder with gated MLPs, query and key
/// norms and no biases (Qwen3: two RMS norms of the hidden size and two of the head size a layer):
///
///   V h (+ V h untied) + sum over layers of (2 h H d + 2 h K d + 3 h I + 2 h + 2 d) + h
int64_t CountQwen3Parameters(const Model& model) {
  const int64_t h = model.hidden_size;
  int64_t parameters = (model.tied_embeddings ? 1 : 2) * model.vocabulary_size * h + h;
  for (const LayerGroup& group : model.layers) {
    const int64_t heads = group.query_heads + group.kv_heads;
    parameters += group.count * (2 * h * heads * group.head_dim + 3 * h * group.intermediate_size +
                                 2 * h + 2 * group.head_dim);
  }
  return parameters;
}

// Totals of the safetensors files on the Hugging Face hub; those of 0.6B and 1.7B, 751,632,384 and
// 2,031,739,904, hold the tied head a second time (vocabulary times hidden size more).
TEST_CASE("the formula of the architecture gives the published parameter counts", "[model]") {
  struct Published {
    const char* name;
    int64_t parameters;
    int64_t duplicate_head;
  };
  for (const Published& published :
       {Published{"Qwen3-0.6B", 751'632'384, 151'936LL * 1024},
        Published{"Qwen3-1.7B", 2'031'739'904, 151'936LL * 2048},
        Published{"Qwen3-4B", 4'022'468'096, 0}, Published{"Qwen3-8B", 8'190'735'360, 0},
        Published{"Qwen3-14B", 14'768'307'200, 0}, Published{"Qwen3-32B", 32'762'123'264, 0}}) {
    INFO(published.name);
    const Model model = LoadModel(published.name);
    CHECK(CountQwen3Parameters(model) == published.parameters - published.duplicate_head);
    CHECK(model.parameters == CountQwen3Parameters(model));
    CHECK(model.active.all == model.parameters);
  }
}

TEST_CASE("active parameters leave out the embedding, or embedding and head", "[model]") {
  for (const std::string& name : ModelNames()) {
    INFO(name);
    const Model model = LoadModel(name);
    const int64_t embedding = model.vocabulary_size * model.hidden_size;
    const int64_t input_only = model.tied_embeddings ? 0 : embedding;
    CHECK(model.active.without_input_embedding == model.active.all - input_only);
    CHECK(model.active.without_embedding_and_head == model.active.all - input_only - embedding);
  }
  CHECK(LoadModel("Qwen3-8B").active.without_input_embedding == 7'568'405'504);
  CHECK(LoadModel("Qwen3-0.6B").active.without_input_embedding == 596'049'920);
}

// 2 layers KV-heads head-size 2 bytes; the full-context figure is from unslothai/unsloth PR 4757.
TEST_CASE("KV bytes per token use the head size, not hidden size over heads", "[model]") {
  CHECK(KvBytesPerToken(LoadModel("Qwen3-0.6B"), Dtype::kBf16).value == 114'688);
  CHECK(KvBytesPerToken(LoadModel("Qwen3-4B"), Dtype::kBf16).value == 147'456);
  CHECK(KvBytesPerToken(LoadModel("Qwen3-32B"), Dtype::kBf16).value == 262'144);
  CHECK(KvBytesPerToken(LoadModel("Qwen3-32B"), Dtype::kFp8).value == 131'072);
  constexpr double kGib = 1U << 30U;
  CHECK(KvReadBytes(LoadModel("Qwen3-0.6B"), Dtype::kBf16, 40'960).value / kGib ==
        Approx(4.38).margin(0.005));
}

TEST_CASE("attention FLOPs count scores and weighted values of every query head", "[model]") {
  CHECK(AttentionFlopsPerPair(LoadModel("Qwen3-8B")) == 4.0 * 36 * 32 * 128);
  CHECK(LayerCount(LoadModel("Qwen3-8B")) == 36);
}

}  // namespace
}  // namespace kinetics
