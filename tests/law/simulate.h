#pragma once

#include <string>
#include <vector>

#include "kinetics/core/draws.h"
#include "kinetics/law/law_objective.h"

namespace kinetics::test {

/// What to simulate: every model with every attention.
struct SimulationOptions {
  std::vector<double> sizes = {0.6e9, 1.7e9, 4e9, 8e9, 14e9, 32e9};  ///< A model each.
  std::vector<std::string> attentions = {"dense", "topk:64", "topk:256", "topk:1024"};
  size_t questions = 24;
  int64_t trials = 24;
  int64_t max_tokens = 30000;
  double correlation = 0;     ///< Of lengths with being wrong; see RightLengths.
  bool with_correct = false;  ///< Whether records say which trials were right.
};

struct Simulation {
  Records records;
  std::vector<std::optional<double>> parameters;
  LawState truth;
};

/// Draws a law from its priors.
LawState DrawLaw(const LawData& data, Draws& draws);

/// Shared parameters that are given, not drawn.
using Given = std::vector<std::pair<LawParameter, double>>;

/// Records of a law that was drawn from its priors.
Simulation Simulate(const SimulationOptions& options, uint64_t seed, const Given& given = {});

/// Records without a trial: one list a run and question.
Records EmptyRecords(const SimulationOptions& options);

/// Fills a list of trials by a law.
void FillTrials(const CellMeans& means, const SimulationOptions& options, Draws& draws,
                TrialList& list);

/// Of the models that are in the catalogue.
std::vector<std::optional<double>> ParametersOf(const Records& records);

}  // namespace kinetics::test
