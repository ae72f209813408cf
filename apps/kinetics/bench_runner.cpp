#include "apps/kinetics/bench_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/kinetics/progress.h"
#include "kinetics/core/error.h"

namespace kinetics::app {
namespace {

/// What the kernels throw, as the program's errors.
template <typename Call>
void Translated(const std::string& what, const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& e) {
    throw UsageError(fmt::format("{}: {}", what, e.what()));
  } catch (const std::runtime_error& e) {
    throw Error(fmt::format("{}: {}", what, e.what()));
  }
}

/// Cases that take turns, and what is known of them.
struct Measured {
  std::vector<BenchmarkCase> turns;
  std::vector<kernels::BenchCase> cases;
  kernels::BenchSamples samples;
  std::vector<kernels::BenchRow> rows;  // empty before the first look
};

bool NeedsLook(const Measured& measured) {
  return measured.rows.empty() ||
         std::any_of(measured.rows.begin(), measured.rows.end(),
                     [](const kernels::BenchRow& row) { return !row.seconds.converged; });
}

void AddRow(const Measured& measured, size_t i, BenchmarkReport& report) {
  const kernels::BenchRow& row = measured.rows[i];
  report.benchmark.measurements.push_back(MeasurementOf(measured.turns[i], row));
  report.work.push_back({.bytes = row.work.bytes,
                         .flops = row.work.flops,
                         .formula = std::string(kernels::FormulaOf(measured.cases[i].op))});
}

/// The first of every turn, then the second where there is one: so that like stands with like.
BenchmarkReport ReportOf(const BenchPlan& plan, const std::vector<Measured>& all) {
  BenchmarkReport report = {.gains = plan.gains, .first_shown = plan.first_shown};
  for (const size_t i : {0, 1}) {
    for (const Measured& measured : all) {
      if (i < measured.rows.size()) {
        AddRow(measured, i, report);
      }
    }
  }
  for (BenchmarkGain& gain : report.gains) {
    const auto second =
        std::count_if(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(gain.sparse),
                      [](const Measured& m) { return m.rows.size() > 1; });
    gain.dense = all.size() + static_cast<size_t>(second);
    const kernels::Spread& ratio = all[gain.sparse].rows[1].ratio;
    gain.gain = ratio.median;
    gain.gain_p10 = ratio.p10;
    gain.gain_p90 = ratio.p90;
  }
  return report;
}

void AddPairs(const std::vector<PaperPair>& pairs, BenchPlan& plan) {
  for (const PaperPair& pair : pairs) {
    plan.gains.push_back(
        {.models = std::string(pair.models), .scale = pair.scale, .sparse = plan.turns.size()});
    plan.turns.push_back({pair.sparse, pair.dense});
  }
}

/// Dense and block top-k attention at the paper's shapes, after the ceilings; on an accelerator
/// whole layers, too.
void AddPaper(const BenchTarget& target, BenchPlan& plan) {
  plan.first_shown = plan.turns.size();
  AddPairs(PaperSuite(target.memory_bytes), plan);
  if (target.is_accelerator) {
    AddPairs(PaperLayers(target.memory_bytes), plan);
  }
}

}  // namespace

BenchPlan PlanBench(const BenchArgs& args, const BenchTarget& target) {
  constexpr int64_t kPaperPageTokens = 16;
  BenchPlan plan = {.io_type = target.io_type};
  const auto suited = [&](const std::vector<BenchmarkCase>& cases) {
    return target.is_accelerator ? ForAccelerator(cases) : cases;
  };
  plan.page_tokens =
      args.page_tokens.value_or(args.suite == Suite::kPaper ? kPaperPageTokens : plan.page_tokens);
  const auto add = [&](const std::vector<BenchmarkCase>& cases) {
    for (const BenchmarkCase& x : cases) {
      plan.turns.push_back({x});
    }
  };
  if (args.op) {
    const BenchmarkCase x = SingleCase(args);
    if (!IsRoofline(x.operation)) {
      add(suited(CeilingCases()));
    }
    plan.first_shown = plan.turns.size();
    add({x});
    return plan;
  }
  switch (args.suite.value_or(Suite::kQuick)) {
    case Suite::kQuick:
      add(suited(QuickSuite()));
      break;
    case Suite::kFull:
      add(suited(FullSuite()));
      break;
    case Suite::kPaper:
      add(suited(CeilingCases()));
      AddPaper(target, plan);
      break;
  }
  return plan;
}

std::vector<std::string> LeaveOutUnsupported(const kernels::Bench& bench, BenchPlan& plan) {
  std::vector<Operation> left_out;
  std::vector<Operation> kept;
  const auto is_supported = [&](const BenchmarkCase& x) {
    try {
      bench.Expect(KernelCase(x, plan.page_tokens, plan.io_type));
    } catch (const std::runtime_error&) {
      return false;
    } catch (const std::invalid_argument&) {
      return false;
    }
    return true;
  };
  BenchPlan supported = plan;
  supported.turns.clear();
  supported.gains.clear();
  for (size_t i = 0; i < plan.turns.size(); ++i) {
    const std::vector<BenchmarkCase>& cases = plan.turns[i];
    const bool keeps = std::all_of(cases.begin(), cases.end(), is_supported);
    (keeps ? kept : left_out).push_back(cases.front().operation);
    if (!keeps) {
      supported.first_shown -= i < plan.first_shown ? 1 : 0;
      continue;
    }
    for (BenchmarkGain gain : plan.gains) {
      if (gain.sparse == i) {
        gain.sparse = supported.turns.size();
        supported.gains.push_back(gain);
      }
    }
    supported.turns.push_back(cases);
  }
  plan = std::move(supported);
  std::vector<std::string> names;
  for (const Operation operation : left_out) {
    const std::string name(Name(operation));
    if (std::find(kept.begin(), kept.end(), operation) == kept.end() &&
        std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

kernels::SamplingOptions SamplingOf(const BenchArgs& args) {
  kernels::SamplingOptions options = {.warm_up_seconds = 0.1,
                                      .least_seconds = 0.5,
                                      .most_seconds = 5.0 / kLooks,
                                      .precision = 0.01};
  if (!args.op && args.suite.value_or(Suite::kQuick) == Suite::kQuick) {
    options = {.warm_up_seconds = 0.01,
               .least_seconds = 0.04,
               .most_seconds = 0.15 / kLooks,
               .least_samples = 5,
               .precision = 0.05};
  } else if (args.suite == Suite::kFull) {
    options.most_seconds = 1.0 / kLooks;
  } else if (args.suite == Suite::kPaper) {
    options.most_seconds = 8.0 / kLooks;
    options.least_samples = 5;
  }
  if (args.seconds) {
    options.most_seconds = *args.seconds / kLooks;
  }
  options.least_seconds = std::min(options.least_seconds, options.most_seconds);
  options.warm_up_seconds = std::min(options.warm_up_seconds, options.most_seconds);
  return options;
}

BenchmarkReport RunPlan(const BenchPlan& plan, kernels::Bench& bench, const Streams& streams) {
  std::vector<Measured> all;
  std::vector<kernels::BenchCase> cases;
  for (const auto& turns : plan.turns) {
    all.push_back({.turns = turns});
    for (const BenchmarkCase& x : turns) {
      all.back().cases.push_back(KernelCase(x, plan.page_tokens, plan.io_type));
      Translated(Describe(x), [&] { bench.Expect(all.back().cases.back()); });
    }
    cases.insert(cases.end(), all.back().cases.begin(), all.back().cases.end());
  }
  Translated("bench", [&] { bench.Reserve(cases); });
  Progress progress("bench", streams);
  size_t done = 0;
  for (int look = 0; look < kLooks; ++look) {
    for (Measured& measured : all) {
      progress.Show(done++, kLooks * all.size());
      if (NeedsLook(measured)) {
        Translated(Describe(measured.turns.front()),
                   [&] { measured.rows = bench.Run(measured.cases, measured.samples); });
      }
    }
  }
  return ReportOf(plan, all);
}

}  // namespace kinetics::app
