#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "apps/kinetics/commands.h"
#include "kinetics/plan/law_evaluation.h"

namespace kinetics::app {

/// A law and what is planned over with it.
struct LawChoice {
  Law law;
  std::deque<Run> runs;           ///< Without trials: a model with an attention.
  std::vector<PlannedRun> sites;  ///< Of these runs.
  LawGrid grid;
};

/// Reads args.law and makes its grid: the models of the law that a catalogue knows, or those that
/// --model names, each with every attention that --attention selects. Notes what is left out.
/// Throws Error.
std::unique_ptr<LawChoice> LoadLawChoice(const PlanArgs& args, const Streams& streams);

/// Throws Error where the recorded questions are not the law's.
void ExpectSameQuestions(const Law& law, const Records& records);

}  // namespace kinetics::app
