#include "tests/apps/toy_records.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "kinetics/core/draws.h"
#include "kinetics/core/text.h"
#include "kinetics/render/records.h"

namespace kinetics::test {
namespace {

/// Of question `q`, where a run solves half of the middle question at ability 0.
TrialList ToyTrials(size_t q, double ability, const ToyOptions& options, Draws& draws) {
  constexpr double kHarder = 0.7;
  constexpr double kMiddle = 2.5;
  constexpr double kLogLength = 8.3;
  constexpr double kLonger = 0.25;
  constexpr double kDeviation = 0.5;
  const auto position = static_cast<double>(q);
  const double chance = 1 / (1 + std::exp(kHarder * (position - kMiddle) - ability));
  TrialList list = {.question = q};
  for (int64_t i = 0; i < options.trials; ++i) {
    const double log_length = kLogLength + kLonger * position + kDeviation * draws.Normal();
    const auto tokens = std::min(kToyLimit, static_cast<int64_t>(std::exp(log_length)));
    const bool right = draws.Uniform() < chance && !IsCutOff(tokens, kToyLimit);
    list.tokens.push_back(tokens);
    list.solved += right ? 1 : 0;
    if (options.with_correct) {
      list.correct.push_back(right ? 1 : 0);
    }
  }
  return list;
}

}  // namespace

Records ToyRecords(const ToyOptions& options) {
  Records records = {.task = "toy", .max_tokens = kToyLimit};
  for (size_t q = 0; q < options.questions; ++q) {
    records.questions.push_back(
        {.id = std::to_string(q), .prompt_tokens = 100 + 10 * static_cast<int64_t>(q)});
  }
  Draws draws(SplitMix64(5));
  for (size_t m = 0; m < options.models.size(); ++m) {
    for (const std::string& spec : options.attentions) {
      Run run = {.model = options.models[m], .attention = ParseAttention(spec)};
      const auto budget = KvBudget(*run.attention);
      const double penalty = budget ? 120 / static_cast<double>(*budget) : 0;
      for (size_t q = 0; q < options.questions; ++q) {
        run.trials.push_back(
            ToyTrials(q, 0.3 + 0.9 * static_cast<double>(m) - penalty, options, draws));
      }
      records.runs.push_back(std::move(run));
    }
  }
  return records;
}

std::string WriteRecords(const TemporaryFolder& folder, const std::string& name,
                         const Records& records) {
  return folder.Write(name, RecordsJson(records, {.version = "0"}));
}

nlohmann::json ParseReport(const std::string& text, const std::string& schema) {
  nlohmann::json report = nlohmann::json::parse(text);
  REQUIRE(report.at("schema") == schema);
  return report;
}

void CheckTable(const std::string& text) {
  for (const std::string& line : Split(text, '\n')) {
    INFO(line);
    CHECK(line.size() <= 80);
    CHECK((line.empty() || line.back() != ' '));
    for (const std::string& word : Split(line, ' ')) {
      CHECK((word != "nan" && word != "-nan" && word != "inf" && word != "-inf"));
    }
  }
}

void CheckRefused(const ProgramResult& result, int status, const std::string& message) {
  CHECK(result.err == "kinetics: error: " + message + "\n");
  CHECK(result.status == status);
  CHECK(result.out.empty());
}

ToyLaw::ToyLaw(const Records& records)
    : records_(WriteRecords(folder_, "records.json", records)), law_(folder_.Path("law.json")) {
  REQUIRE(RunProgram({"fit", "law", "--records", records_, "-o", law_}).status == 0);
}

ProgramResult ToyLaw::Plan(const std::vector<std::string>& more) const {
  std::vector<std::string> arguments = {"plan", "--law", law_};
  arguments.insert(arguments.end(), more.begin(), more.end());
  if (std::find(more.begin(), more.end(), "--bootstrap") == more.end()) {
    arguments.insert(arguments.end(), {"--bootstrap", "40"});
  }
  return RunProgram(arguments);
}

nlohmann::json ToyLaw::PlanJson(const std::vector<std::string>& more) const {
  std::vector<std::string> arguments = {"--format", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const ProgramResult result = Plan(arguments);
  REQUIRE(result.status == 0);
  return ParseReport(result.out, "kinetics.plan/1");
}

}  // namespace kinetics::test
