#include "kinetics/plan/budget.h"

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("a budget is a number, an optional prefix and a unit", "[budget]") {
  struct Row {
    const char* text;
    double value;
    CostUnit unit;
  };
  for (const Row& row :
       {Row{"2s", 2, CostUnit::kSeconds},           Row{"500ms", 0.5, CostUnit::kSeconds},
        Row{"3min", 180, CostUnit::kSeconds},       Row{".5s", 0.5, CostUnit::kSeconds},
        Row{"1ks", 1000, CostUnit::kSeconds},       Row{"5PeFLOPs", 5e15, CostUnit::kEflops},
        Row{"3e16eflops", 3e16, CostUnit::kEflops}, Row{"3eflops", 3, CostUnit::kEflops},
        Row{"1e15flops", 1e15, CostUnit::kFlops},   Row{"2TFLOPs", 2e12, CostUnit::kFlops},
        Row{"7Gflop", 7e9, CostUnit::kFlops},       Row{"1Meflop", 1e6, CostUnit::kEflops},
        Row{"0.002usd", 0.002, CostUnit::kUsd},     Row{"2kUSD", 2000, CostUnit::kUsd},
        Row{"400J", 400, CostUnit::kJoules},        Row{"1.5kJ", 1500, CostUnit::kJoules},
        Row{"2MJ", 2e6, CostUnit::kJoules},         Row{"0.05gCO2", 0.05, CostUnit::kGramsCo2},
        Row{"3kgCO2", 3000, CostUnit::kGramsCo2},   Row{"1gco2", 1, CostUnit::kGramsCo2}}) {
    INFO(row.text);
    const Budget budget = ParseBudget(row.text);
    CHECK(budget.value == Approx(row.value).epsilon(1e-15));
    CHECK(budget.unit == row.unit);
  }
}

TEST_CASE("a prefix does not cost a digit", "[budget]") {
  CHECK(ParseBudget("70ms").value == 0.07);
  CHECK(ParseBudget("290us").value == 0.00029);
  CHECK(ParseBudget("1.1TFLOPs").value == 1.1e12);
}

TEST_CASE("a malformed budget says what was expected", "[budget]") {
  for (const char* bad :
       {"",        "2",      "s",       "-2s",   "0s",      "2 s",      "2S",   "infs",
        "nans",    "1e999s", "1e-400s", "0x2s",  "5Eflops", "5Eeflops", "2sec", "2e",
        "1e308Ps", "2s,",    "5mflops", "1eusd", "1musd",   "1mJ",      "1EJ",  "2usds",
        "-1usd",   "0J",     "0gCO2",   "1CO2",  "1g",      "3kkJ",     "1eur"}) {
    INFO(bad);
    CHECK_THAT(test::ErrorOf([&] { ParseBudget(bad); }),
               Catch::StartsWith("expected a budget like 2s, 500ms, 3min, 5PeFLOPs, 3e16eflops, "
                                 "1e15flops, 0.002usd, 400J or 0.05gCO2; found '"));
  }
  CHECK_THAT(test::ErrorOf([] { ParseBudget("5Eflops"); }), Catch::Contains("no prefix E"));
  CHECK_THAT(test::ErrorOf([] { ParseBudget("2"); }), Catch::EndsWith("the unit is missing"));
}

TEST_CASE("lists of counts mix numbers and ranges, sorted and without repeats", "[budget]") {
  CHECK(ParseCountList("8,1,2,1").counts == std::vector<int64_t>{1, 2, 8});
  CHECK(ParseCountList("1-4,3,9").counts == std::vector<int64_t>{1, 2, 3, 4, 9});
  CHECK(UpTo(ParseCountList("pow2"), 20) == std::vector<int64_t>{1, 2, 4, 8, 16});
  CHECK(UpTo(ParseCountList("1,8,64"), 20) == std::vector<int64_t>{1, 8});
  CHECK(UpTo(CountList::All(), 3) == std::vector<int64_t>{1, 2, 3});
  for (const char* bad : {"", "0", "-1", "1,", "4-2", "1.5", "pow3", "1-"}) {
    INFO(bad);
    CHECK_THAT(test::ErrorOf([&] { ParseCountList(bad); }),
               Catch::StartsWith("expected whole numbers like 1,2,4"));
  }
  CHECK(test::ErrorOf([] { ParseCountList("1-99999999"); }) ==
        "expected ranges of at most 1000000 numbers, found '1-99999999'");
}

}  // namespace
}  // namespace kinetics
