#include "kinetics/render/json_writer.h"

#include "kinetics/io/json.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("a document has its schema, its making, and rows a line each", "[json]") {
  JsonWriter json("s/1", {.version = "1", .arguments = {"plan", "a\"b"}, .seed = 3});
  json.Key("rows").BeginList();
  for (int i = 0; i < 2; ++i) {
    json.BeginObject();
    json.Key("x").Value(0.5);
    json.Key("none").Value(std::optional<double>());
    json.Key("yes").Value(true);
    json.EndObject();
  }
  json.EndList();
  json.Key("empty").BeginList();
  json.EndList();
  CHECK(json.Finish() == R"({
 "schema": "s/1",
 "made_by": {
  "version": "1",
  "arguments": ["plan", "a\"b"],
  "seed": 3
 },
 "rows": [
  {"x": 0.5, "none": null, "yes": true},
  {"x": 0.5, "none": null, "yes": true}
 ],
 "empty": []
}
)");
}

TEST_CASE("any bytes in a string make valid JSON", "[json]") {
  JsonWriter json("s/1", {.version = "1", .arguments = {"\xFF\x01\n\"\\"}});
  const std::string text = json.Finish();
  const JsonDocument document(text, "written");
  CHECK(document.Root()["schema"].String() == "s/1");
}

TEST_CASE("attentions and ids are written as records have them", "[json]") {
  JsonWriter json("s/1", {});
  json.Key("a").Value(ParseAttention("block_topk:16x64+8"));
  json.Key("b").Id("7");
  json.Key("c").Id("007");
  const std::string text = json.Finish();
  CHECK_THAT(text, Catch::Contains(R"({
  "kind": "block_topk",
  "block_tokens": 16,
  "top_blocks": 64,
  "local_tokens": 8
 })"));
  CHECK_THAT(text, Catch::Contains("\"b\": 7,") && Catch::Contains("\"c\": \"007\""));
}

}  // namespace
}  // namespace kinetics
