#include "kinetics/plan/law_grid.h"

#include <set>

#include "tests/plan/law_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

std::vector<std::string> Specs(const std::vector<std::string>& filters) {
  std::vector<AttentionFilter> parsed;
  for (const std::string& filter : filters) {
    parsed.push_back(ParseAttentionFilter(filter));
  }
  std::vector<std::string> specs;
  for (const Attention& attention : LawAttentions(test::BundledLaw(), parsed)) {
    specs.push_back(FormatSpec(attention));
  }
  return specs;
}

TEST_CASE("by default a law is planned over at least 100,000 allocations", "[plan][law]") {
  const Law& law = test::BundledLaw();
  const LawGrid grid = MakeLawGrid(law, CountList::All(), std::nullopt);
  CHECK(grid.samples.size() == 32);
  CHECK(grid.limits.size() == 21);
  CHECK_FALSE(grid.limits.back());
  CHECK(grid.limits[16] == 15383);  // half of 30,767
  CHECK(Specs({}).size() == 27);
  CHECK(6 * 27 * grid.limits.size() * grid.samples.size() >= 100'000);
}

TEST_CASE("attentions are the recorded ones and quarter doublings between", "[plan][law]") {
  const std::vector<std::string> specs = Specs({});
  const std::set<std::string> all(specs.begin(), specs.end());
  CHECK(all.size() == specs.size());
  for (const char* spec : {"dense", "topk:32", "topk:38", "topk:45", "topk:54", "topk:1024",
                           "topk:128+128", "block_topk:16x64", "block_topk:128x1"}) {
    INFO(spec);
    CHECK(all.count(spec) == 1);
  }
}

TEST_CASE("a filter keeps a kind, or adds the one that it names", "[plan][law]") {
  CHECK(Specs({"dense"}) == std::vector<std::string>{"dense"});
  CHECK(Specs({"topk:300"}) == std::vector<std::string>{"topk:300"});
  CHECK(Specs({"block_topk"}).size() == 4);
  CHECK(Specs({"topk", "topk:4096"}).size() == 23);
  CHECK(Specs({"topk", "topk:512"}).size() == 22);
}

TEST_CASE("attention of a kind without a run is refused", "[plan][law]") {
  CHECK(test::ErrorOf([] {
          Specs({"dense", "sliding:1024"});
        }) == "the law has no run of sliding attention to predict others from");
}

TEST_CASE("lists of samples and limits are taken as they are", "[plan][law]") {
  const Law& law = test::BundledLaw();
  const LawGrid grid = MakeLawGrid(law, {.counts = {1, 100}}, CountList{.counts = {5, 99999}});
  CHECK(grid.samples == std::vector<int64_t>{1, 100});
  CHECK(grid.limits == std::vector<std::optional<int64_t>>{5, 99999});
  const LawGrid powers =
      MakeLawGrid(law, {.powers_of_two = true}, CountList{.powers_of_two = true});
  CHECK(powers.samples == std::vector<int64_t>{1, 2, 4, 8, 16, 32});
  CHECK(powers.limits.back() == 16384);
}

TEST_CASE("a level's limit is that of its runs, else the longest", "[plan][law]") {
  Law law = test::BundledLaw();
  CHECK(LimitOf(law, 0) == 30767);
  CHECK(LimitOf(law, 99) == 30767);
  for (LawRun& run : law.data.runs) {
    run.max_tokens = run.level == 0 ? std::optional<int64_t>(500) : std::nullopt;
  }
  CHECK(LimitOf(law, 0) == 500);
  CHECK(LimitOf(law, 1) == 500);
  for (LawRun& run : law.data.runs) {
    run.max_tokens.reset();
  }
  CHECK_FALSE(LimitOf(law, 0));
  CHECK(MakeLawGrid(law, CountList::All(), std::nullopt).limits.size() == 21);
}

}  // namespace
}  // namespace kinetics
