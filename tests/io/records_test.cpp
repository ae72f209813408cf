#include "kinetics/io/records.h"

#include "kinetics/core/error.h"
#include "kinetics/core/random.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/render/records.h"
#include "tests/test.h"

namespace kinetics {
namespace {

const char* const kValid = R"({
"schema": "kinetics.records/1", "task": "toy", "max_tokens": 100, "source": {"by": "us"},
"questions": [{"id": 0, "prompt_tokens": 10}, {"id": "b", "prompt_tokens": 20}],
"runs": [
{"model": "m", "attention": {"kind": "topk", "top_tokens": 8, "local_tokens": 4}, "trials": [
{"question": "b", "tokens": [5, 0], "correct": [1, 0], "answers": ["7", ""], "errors": 2},
{"question": 0, "tokens": [30, 99], "solved": 1}]},
{"model": "m", "variant": "high", "max_tokens": 50, "trials": [
{"question": 0, "tokens": [], "solved": 0, "errors": 1}]}]})";

TEST_CASE("records are read with trial lists in the order of questions", "[records]") {
  const Records records = ReadRecords(kValid, "f");
  CHECK(records.task == "toy");
  CHECK(records.questions[1].id == "b");
  const Run& run = records.runs[0];
  CHECK(FormatSpec(*run.attention) == "topk:8+4");
  CHECK(run.trials[0].question == 0);
  CHECK(run.trials[0].solved == 1);
  CHECK(run.trials[1].correct == std::vector<uint8_t>{1, 0});
  CHECK(run.trials[1].solved == 1);
  CHECK(run.trials[1].errors == 2);
  CHECK_FALSE(records.runs[1].attention);
  CHECK(MaxTokens(records, records.runs[0]) == 100);
  CHECK(MaxTokens(records, records.runs[1]) == 50);
}

TEST_CASE("records read back as they are written", "[records]") {
  for (const Records& records :
       {ReadRecords(kValid, "f"), LoadRecords("aime24-qwen3"), LoadRecords("otis-mock-aime")}) {
    const std::string written = RecordsJson(records, {.version = "0"});
    const Records read = ReadRecords(written, "written");
    CHECK(RecordsJson(read, {.version = "0"}) == written);
    CHECK(read.runs.size() == records.runs.size());
    CHECK(read.source_json == records.source_json);
  }
}

TEST_CASE("the bundled records hold the reference files' figures", "[records]") {
  for (const char* name : {"aime24-qwen3", "otis-mock-aime"}) {
    if (const auto text = test::ReferenceFile(std::string(name) + ".records.json")) {
      CHECK(RecordsJson(LoadRecords(name), {}) == RecordsJson(ReadRecords(*text, name), {}));
    }
  }
}

TEST_CASE("the bundled records have 35 and 40 runs", "[records]") {
  CHECK(LoadRecords("aime24-qwen3").runs.size() == 35);
  CHECK(LoadRecords("otis-mock-aime").runs.size() == 40);
}

TEST_CASE("records that do not hold together are refused, with the place", "[records]") {
  struct Row {
    const char* from;
    const char* to;
    const char* message;
  };
  for (const Row& row : {
           Row{"records/1", "records/2",
               "f:2: /schema: expected \"kinetics.records/1\", found \"kinetics.records/2\""},
           Row{"\"task\": \"toy\", ", "", "f:1: expected the key \"task\", which is missing"},
           Row{"\"task\"", "\"taks\"",
               "f:2: /taks: unknown key; expected schema, made_by, task, "
               "source, max_tokens, questions or runs; did you mean task?"},
           Row{"30, 99", "-30, 99",
               "f:7: /runs/0/trials/1/tokens/0: expected a whole number of tokens, at least 0, "
               "found -30"},
           Row{"30, 99", "30, 9.5",
               "f:7: /runs/0/trials/1/tokens/1: expected a whole number of tokens, at least 0, "
               "found 9.5"},
           Row{"[30, 99]", "\"30\"", "f:7: /runs/0/trials/1/tokens: expected a list, found \"30\""},
           Row{"99], \"solved\": 1", "99], \"solved\": 3",
               "f:7: /runs/0/trials/1/solved: expected a whole number of solved trials from 0 to "
               "2, found 3"},
           Row{"99], \"solved\": 1", "99]",
               "f:7: /runs/0/trials/1: expected the key \"solved\", which is missing"},
           Row{"[1, 0]", "[1]",
               "f:6: /runs/0/trials/0/correct: expected one 0 or 1 for each of 2 trials, found a "
               "list"},
           Row{"[1, 0]", "[1, 2]",
               "f:6: /runs/0/trials/0/correct/1: expected a whole number of right answers from 0 "
               "to 1, found 2"},
           Row{"[1, 0]", "[1, 0], \"solved\": 2",
               "f:6: /runs/0/trials/0/solved: expected 1, the trials that are correct, found 2"},
           Row{"[\"7\", \"\"]", "[\"7\"]",
               "f:6: /runs/0/trials/0/answers: expected one answer for each of 2 trials, found a "
               "list"},
           Row{"{\"question\": 0, \"tokens\": [30", "{\"question\": 7, \"tokens\": [30",
               "f:7: /runs/0/trials/1/question: expected the id of a question of this task, found "
               "7"},
           Row{"{\"question\": 0, \"tokens\": [30", "{\"question\": \"b\", \"tokens\": [30",
               "f:7: /runs/0/trials/1/question: expected every question once in a run, found "
               "\"b\""},
           Row{"\"id\": \"b\"", "\"id\": \"0\"",
               "f:3: /questions/1/id: expected an id of its own for every question, found \"0\""},
           Row{"\"prompt_tokens\": 20", "\"prompt_tokens\": true",
               "f:3: /questions/1/prompt_tokens: expected a whole number of prompt tokens, at "
               "least 0, found true"},
           Row{"\"errors\": 1", "\"errors\": 0",
               "f:9: /runs/1/trials/0/tokens: expected at least one trial, or errors above 0, "
               "found a list"},
           Row{"\"errors\": 2", "\"errors\": -2",
               "f:6: /runs/0/trials/0/errors: expected a whole number of errors from 0 to 1000000, "
               "found -2"},
           Row{"\"kind\": \"topk\"", "\"kind\": \"top\"",
               "f:5: /runs/0/attention/kind: expected dense, topk, block_topk or sliding, found "
               "\"top\""},
           Row{"\"kind\": \"topk\"", "\"kind\": \"dense\"",
               "f:5: /runs/0/attention/local_tokens: unknown key; expected kind"},
           Row{"\"top_tokens\": 8", "\"top_tokens\": 0",
               "f:5: /runs/0/attention/top_tokens: expected a whole number of tokens from 1 to "
               "1000000000, found 0"},
           Row{"\"variant\": \"high\", \"max_tokens\": 50",
               "\"attention\": {\"kind\": \"topk\", \"top_tokens\": 8, \"local_tokens\": 4}",
               "f:8: /runs/1: expected every model, attention and variant once, not m topk:8+4 "
               "again, found an object"},
           Row{"\"model\": \"m\", \"variant\"", "\"model\": \"\", \"variant\"",
               "f:8: /runs/1/model: expected a model's name, found \"\""},
           Row{"\"errors\": 1", "\"errors\": 9000000000000000",
               "f:9: /runs/1/trials/0/errors: expected a whole number of errors from 0 to 1000000, "
               "found 9000000000000000"},
           Row{"\"task\": \"toy\"", "\"task\": \"a\\u001bb\"",
               "f:2: /task: expected a task's name, found \"a\\u001bb\""},
           Row{"\"max_tokens\": 100", "\"max_tokens\": 0",
               "f:2: /max_tokens: expected a whole number of tokens, at least 1, found 0"},
       }) {
    std::string text = kValid;
    const size_t at = text.find(row.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, std::string(row.from).size(), row.to);
    CHECK(test::ErrorOf([&] { ReadRecords(text, "f"); }) == row.message);
  }
}

TEST_CASE("truncated records end in an error, wherever they are cut", "[records][robust]") {
  const std::string text = kValid;
  for (size_t size = 0; size < text.size(); ++size) {
    CHECK_THROWS_AS(ReadRecords(text.substr(0, size), "f"), Error);
  }
}

TEST_CASE("damaged records end in an error or are records, never worse", "[records][robust]") {
  const std::string valid = kValid;
  int refused = 0;
  constexpr int kCases = 5000;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    SplitMix64 random(7, seed);
    std::string text = valid;
    const uint32_t edits = 1 + random.Below(4);
    for (uint32_t i = 0; i < edits; ++i) {
      const size_t at = random.Below(static_cast<uint32_t>(text.size()));
      switch (random.Below(3)) {
        case 0:
          text[at] = static_cast<char>(random.Below(256));
          break;
        case 1:
          text.erase(at, 1 + random.Below(12));
          break;
        default:
          text.insert(at, valid.substr(random.Below(static_cast<uint32_t>(valid.size())), 9));
      }
    }
    try {
      ReadRecords(text, "f");
    } catch (const Error& e) {
      ++refused;
      CHECK(std::string(e.what()).find('\n') == std::string::npos);
    }
  }
  CHECK(refused > kCases / 2);
}

}  // namespace
}  // namespace kinetics
