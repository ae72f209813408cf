#include "kinetics/cost/cost.h"

#include "kinetics/io/catalogue.h"
#include "tests/cost/toy.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using test::Toy;
using test::ToyHardware;
using test::ToyModel;

TEST_CASE("dense terms are the paper's, the prompt read once for all samples", "[cost]") {
  // C = 10, L = 20, N = 3: S = 10 * 20 + 20^2 / 2 = 400.
  const CostTerms terms = Toy("dense").Of(10, 20, 3).terms;
  CHECK(terms.flops.linear.value == 2 * 10 * 20 * 3);
  CHECK(terms.flops.attention.value == 32 * 400 * 3);
  CHECK(terms.flops.search.value == 0);
  CHECK(terms.bytes.weights.value == 0);
  CHECK(terms.bytes.kv_shared.value == 16 * 200);
  CHECK(terms.bytes.kv.value == 16 * 200 * 3);
  CHECK(terms.bytes.search.value == 0);
}

TEST_CASE("sparse attention shares nothing, and block search reads the prompt once", "[cost]") {
  // B = 8 < C: S = 8 * 20 = 160. Search: C L + L^2/2 = 400 pairs in blocks of 4.
  const CostTerms terms = Toy("block_topk:4x2").Of(10, 20, 3).terms;
  CHECK(terms.flops.attention.value == 32 * 160 * 3);
  CHECK(terms.bytes.kv_shared.value == 0);
  CHECK(terms.bytes.kv.value == 16 * 160 * 3);
  CHECK(terms.flops.search.value == 16 * 400 * 3 / 4);
  CHECK(terms.bytes.search.value == 8 * (200 + 3 * 200) / 4);
}

TEST_CASE("a batch shares the reading of the weights", "[cost]") {
  const CostTerms terms = Toy("dense", {.batch = 4}).Of(10, 20, 3).terms;
  CHECK(terms.bytes.weights.value == 10 * 2 * 20 * 3 / 4);
}

TEST_CASE("each rule turns the same work into its own time", "[cost]") {
  const auto seconds = [](Rule rule) {
    return Toy("dense", {.rule = rule}).Of(10, 20, 1).seconds.value;
  };
  const double compute = (400 + 32 * 400) / 100.0;
  const double memory = 16 * 400 / 10.0;
  CHECK(seconds(Rule::kAdditive) == Approx(compute + memory));
  CHECK(seconds(Rule::kMax) == Approx(memory));
  CHECK(seconds(Rule::kFlops) == Approx(compute));
  CHECK(seconds(Rule::kParameters) == Approx(4));
  const Cost cost = Toy("dense").Of(10, 20, 1);
  CHECK(cost.eflops.value == Approx(100 * cost.seconds.value));
}

TEST_CASE("eight-bit elements halve the KV bytes", "[cost]") {
  const Model model = LoadModel("Qwen3-8B");
  const Hardware b200 = LoadHardware("b200");
  const Cost wide = CostModel(model, {}, b200, {}).Of(100, 1000, 1);
  const Cost narrow = CostModel(model, {}, b200, {.dtype = Dtype::kFp8}).Of(100, 1000, 1);
  CHECK(TotalBytes(narrow.terms).value == TotalBytes(wide.terms).value / 2);
  CHECK(TotalFlops(narrow.terms) == TotalFlops(wide.terms));
}

TEST_CASE("the published convention needs a published parameter count", "[cost]") {
  CHECK(test::ErrorOf([] { Toy("dense", {.convention = Convention::kPublished}); }) ==
        "model toy: has no published parameter count, which --convention published needs");
}

TEST_CASE("the published search rounds down to whole tokens", "[cost]") {
  Model model = ToyModel();
  model.published_parameters = {10.0, "made up"};
  const CostOptions published = {.convention = Convention::kPublished};
  const CostModel cost(model, ParseAttention("block_topk:16x1"), ToyHardware(), published);
  // [(2 * 10 + 21) / 16] = 2, [(2 * 10 + 3 * 21) / 16] = 5; H d = 8, K d = 4.
  const CostTerms terms = cost.Of(10, 21, 3).terms;
  CHECK(terms.flops.search.value == 2 * 21 * 8 * 3);
  CHECK(terms.bytes.search.value == 5 * 21 * 4);
}

// arXiv 2506.05333, section 2, with I = 562.5 and a prompt of 150: attention against parameters at
// 4,096 and 32,768 tokens. Phi leaves the prompt's reading out, which is 7 % at 4,096 tokens.
TEST_CASE("attention against parameters is the paper's Phi", "[cost]") {
  const Hardware paper = LoadHardware("b200-paper");
  struct Row {
    const char* model;
    double at_4k;
    double at_32k;
  };
  for (const Row& row :
       {Row{"Qwen3-0.6B", 88, 705}, Row{"Qwen3-1.7B", 33, 261}, Row{"Qwen3-4B", 21, 170},
        Row{"Qwen3-8B", 10.4, 84}, Row{"Qwen3-32B", 4.7, 37}}) {
    INFO(row.model);
    const CostModel model(LoadModel(row.model), {}, paper, {.convention = Convention::kPublished});
    const auto phi = [&](double length) {
      const CostTerms terms = model.Of(150, length, 1).terms;
      CostTerms without_prompt = terms;
      without_prompt.bytes.kv_shared = {};
      return AttentionToLinear(without_prompt, model.GetRoofline());
    };
    // Given to whole numbers, those below 20 to a tenth.
    CHECK(phi(4096) == Approx(row.at_4k).margin(row.at_4k < 20 ? 0.05 : 0.5));
    CHECK(phi(32768) == Approx(row.at_32k).margin(0.5));
  }
}

TEST_CASE("cost never falls as anything grows", "[cost][property]") {
  const Hardware hardware = LoadHardware("b200");
  const std::vector<std::string> models = ModelNames();
  for (const Rule rule : {Rule::kAdditive, Rule::kMax, Rule::kFlops, Rule::kParameters}) {
    for (const char* spec : {"dense", "topk:500", "block_topk:16x32", "sliding:500"}) {
      const auto at = [&](const Model& model, double c, double l, double n) {
        return CostModel(model, ParseAttention(spec), hardware, {.rule = rule, .batch = 64})
            .Of(c, l, n)
            .seconds.value;
      };
      const Model model = LoadModel("Qwen3-4B");
      for (double x = 1; x < 1e5; x *= 3.7) {
        const double more = std::floor(3.7 * x);
        CHECK(at(model, more, 1000, 4) >= at(model, std::floor(x), 1000, 4));
        CHECK(at(model, 300, more, 4) >= at(model, 300, std::floor(x), 4));
        CHECK(at(model, 300, 1000, more) >= at(model, 300, 1000, std::floor(x)));
        Model larger = model;
        larger.active.without_input_embedding *= static_cast<int64_t>(more);
        CHECK(at(larger, 300, 1000, 4) >= at(model, 300, 1000, 4));
      }
    }
  }
}

TEST_CASE("within a kind and block size, cost never falls with the KV budget", "[cost][property]") {
  const Model model = LoadModel("Qwen3-8B");
  const Hardware hardware = LoadHardware("b200");
  for (const char* form : {"topk:{}", "block_topk:16x{}", "sliding:{}"}) {
    double before = 0;
    for (int64_t size = 1; size < 100'000; size = size * 5 / 3 + 1) {
      std::string spec = form;
      spec.replace(spec.find("{}"), 2, std::to_string(size));
      const CostModel cost(model, ParseAttention(spec), hardware, {});
      const double seconds = cost.Of(200, 9000, 4).seconds.value;
      CHECK(seconds >= before);
      before = seconds;
    }
  }
}

TEST_CASE("a KV budget above the context is dense attention for one sample", "[cost][property]") {
  const Model model = LoadModel("Qwen3-8B");
  const Hardware hardware = LoadHardware("b200");
  const Cost dense = CostModel(model, {}, hardware, {}).Of(200, 9000, 1);
  const Cost topk = CostModel(model, ParseAttention("topk:9200"), hardware, {}).Of(200, 9000, 1);
  CHECK(topk.seconds.value == Approx(dense.seconds.value).epsilon(1e-15));
}

TEST_CASE("weights cost nothing as the batch grows without bound", "[cost][property]") {
  const Model model = LoadModel("Qwen3-8B");
  const Hardware hardware = LoadHardware("b200");
  const double limit = CostModel(model, {}, hardware, {}).Of(200, 9000, 1).seconds.value;
  const double large =
      CostModel(model, {}, hardware, {.batch = 1e18}).Of(200, 9000, 1).seconds.value;
  CHECK(large == Approx(limit).epsilon(1e-12));
  CHECK(CostModel(model, {}, hardware, {.batch = 1}).Of(200, 9000, 1).seconds.value > 1.5 * limit);
}

}  // namespace
}  // namespace kinetics
