#include "kinetics/io/trials_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "kinetics/core/error.h"
#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"

namespace kinetics {
namespace {

const std::vector<std::string> kRequired = {"model", "question", "tokens", "correct"};
const std::vector<std::string> kKnown = {"model",     "question", "tokens",        "correct",
                                         "attention", "variant",  "prompt_tokens", "answer"};

/// Builds records row by row.
class TrialsReader {
 public:
  TrialsReader(const CsvTable& table, const TrialsCsvOptions& options)
      : table_(table), options_(options) {
    for (const std::string& column : table.columns) {
      if (std::find(kKnown.begin(), kKnown.end(), column) == kKnown.end()) {
        throw Error(fmt::format("{}:1: unknown column '{}'; expected {}{}", table.source,
                                Excerpt(column), JoinAlternatives(kKnown),
                                DidYouMean(column, kKnown)));
      }
    }
    for (const std::string& column : kRequired) {
      if (!ColumnOf(column)) {
        throw Error(fmt::format("{}:1: expected a column '{}'", table.source, column));
      }
    }
    if (!ColumnOf("prompt_tokens") && !options.prompt_tokens) {
      throw Error(table.source +
                  ":1: expected a column 'prompt_tokens', or --prompt-tokens for all questions");
    }
    if (table.rows.empty()) {
      throw Error(table.source + ": expected at least one row below the head");
    }
    records_.task = options.task;
    records_.max_tokens = options.max_tokens;
  }

  Records Read() {
    for (const CsvRow& row : table_.rows) {
      AddTrial(row);
    }
    for (Run& run : records_.runs) {
      std::sort(run.trials.begin(), run.trials.end(),
                [](const TrialList& a, const TrialList& b) { return a.question < b.question; });
    }
    return std::move(records_);
  }

 private:
  std::optional<size_t> ColumnOf(std::string_view name) const {
    const auto column = std::find(table_.columns.begin(), table_.columns.end(), name);
    if (column == table_.columns.end()) {
      return std::nullopt;
    }
    return static_cast<size_t>(column - table_.columns.begin());
  }

  /// "" where there is no such column.
  std::string Cell(const CsvRow& row, std::string_view name) const {
    const auto column = ColumnOf(name);
    return column ? row.cells[*column] : "";
  }

  [[noreturn]] void Fail(const CsvRow& row, std::string_view column, std::string_view expected) {
    throw Error(fmt::format("{}:{}: {}: expected {}, found '{}'", table_.source, row.line, column,
                            expected, Excerpt(Cell(row, column))));
  }

  std::string Name(const CsvRow& row, std::string_view column) {
    std::string name = Cell(row, column);
    if (!IsName(name)) {
      Fail(row, column, "a name");
    }
    return name;
  }

  int64_t Count(const CsvRow& row, std::string_view column) {
    // Tables that were joined often hold counts as 7939.0.
    const auto number = ParseNumber(Cell(row, column));
    if (!number || !(*number >= 0 && *number <= static_cast<double>(kMostExactInteger)) ||
        *number != static_cast<double>(static_cast<int64_t>(*number))) {
      Fail(row, column, "a whole number of tokens, at least 0");
    }
    return static_cast<int64_t>(*number);
  }

  bool Correct(const CsvRow& row) {
    const std::string text = ToLower(Cell(row, "correct"));
    if (text == "1" || text == "true" || text == "1.0") {
      return true;
    }
    if (text != "0" && text != "false" && text != "0.0") {
      Fail(row, "correct", "0 or 1");
    }
    return false;
  }

  size_t Question(const CsvRow& row) {
    const std::string id = Name(row, "question");
    const bool has_column = ColumnOf("prompt_tokens").has_value();
    const int64_t prompt = has_column ? Count(row, "prompt_tokens") : *options_.prompt_tokens;
    const auto [found, is_new] = questions_.emplace(id, records_.questions.size());
    if (is_new) {
      records_.questions.push_back({.id = id, .prompt_tokens = prompt});
    } else if (records_.questions[found->second].prompt_tokens != prompt) {
      Fail(row, "prompt_tokens",
           fmt::format("{} as in the question's first row",
                       records_.questions[found->second].prompt_tokens));
    }
    return found->second;
  }

  size_t FindRun(const CsvRow& row) {
    Run run = {.model = Name(row, "model")};
    if (!Cell(row, "variant").empty()) {
      run.variant = Name(row, "variant");
    }
    if (const std::string spec = Cell(row, "attention"); !spec.empty()) {
      try {
        run.attention = ParseAttention(spec);
      } catch (const Error& e) {
        throw Error(fmt::format("{}:{}: attention: {}", table_.source, row.line, e.what()));
      }
    }
    const auto key = std::make_tuple(run.model, run.attention, run.variant);
    const auto [found, is_new] = runs_.emplace(key, records_.runs.size());
    if (is_new) {
      records_.runs.push_back(std::move(run));
    }
    return found->second;
  }

  TrialList& FindList(size_t run, size_t question) {
    std::vector<TrialList>& lists = records_.runs[run].trials;
    const auto [found, is_new] = lists_.emplace(std::make_pair(run, question), lists.size());
    if (is_new) {
      lists.push_back({.question = question});
    }
    return lists[found->second];
  }

  void AddTrial(const CsvRow& row) {
    const size_t run = FindRun(row);
    TrialList& list = FindList(run, Question(row));
    const bool has_length = !Cell(row, "tokens").empty();
    const bool correct = Correct(row);
    list.tokens.push_back(has_length ? Count(row, "tokens") : 0);
    list.correct.push_back(correct ? 1 : 0);
    list.solved += correct ? 1 : 0;
    const std::string answer = Cell(row, "answer");
    const bool run_has_answers = has_answers_.emplace(run, !answer.empty()).first->second;
    if (run_has_answers == answer.empty()) {
      Fail(row, "answer",
           run_has_answers ? "an answer, as in the run's first row"
                           : "no answer, as in the run's first row");
    }
    if (run_has_answers) {
      list.answers.push_back(answer);
    }
  }

  const CsvTable& table_;
  const TrialsCsvOptions& options_;
  Records records_;
  std::map<std::string, size_t> questions_;
  std::map<std::tuple<std::string, std::optional<Attention>, std::optional<std::string>>, size_t>
      runs_;
  std::map<std::pair<size_t, size_t>, size_t> lists_;  // by run and question
  std::map<size_t, bool> has_answers_;                 // by run
};

}  // namespace

Records ReadTrialsCsv(std::string_view text, const std::string& source,
                      const TrialsCsvOptions& options) {
  return TrialsReader(ParseCsv(text, source), options).Read();
}

}  // namespace kinetics
