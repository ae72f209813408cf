#include "apps/kinetics/plan_law.h"

#include <set>

#include "apps/kinetics/model_choice.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/file.h"
#include "kinetics/io/law.h"

namespace kinetics::app {
namespace {

/// A model to plan with, at a variant that the law has seen or at none.
struct Candidate {
  std::string name;
  std::optional<std::string> variant;
  Model model;
};

std::vector<Candidate> LawModels(const Law& law, std::set<std::string>& unknown) {
  std::vector<Candidate> candidates;
  for (const LawLevel& level : law.data.levels) {
    if (const auto model = FindModel(level.model)) {
      candidates.push_back({level.model, level.variant, *model});
    } else {
      unknown.insert(level.model);
    }
  }
  return candidates;
}

/// Those of --model: every variant of one that the law has seen, else the model alone.
std::vector<Candidate> NamedModels(const Law& law, const std::vector<std::string>& options) {
  std::vector<Candidate> candidates;
  for (const NamedModel& named : ModelChoice(options).Selected()) {
    const size_t before = candidates.size();
    for (const LawLevel& level : law.data.levels) {
      const std::string plain = level.model.substr(level.model.rfind('/') + 1);
      if (ToLower(level.model) == ToLower(named.name) || ToLower(plain) == ToLower(named.name)) {
        candidates.push_back({level.model, level.variant, named.model});
      }
    }
    if (candidates.size() == before) {
      candidates.push_back({named.name, std::nullopt, named.model});
    }
  }
  return candidates;
}

}  // namespace

std::unique_ptr<LawChoice> LoadLawChoice(const PlanArgs& args, const Streams& streams) {
  auto choice = std::make_unique<LawChoice>();
  choice->law = ReadLaw(ReadFile(*args.law), *args.law);
  if (!choice->law.summary.converged) {
    Note(*args.law + ": the fit of this law did not converge; what it predicts may be off",
         streams);
  }
  for (const std::string& warning : choice->law.warnings) {
    Note(warning, streams);
  }
  std::set<std::string> unknown;
  const std::vector<Candidate> candidates = args.cost.models.empty()
                                                ? LawModels(choice->law, unknown)
                                                : NamedModels(choice->law, args.cost.models);
  if (!unknown.empty()) {
    Note("left out, models that no catalogue has: " +
             Join(std::vector<std::string>(unknown.begin(), unknown.end())),
         streams);
  }
  if (candidates.empty()) {
    throw Error(*args.law + ": no model of the law is in the catalogue; name one with --model");
  }
  const std::vector<Attention> attentions = LawAttentions(choice->law, args.attentions);
  for (const Candidate& candidate : candidates) {
    FindOrAddLevel(choice->law, candidate.name, candidate.variant, true);
    for (const Attention& attention : attentions) {
      choice->runs.push_back(
          {.model = candidate.name, .variant = candidate.variant, .attention = attention});
      choice->sites.push_back({.run = &choice->runs.back(), .model = candidate.model});
    }
  }
  choice->grid = MakeLawGrid(choice->law, args.samples, args.generation_tokens);
  return choice;
}

void ExpectSameQuestions(const Law& law, const Records& records) {
  const std::vector<Question>& ours = law.data.questions;
  const std::vector<Question>& theirs = records.questions;
  const bool same = std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                               [](const Question& a, const Question& b) { return a.id == b.id; });
  if (!same || law.data.task != records.task) {
    throw Error("the law is of task " + law.data.task +
                ": expected records of the same questions in the same order, found task " +
                records.task);
  }
}

}  // namespace kinetics::app
