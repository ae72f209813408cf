#include "kinetics/io/catalogue.h"

#include "kinetics/io/hardware.h"
#include "kinetics/io/model.h"
#include "kinetics/render/hardware.h"
#include "kinetics/render/model.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("models are listed by size, and found whatever the case or owner", "[catalogue]") {
  std::vector<std::string> dense;
  for (const NamedModel& named : SelectModels("Qwen3-*B")) {
    if (named.model.published_parameters) {
      dense.push_back(named.name);
    }
  }
  CHECK(dense == std::vector<std::string>{"Qwen3-0.6B", "Qwen3-1.7B", "Qwen3-4B", "Qwen3-8B",
                                          "Qwen3-14B", "Qwen3-32B"});
  CHECK(FindModel("qwen/QWEN3-8b")->name == "Qwen3-8B");
  CHECK_FALSE(FindModel("Qwen3-9B"));
  CHECK(LoadHardware("H100").name == "h100");
}

TEST_CASE("an unknown name is answered with a near one, or with all", "[catalogue]") {
  CHECK(test::ErrorOf([] { LoadModel("Qwen3-9B"); }) ==
        "unknown model 'Qwen3-9B'; did you mean Qwen3-4B?");
  CHECK(test::ErrorOf([] { LoadHardware("h10"); }) == "unknown hardware 'h10'; did you mean h100?");
  CHECK(test::ErrorOf([] { LoadRecords("math500"); }) ==
        "unknown records 'math500'; expected a file or aime24-qwen3 or otis-mock-aime");
  CHECK(test::ErrorOf([] { LoadModel("no/such.json"); }) ==
        "no/such.json: cannot be read: No such file or directory");
}

TEST_CASE("globs and NAME=FILE select models", "[catalogue]") {
  CHECK(SelectModels("qwen3-?b").size() == 2);
  CHECK(SelectModels("*").size() == ModelNames().size());
  CHECK_THAT(test::ErrorOf([] { SelectModels("gpt-5*"); }),
             Catch::Contains("unknown model 'gpt-5*'; expected a file or one of the"));
  const auto named = SelectModels("mine=" KINETICS_SOURCE_DIR "/configs/models/Qwen3-8B.json");
  REQUIRE(named.size() == 1);
  CHECK(named[0].name == "mine");
  CHECK(named[0].model.name == "Qwen3-8B");
}

TEST_CASE("what the program prints of a model or a device reads back the same", "[catalogue]") {
  for (const std::string& name : ModelNames()) {
    for (const ModelView& view :
         {ModelView{}, ModelView{.kv_dtype = Dtype::kFp8, .context_tokens = 4096}}) {
      const std::string text = RenderModel(LoadModel(name), view, Format::kJson, {});
      CHECK(RenderModel(ReadModel(text, name), view, Format::kJson, {}) == text);
    }
  }
  for (const std::string& name : HardwareNames()) {
    const std::string text = RenderHardware(LoadHardware(name), Format::kJson, {});
    CHECK(RenderHardware(ReadHardware(text, name), Format::kJson, {}) == text);
  }
}

TEST_CASE("a preset that does not hold together is refused, with the place", "[catalogue]") {
  struct Row {
    const char* from;
    const char* to;
    const char* message;
  };
  const std::string valid = test::SourceFile("configs/models/Qwen3-8B.json");
  for (const Row& row :
       {Row{"\"kv_heads\": 8", "\"kv_heads\": 7",
            "f:29: /layers/0/kv_heads: expected a divisor of 32 query heads, found 7"},
        Row{"\"kv_bytes_per_token\": 147456", "\"kv_bytes_per_token\": 147457",
            "f:20: /kv_bytes_per_token: expected 147456, as the layers give, found 147457"},
        Row{"full_attention", "mamba",
            "f:26: /layers/0/kind: expected a kind of layers such as full_attention, found "
            "\"mamba\""},
        Row{"kinetics.model/1", "kinetics.model/9",
            "f:2: /schema: expected \"kinetics.model/1\", found \"kinetics.model/9\""},
        Row{"\"head_dim\": 128", "\"head_dim\": 0",
            "f:30: /layers/0/head_dim: expected at least 1, found 0"}}) {
    std::string text = valid;
    const size_t at = text.find(row.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string(row.from).size(), row.to);
    CHECK(test::ErrorOf([&] { ReadModel(text, "f"); }) == row.message);
  }
}

TEST_CASE("a hardware figure needs a value above 0 and a source", "[catalogue]") {
  struct Row {
    const char* from;
    const char* to;
    const char* message;
  };
  const std::string valid = test::SourceFile("configs/hardware/b200-paper.json");
  for (const Row& row :
       {Row{"\"value\": 8000000000000,", "\"value\": -8,",
            "f:16: /memory_bandwidth_bytes_per_second/value: expected bytes per second above 0, "
            "found -8"},
        Row{"\"memory_bytes\": null,", "\"memory_bytes\": {\"value\": 5, \"source\": \"\"},",
            "f:19: /memory_bytes/source: expected where the figure is from, found \"\""},
        Row{"\"memory_bytes\": null,", "",
            "f:1: expected the key \"memory_bytes\", which is missing"},
        Row{"\"fp16\"", "\"fp61\"",
            "f:10: /peak_flops_per_second/fp61: unknown key; expected bf16, fp16, fp8, int8, "
            "fp4 or fp32; did you mean fp16?"}}) {
    std::string text = valid;
    const size_t at = text.find(row.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string(row.from).size(), row.to);
    CHECK(test::ErrorOf([&] { ReadHardware(text, "f"); }) == row.message);
  }
}

}  // namespace
}  // namespace kinetics
