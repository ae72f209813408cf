#include "kinetics/io/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

namespace kinetics {
namespace {

using QuestionIndex = std::unordered_map<std::string, size_t>;

std::optional<int64_t> ReadMaxTokens(const JsonValue& parent) {
  if (!parent.Has("max_tokens")) {
    return std::nullopt;
  }
  return parent["max_tokens"].Integer("tokens", 1, kMostExactInteger);
}

std::vector<Question> ReadQuestions(const JsonValue& list, QuestionIndex& index) {
  std::vector<Question> questions;
  const size_t size = list.Size();
  if (size == 0) {
    list.Fail("at least one question");
  }
  questions.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    const JsonValue item = list[i];
    item.ExpectKeys({"id", "prompt_tokens"});
    Question question = {
        .id = ReadQuestionId(item["id"]),
        .prompt_tokens = item["prompt_tokens"].Integer("prompt tokens", 0, kMostExactInteger)};
    if (!index.emplace(question.id, i).second) {
      item["id"].Fail("an id of its own for every question");
    }
    questions.push_back(std::move(question));
  }
  return questions;
}

/// Reads "solved", "correct" or both, which must then agree.
void ReadSolved(const JsonValue& value, TrialList& list) {
  const auto trials = static_cast<int64_t>(list.tokens.size());
  if (value.Has("correct")) {
    const JsonValue correct = value["correct"];
    if (correct.Size() != list.tokens.size()) {
      correct.Fail(fmt::format("one 0 or 1 for each of {} trials", trials));
    }
    for (size_t i = 0; i < list.tokens.size(); ++i) {
      const int64_t flag = correct[i].Integer("right answers", 0, 1);
      list.correct.push_back(static_cast<uint8_t>(flag));
      list.solved += flag;
    }
  }
  if (value.Has("solved") || !value.Has("correct")) {
    const JsonValue solved = value["solved"];
    const int64_t count = solved.Integer("solved trials", 0, trials);
    if (value.Has("correct") && count != list.solved) {
      solved.Fail(fmt::format("{}, the trials that are correct", list.solved));
    }
    list.solved = count;
  }
}

TrialList ReadTrialList(const JsonValue& value, const QuestionIndex& index) {
  value.ExpectKeys({"question", "tokens", "solved", "correct", "answers", "errors"});
  TrialList list;
  const JsonValue question = value["question"];
  const auto found = index.find(ReadQuestionId(question));
  if (found == index.end()) {
    question.Fail("the id of a question of this task");
  }
  list.question = found->second;
  const JsonValue tokens = value["tokens"];
  const size_t trials = tokens.Size();
  list.tokens.reserve(trials);
  for (size_t i = 0; i < trials; ++i) {
    list.tokens.push_back(tokens[i].Integer("tokens", 0, kMostExactInteger));
  }
  ReadSolved(value, list);
  if (value.Has("answers")) {
    const JsonValue answers = value["answers"];
    if (answers.Size() != trials) {
      answers.Fail(fmt::format("one answer for each of {} trials", trials));
    }
    for (size_t i = 0; i < trials; ++i) {
      list.answers.push_back(answers[i].String());
    }
  }
  if (value.Has("errors")) {
    // More would be a mistake, and a plan has a column for every number of samples.
    constexpr int64_t kMostErrors = 1'000'000;
    list.errors = value["errors"].Integer("errors", 0, kMostErrors);
  }
  if (trials == 0 && list.errors == 0) {
    tokens.Fail("at least one trial, or errors above 0");
  }
  return list;
}

Run ReadRun(const JsonValue& value, const QuestionIndex& index) {
  value.ExpectKeys({"model", "variant", "attention", "max_tokens", "trials"});
  Run run;
  run.model = value["model"].Name("a model's name");
  if (value.Has("variant")) {
    run.variant = value["variant"].Name("a variant's name");
  }
  if (value.Has("attention")) {
    run.attention = ReadAttention(value["attention"]);
  }
  run.max_tokens = ReadMaxTokens(value);
  const JsonValue trials = value["trials"];
  const size_t size = trials.Size();
  std::vector<bool> seen(index.size());
  run.trials.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    const JsonValue item = trials[i];
    run.trials.push_back(ReadTrialList(item, index));
    const size_t question = run.trials.back().question;
    if (seen[question]) {
      item["question"].Fail("every question once in a run");
    }
    seen[question] = true;
  }
  std::sort(run.trials.begin(), run.trials.end(),
            [](const TrialList& a, const TrialList& b) { return a.question < b.question; });
  return run;
}

}  // namespace

std::string ReadQuestionId(const JsonValue& value) {
  if (value.IsString()) {
    return value.Name("a question's id, a whole number or a text");
  }
  return std::to_string(
      value.Integer("a question's id (or a text)", -kMostExactInteger, kMostExactInteger));
}

Attention ReadAttention(const JsonValue& value) {
  const auto kind = FindAttentionKind(value["kind"].String());
  if (!kind) {
    value["kind"].Fail("dense, topk, block_topk or sliding");
  }
  const auto tokens = [&value](std::string_view key, int64_t low = 1) {
    return value[key].Integer("tokens", low, kMostTokens);
  };
  Attention attention = {.kind = *kind};
  switch (*kind) {
    case AttentionKind::kDense:
      value.ExpectKeys({"kind"});
      return attention;
    case AttentionKind::kTopk:
      value.ExpectKeys({"kind", "top_tokens", "local_tokens"});
      attention.top_tokens = tokens("top_tokens");
      break;
    case AttentionKind::kBlockTopk:
      value.ExpectKeys({"kind", "block_tokens", "top_blocks", "local_tokens"});
      attention.block_tokens = tokens("block_tokens");
      attention.top_blocks = value["top_blocks"].Integer("blocks", 1, kMostTokens);
      break;
    case AttentionKind::kSliding:
      value.ExpectKeys({"kind", "window_tokens"});
      attention.window_tokens = tokens("window_tokens");
      return attention;
  }
  if (value.Has("local_tokens")) {
    attention.local_tokens = tokens("local_tokens", 0);
  }
  return attention;
}

Records ReadRecords(std::string text, const std::string& source) {
  const JsonDocument document(std::move(text), source);
  const JsonValue& root = document.Root();
  if (root["schema"].String() != "kinetics.records/1") {
    root["schema"].Fail("\"kinetics.records/1\"");
  }
  root.ExpectKeys({"schema", "made_by", "task", "source", "max_tokens", "questions", "runs"});
  Records records;
  records.task = root["task"].Name("a task's name");
  if (root.Has("source")) {
    records.source_json = root["source"].Dump();
  }
  records.max_tokens = ReadMaxTokens(root);
  QuestionIndex index;
  records.questions = ReadQuestions(root["questions"], index);
  const JsonValue runs = root["runs"];
  const size_t size = runs.Size();
  if (size == 0) {
    runs.Fail("at least one run");
  }
  std::set<std::tuple<std::string, std::optional<Attention>, std::optional<std::string>>> seen;
  for (size_t i = 0; i < size; ++i) {
    const JsonValue item = runs[i];
    Run run = ReadRun(item, index);
    if (!seen.emplace(run.model, run.attention, run.variant).second) {
      item.Fail("every model, attention and variant once, not " + Describe(run) + " again");
    }
    records.runs.push_back(std::move(run));
  }
  return records;
}

}  // namespace kinetics
