// `kinetics fit law` from outside: the accuracy of one sample that is cut at a number of tokens.
#include <nlohmann/json.hpp>

#include "tests/apps/toy_records.h"

namespace kinetics {
namespace {

using nlohmann::json;
using test::ParseReport;
using test::RunProgram;

/// The rows of `fit law --format json` with these further arguments.
json TokenBudgets(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"fit", "law", "--format", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const test::ProgramResult result = RunProgram(arguments);
  REQUIRE(result.status == 0);
  return ParseReport(result.out, "kinetics.fit-law/1").at("token_budgets");
}

TEST_CASE("accuracy within token budgets is that of the OTIS records", "[program][law]") {
  // Of gpt-5-2025-08-07 (high), 360 trials: P(right and at most so many tokens), counted by hand.
  const std::vector<std::pair<int64_t, double>> expected = {
      {512, 0},      {1024, 0},     {2048, .022},  {4096, .186},  {8192, .383},
      {16384, .667}, {32768, .839}, {65536, .911}, {131072, .914}};
  std::vector<std::pair<int64_t, double>> found;
  for (const json& row : TokenBudgets({"--records", "otis-mock-aime"})) {
    if (row.at("model") != "gpt-5-2025-08-07" || row.at("variant") != "high") {
      continue;
    }
    const auto accuracy = row.at("accuracy").get<double>();
    found.emplace_back(row.at("generation_tokens").get<int64_t>(), accuracy);
    // It is known which trials are right: no bounds. The law is to follow.
    CHECK(row.at("accuracy_bound").at("lower") == row.at("accuracy_bound").at("upper"));
    CHECK(row.at("predicted").get<double>() == Approx(accuracy).margin(0.04));
  }
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(found[i].first == expected[i].first);
    CHECK(found[i].second == Approx(expected[i].second).margin(5e-4));
  }
}

TEST_CASE("more tokens never solve less, in records and by their law", "[program][law]") {
  const test::TemporaryFolder folder;
  const std::string records =
      test::WriteRecords(folder, "r.json", test::ToyRecords({.with_correct = true}));
  const json rows = TokenBudgets({"--records", records});
  // 12 runs at 512, 1,024, ..., 16,384, the first power beyond the limit.
  REQUIRE(rows.size() == size_t{12} * 6);
  for (size_t i = 0; i < rows.size(); ++i) {
    INFO(rows[i]);
    CHECK(rows[i].at("predicted") >= 0);
    CHECK(rows[i].at("predicted") <= 1);
    if (i % 6 > 0) {
      CHECK(rows[i - 1].at("generation_tokens") < rows[i].at("generation_tokens"));
      CHECK(rows[i - 1].at("accuracy") <= rows[i].at("accuracy"));
      CHECK(rows[i - 1].at("predicted") <= rows[i].at("predicted"));
    }
  }
}

TEST_CASE("counts of right trials bound the accuracy within a token budget", "[program][law]") {
  const test::TemporaryFolder folder;
  const Records counted = test::ToyRecords();
  const Records known = test::ToyRecords({.with_correct = true});
  const auto rows = [&folder](const Records& records) {
    return TokenBudgets({"--records", test::WriteRecords(folder, "r.json", records),
                         "--generation-tokens", "4000,8000,99999"});
  };
  const json bounded = rows(counted);
  const json exact = rows(known);
  REQUIRE(bounded.size() == size_t{12} * 3);
  REQUIRE(exact.size() == bounded.size());
  size_t open = 0;
  for (size_t i = 0; i < bounded.size(); ++i) {
    const json& bound = bounded[i].at("accuracy_bound");
    CHECK(bounded[i].at("accuracy") == bound.at("lower"));
    CHECK(bound.at("lower").get<double>() <= exact[i].at("accuracy").get<double>() + 1e-12);
    CHECK(bound.at("upper").get<double>() >= exact[i].at("accuracy").get<double>() - 1e-12);
    open += bound.at("lower") < bound.at("upper") ? 1 : 0;
    if (i % 3 == 2) {
      CHECK(bound.at("lower") == bound.at("upper"));  // beyond the limit nothing is cut
    }
  }
  CHECK(open > 0);
}

TEST_CASE("records that know the right trials tell how lengths go with them", "[program][law]") {
  const test::TemporaryFolder folder;
  const std::string path =
      test::WriteRecords(folder, "r.json", test::ToyRecords({.with_correct = true}));
  const test::ProgramResult result = RunProgram({"fit", "law", "--records", path});
  CHECK_THAT(result.out, Catch::Contains("wrong trials against right ones") &&
                             Catch::Contains("Accuracy of one sample that is cut at a number of "
                                             "tokens, in %"));
  test::CheckTable(result.out);
  const json law = ParseReport(
      RunProgram({"fit", "law", "--records", path, "--format", "json"}).out, "kinetics.fit-law/1");
  const json& correlation = law.at("length_correlation");
  CHECK(correlation.at("assumed") == false);
  CHECK(correlation.at("trials") > 0);
  CHECK(correlation.at("trials") <= 576);
  // Lengths were drawn whether right or not; only those at the limit are always wrong.
  const auto error = correlation.at("standard_error").get<double>();
  CHECK(error > 0);
  CHECK(std::abs(correlation.at("value").get<double>()) < 4 * error);
}

}  // namespace
}  // namespace kinetics
