#pragma once

#include "tests/law/simulate.h"

namespace kinetics::test {

/// All of a law: every kind of attention, questions that count twice or not at all, cut-off trials.
struct WholeLaw {
  WholeLaw() {
    SimulationOptions options;
    options.sizes = {1e9, 9e9};
    options.attentions = {"dense", "topk:64+32", "block_topk:16x8", "sliding:512"};
    options.questions = 4;
    options.trials = 6;
    options.max_tokens = 12000;
    const Simulation simulation = Simulate(options, 7);
    data = ReduceRecords(simulation.records, simulation.parameters, ErrorPolicy::kWrong);
    state = simulation.truth;
  }
  LawData data;
  LawState state;
  Eigen::VectorXd weights{{1, 2, 0, 1}};
};

}  // namespace kinetics::test
