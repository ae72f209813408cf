#include "kinetics/model/attention.h"

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("attention specs read back as they are written", "[attention]") {
  for (const char* spec : {"dense", "topk:512", "topk:128+128", "block_topk:16x64",
                           "block_topk:16x64+128", "sliding:4096"}) {
    INFO(spec);
    CHECK(FormatSpec(ParseAttention(spec)) == spec);
  }
}

TEST_CASE("the KV budget is what a step attends to at most", "[attention]") {
  CHECK_FALSE(KvBudget(ParseAttention("dense")));
  CHECK(KvBudget(ParseAttention("topk:128+64")) == 192);
  CHECK(KvBudget(ParseAttention("block_topk:16x64+128")) == 1152);
  CHECK(KvBudget(ParseAttention("sliding:4096")) == 4096);
}

TEST_CASE("a malformed attention spec is quoted with what was expected", "[attention]") {
  for (const char* bad : {"", "topk", "topk:", "topk:0", "topk:-1", "topk:1.5", "topk:512+",
                          "topk:512+0", "dense:1", "sliding:4096+1", "block_topk:16", "topk:1x2",
                          "block_topk:16x", "topk:99999999999999999999", "nope:3", "topk: 512"}) {
    INFO(bad);
    CHECK_THAT(test::ErrorOf([&] { ParseAttention(bad); }),
               Catch::Contains("expected an attention: dense, topk:TOP[+LOCAL]") &&
                   Catch::Contains("found '" + std::string(bad) + "'"));
  }
  CHECK_THAT(test::ErrorOf([] { ParseAttention("tpok:12"); }),
             Catch::EndsWith("did you mean topk?"));
}

TEST_CASE("a filter takes a whole kind or one attention", "[attention]") {
  const Attention recorded = ParseAttention("topk:128+128");
  CHECK(ParseAttentionFilter("topk").Matches(recorded));
  CHECK(ParseAttentionFilter("topk:128+128").Matches(recorded));
  CHECK_FALSE(ParseAttentionFilter("topk:128").Matches(recorded));
  CHECK_FALSE(ParseAttentionFilter("dense").Matches(recorded));
}

}  // namespace
}  // namespace kinetics
