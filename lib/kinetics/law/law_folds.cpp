#include "kinetics/law/law_folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace kinetics {
namespace {

constexpr size_t kFoldsOfQuestions = 10;

/// What runs share that are held out together.
std::string FoldKey(const LawRun& run, LawFold fold) {
  switch (fold) {
    case LawFold::kRun:
      return run.model + (run.attention ? " " + FormatSpec(*run.attention) : "") +
             (run.variant ? " (" + *run.variant + ")" : "");
    case LawFold::kModel:
      return run.model + (run.variant ? " (" + *run.variant + ")" : "");
    default: {
      const auto budget = run.attention ? KvBudget(*run.attention) : std::nullopt;
      return budget ? fmt::format("KV budget {}", *budget) : "dense";
    }
  }
}

}  // namespace

std::vector<LawFoldParts> FoldsOf(const LawData& data, LawFold kind) {
  std::vector<LawFoldParts> folds;
  const size_t runs = data.runs.size();
  const size_t questions = data.questions.size();
  if (kind == LawFold::kQuestion) {
    const size_t count = std::min(kFoldsOfQuestions, questions);
    for (size_t f = 0; f < count; ++f) {
      LawFoldParts fold = {.name = fmt::format("questions, part {} of {}", f + 1, count)};
      fold.runs.resize(runs);
      std::iota(fold.runs.begin(), fold.runs.end(), size_t{0});
      fold.questions.assign(questions, 0);
      for (size_t q = f; q < questions; q += count) {
        fold.questions[q] = 1;
      }
      folds.push_back(std::move(fold));
    }
    return folds;
  }
  std::map<std::string, size_t> index;
  for (size_t r = 0; r < runs; ++r) {
    const auto [entry, is_new] = index.emplace(FoldKey(data.runs[r], kind), folds.size());
    if (is_new) {
      LawFoldParts fold = {.name = entry->first};
      fold.used_runs.assign(runs, 1);
      fold.questions.assign(questions, 1);
      folds.push_back(std::move(fold));
    }
    folds[entry->second].runs.push_back(r);
    folds[entry->second].used_runs[r] = 0;
  }
  return folds;
}

std::vector<std::vector<size_t>> DonorsOf(const LawFoldParts& fold, size_t questions) {
  const bool holds_out_questions = fold.used_runs.empty();
  std::vector<size_t> others;
  for (size_t q = 0; q < questions; ++q) {
    if (fold.questions[q] == 0) {
      others.push_back(q);
    }
  }
  std::vector<std::vector<size_t>> donors(questions);
  for (size_t q = 0; q < questions; ++q) {
    const bool held_out = holds_out_questions && fold.questions[q] != 0;
    donors[q] = held_out ? others : std::vector<size_t>{q};
  }
  return donors;
}

}  // namespace kinetics
