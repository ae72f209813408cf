#include "kinetics/io/law.h"

#include "kinetics/core/error.h"
#include "kinetics/core/random.h"
#include "kinetics/render/law_file.h"
#include "tests/law/simulate.h"
#include "tests/test.h"

namespace kinetics {
namespace {

/// Two models with two attentions on three questions.
std::string LawText() {
  test::SimulationOptions options;
  options.sizes = {1e9, 8e9};
  options.attentions = {"dense", "topk:64"};
  options.questions = 3;
  options.trials = 4;
  const test::Simulation simulation = test::Simulate(options, 7);
  return LawJson(FitLaw(simulation.records, simulation.parameters, {}), {.version = "0"});
}

std::string Replaced(const std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.substr(0, at) + to + text.substr(at + from.size());
}

TEST_CASE("a law reads back as it is written", "[law][io]") {
  const std::string text = LawText();
  const Law law = ReadLaw(text, "law.json");
  CHECK(LawJson(law, {.version = "0"}) == text);
  CHECK(law.data.runs.size() == 4);
  CHECK(law.data.levels.size() == 2);
  CHECK(law.data.cells[0].size() == 4);
  CHECK(law.state.shared.size() == LevelIndex(2, kLevelAbility));
  CHECK(law.state.questions[0].size() == LogitIndex(2));
  CHECK(law.summary.converged);
}

TEST_CASE("a law that does not hold together is refused, with the place", "[law][io]") {
  const std::string text = LawText();
  struct Row {
    const char* from;
    const char* to;
    const char* message;
  };
  for (const Row& row : {
           Row{"law/1", "law/2",
               "f:2: /schema: expected \"kinetics.law/1\", found \"kinetics.law/2\""},
           Row{"kinetics.law/1", "kinetics.records/1",
               "f:2: /schema: expected \"kinetics.law/1\", found \"kinetics.records/1\""},
           Row{"\"task\"", "\"taks\"",
               "f:8: /taks: unknown key; expected schema, made_by, task, objective, converged, "
               "iterations, parameters, length_correlation, levels, runs, questions or warnings; "
               "did you mean task?"},
           Row{"\"converged\": true", "\"converged\": 1",
               "f:10: /converged: expected true or false, found 1"},
           Row{"\"iterations\": ", "\"iterations\": -",
               "expected a whole number of iterations from 0 to 1000000"},
           Row{"\"ability\": ", "\"ability_\": ", "expected the key \"ability\", which is missing"},
           Row{"\"ability\": ", "\"ability\": 1e3, \"abilities\": ",
               "f:12: /parameters: expected 33 parameters, found an object"},
           Row{"\"ability\": ", "\"ability\": 1234", "/parameters/ability: expected a number"},
           Row{"\"local_worth\": ", "\"local_worth\": \"x\", \"a\": ", "/parameters: expected 33"},
           Row{"\"has_size\": true", "\"has_size\": null", "/levels/0/has_size: expected true"},
           Row{"\"effects\": [", "\"effects\": [0, ", "/levels/0/effects: expected 3 numbers"},
           Row{"\"level\": 0", "\"level\": 2",
               "/runs/0/level: expected a whole number of levels before its own from 0 to 1"},
           Row{"\"level\": 0", "\"level\": 1",
               "/runs/0/level: expected the level of the run's model and variant, found 1"},
           Row{"\"parameters\": 1e+09", "\"parameters\": -1", "/runs/0/parameters: expected"},
           Row{"\"kind\": \"topk\"", "\"kind\": \"topp\"",
               "/attention/kind: expected dense, topk, block_topk or sliding, found \"topp\""},
           Row{"\"attempts\": 4", "\"attempts\": 0", "/questions/0/cells/0/attempts: expected"},
           Row{"\"solved\": ", "\"solved\": 9", "/questions/0/cells/0/solved: expected"},
           Row{"\"run\": 1", "\"run\": 0",
               "/questions/0/cells/1: expected cells in ascending order of their runs"},
           Row{"\"run\": 3", "\"run\": 4",
               "/questions/0/cells/3/run: expected a whole number of runs before its own from 0 "
               "to 3, found 4"},
           Row{"\"cells\": [", "\"cells\": 7, \"cell\": [", "/questions/0/cell: unknown key"},
           Row{"\"prompt_tokens\": ", "\"prompt_tokens\": -", "/questions/0/prompt_tokens"},
           Row{"\"mean_log_length\": ", "\"mean_log_length\": null, \"x\": ", "unknown key"},
           Row{"\"standard_error\": null", "\"standard_error\": -1", "/length_correlation"},
           Row{"\"warnings\": [", "\"warnings\": [3, ", "/warnings/0: expected"},
       }) {
    INFO(row.from << " -> " << row.to);
    const std::string message =
        test::ErrorOf([&] { ReadLaw(Replaced(text, row.from, row.to), "f"); });
    CHECK_THAT(message, Catch::Contains(row.message));
    CHECK_THAT(message, Catch::StartsWith("f:"));
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a law that was cut short is no law", "[law][io]") {
  const std::string text = LawText();
  const size_t end = text.rfind('}');
  for (size_t size = 0; size < end; size += 1 + size / 20) {
    CHECK_THROWS_AS(ReadLaw(text.substr(0, size), "f"), Error);
  }
}

TEST_CASE("a law with random changes is read or refused", "[law][io]") {
  const std::string text = LawText();
  const std::string bytes = "0123456789-.eE\"[]{},: ntf";
  SplitMix64 random(1, 2);
  const auto below = [&random](size_t n) { return random.Below(static_cast<uint32_t>(n)); };
  size_t read = 0;
  for (int i = 0; i < 150; ++i) {
    std::string changed = text;
    for (uint32_t c = 0; c <= below(3); ++c) {
      changed[below(changed.size())] = bytes[below(bytes.size())];
    }
    try {
      const Law law = ReadLaw(changed, "f");
      CHECK(law.data.cells.size() == law.state.questions.size());
      ++read;
    } catch (const Error& e) {
      CHECK_THAT(e.what(), Catch::StartsWith("f:"));
    }
  }
  CHECK(read > 0);
}

}  // namespace
}  // namespace kinetics
