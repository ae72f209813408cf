#include "kinetics/core/text.h"

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("splitting keeps empty parts", "[text]") {
  CHECK(Split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(Split("", ',') == std::vector<std::string>{""});
}

TEST_CASE("a number is digits with sign, fraction and exponent, and uses the whole text",
          "[text]") {
  CHECK(ParseNumber("2") == 2.0);
  CHECK(ParseNumber("-.5") == -0.5);
  CHECK(ParseNumber("3e15") == 3e15);
  for (const char* bad : {"", "x", "1x", " 1", "1 ", "+1", "0x10", "inf", "-inf", "nan", "1e999",
                          "--1", "-", ".", "1,5"}) {
    INFO(bad);
    CHECK_FALSE(ParseNumber(bad));
  }
}

TEST_CASE("a leading number leaves its unit", "[text]") {
  const auto number = ReadLeadingNumber("3eflops");
  REQUIRE(number);
  CHECK(number->value == 3);
  CHECK(number->rest == "eflops");
}

TEST_CASE("an integer has no fraction and fits 64 bits", "[text]") {
  CHECK(ParseInteger("-12") == -12);
  CHECK_FALSE(ParseInteger("1.0"));
  CHECK_FALSE(ParseInteger("9223372036854775808"));
}

TEST_CASE("edit distance counts insertions, deletions, substitutions and swaps", "[text]") {
  CHECK(EditDistance("kitten", "sitting") == 3);
  CHECK(EditDistance("h100", "h010") == 1);
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("Qwen3-8B", "qwen3-8b") == 0);
}

TEST_CASE("only a near name is suggested", "[text]") {
  const std::vector<std::string> names = {"b200", "h100", "h200"};
  CHECK(DidYouMean("h20", names) == "; did you mean h200?");
  CHECK(DidYouMean("gaudi", names).empty());
  CHECK(DidYouMean("x", {}).empty());
}

TEST_CASE("bytes that are not UTF-8 are found", "[text]") {
  for (const char* good :
       {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK_FALSE(FindInvalidUtf8(good));
  }
  // A lone byte, a cut sequence, a long form, a surrogate, and what lies above U+10FFFF.
  for (const char* bad : {"\x80", "\xE2\x82", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                          "\xF4\x90\x80\x80", "\xFF"}) {
    CHECK(FindInvalidUtf8(std::string("x") + bad) == 1U);
  }
}

TEST_CASE("a name is not empty and has no control characters", "[text]") {
  CHECK(IsName("Qwen3-8B (high)"));
  CHECK(IsName("\xC3\xA9"));
  CHECK_FALSE(IsName(""));
  CHECK_FALSE(IsName("a\nb"));
  CHECK_FALSE(IsName("\x1b[31m"));
}

TEST_CASE("an excerpt is one short printable line", "[text]") {
  CHECK(Excerpt("a\nb\xFF") == "a?b?");
  CHECK(Excerpt(std::string(100, 'x'), 10) == "xxxxxxx...");
}

}  // namespace
}  // namespace kinetics
