#include "kinetics/io/json.h"

#include "kinetics/core/error.h"
#include "kinetics/io/json_place.h"
#include "tests/test.h"

namespace kinetics {
namespace {

std::string ParseError(const std::string& text) {
  return test::ErrorOf([&] { JsonDocument(text, "f.json"); });
}

TEST_CASE("text that is not JSON is refused with line and column", "[json]") {
  CHECK(ParseError("") == "f.json: expected JSON, found an empty file");
  CHECK(ParseError(" \n\t") == "f.json: expected JSON, found an empty file");
  CHECK(ParseError("{\n \"a\": NaN}") == "f.json:2:7: expected JSON, found 'NaN}'");
  CHECK(ParseError("[1, Infinity]") == "f.json:1:5: expected JSON, found 'Infinity]'");
  CHECK(ParseError("{\"a\": [1,") == "f.json:1:10: expected JSON, found the end of the file");
  CHECK(ParseError("[1] x") == "f.json:1:5: expected JSON, found 'x'");
  CHECK(ParseError("[1e999]") == "f.json:1: expected numbers that fit a double, found 1e999");
  CHECK(ParseError(std::string("\0\0", 2)) ==
        "f.json:1:1: expected JSON, found '?"
        "?'");
}

TEST_CASE("a repeated key is refused where it stands again", "[json]") {
  CHECK(ParseError("{\"a\": [0, {\n\"b\": 1,\n\"b\": 2}]}") ==
        "f.json:3: /a/1/b: expected a key once, found it again");
}

TEST_CASE("deep nesting is refused before it costs anything", "[json]") {
  CHECK(ParseError(std::string(100'000, '[')) == "f.json:1: expected JSON nested at most 64 deep");
}

TEST_CASE("values that are not what was expected name their place", "[json]") {
  const JsonDocument document("{\n\"a\": [1,\n {\"x/y\": \"text\"}], \"b\": -2.5}", "f.json");
  const JsonValue& root = document.Root();
  const JsonValue list = root["a"];
  const JsonValue object = list[1];
  CHECK(test::ErrorOf([&] { object["x/y"].Integer("tokens", 0, kMostExactInteger); }) ==
        "f.json:3: /a/1/x~1y: expected a whole number of tokens, at least 0, found \"text\"");
  CHECK(test::ErrorOf([&] { root["b"].Integer("bits", 0, 1); }) ==
        "f.json:3: /b: expected a whole number of bits from 0 to 1, found -2.5");
  CHECK(test::ErrorOf([&] { root["b"].Positive("bytes"); }) ==
        "f.json:3: /b: expected bytes above 0, found -2.5");
  CHECK(test::ErrorOf([&] { root["c"]; }) == "f.json:1: expected the key \"c\", which is missing");
  CHECK(test::ErrorOf([&] {
          object.ExpectKeys({"xy", "z"});
        }) == "f.json:3: /a/1/x~1y: unknown key; expected xy or z; did you mean xy?");
  CHECK(test::ErrorOf([&] { list.String(); }) == "f.json:2: /a: expected a string, found a list");
}

TEST_CASE("whole numbers may be written with a zero fraction", "[json]") {
  const JsonDocument document("[12.0, 12.5]", "f.json");
  CHECK(document.Root()[0].Integer("tokens", 0, 100) == 12);
  CHECK_THROWS_AS(document.Root()[1].Integer("tokens", 0, 100), Error);
}

TEST_CASE("the line of a value is found through strings and escapes", "[json]") {
  const std::string text = "{\"a\\\"]\": \"}\\\\\",\n\"b\": [[],\n{},\n3]}";
  CHECK(LineOf(text, "") == 1U);
  CHECK(LineOf(text, "/a\"]") == 1U);
  CHECK(LineOf(text, "/b") == 2U);
  CHECK(LineOf(text, "/b/1") == 3U);
  CHECK(LineOf(text, "/b/2") == 4U);
  CHECK_FALSE(LineOf(text, "/b/3"));
  CHECK_FALSE(LineOf(text, "/c"));
  CHECK_FALSE(LineOf("", "/c"));
}

}  // namespace
}  // namespace kinetics
