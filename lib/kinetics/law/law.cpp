#include "kinetics/law/law.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "kinetics/core/error.h"
#include "kinetics/core/random.h"
#include "kinetics/law/length_correlation.h"

namespace kinetics {
namespace {

/// "1 question", "2 questions".
std::string Count(size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

/// "Qwen3-8B topk:512" of the first run whose trials pass their limit by more than the few tokens
/// that a server lets through; empty where none does.
std::string RunBeyondLimit(const LawData& data) {
  constexpr double kTolerance = 1.02;
  for (const std::vector<LawCell>& cells : data.cells) {
    for (const LawCell& cell : cells) {
      const LawRun& run = data.runs[cell.run];
      if (run.max_tokens &&
          static_cast<double>(cell.longest) > kTolerance * static_cast<double>(*run.max_tokens)) {
        return run.model + (run.attention ? " " + FormatSpec(*run.attention) : "");
      }
    }
  }
  return "";
}

/// Warns of what the data cannot tell and the priors decide.
std::vector<std::string> WarningsOf(const Law& law) {
  std::vector<std::string> warnings;
  std::set<double> sizes;
  bool has_sparse = false;
  int64_t attempts = 0;
  int64_t solved = 0;
  int64_t finished = 0;
  for (const LawRun& run : law.data.runs) {
    if (run.parameters) {
      sizes.insert(*run.parameters);
    }
    has_sparse |= run.attention && run.attention->kind != AttentionKind::kDense;
  }
  for (const std::vector<LawCell>& cells : law.data.cells) {
    for (const LawCell& cell : cells) {
      attempts += cell.attempts;
      solved += cell.solved;
      finished += cell.finished;
    }
  }
  if (!law.summary.converged) {
    warnings.push_back(fmt::format("the fit stopped after {} iterations without converging",
                                   law.summary.iterations));
  }
  if (law.data.questions.size() < 3) {
    warnings.push_back(fmt::format("{}: priors decide what questions differ by",
                                   Count(law.data.questions.size(), "question")));
  }
  if (sizes.size() < 3) {
    warnings.push_back(fmt::format("{}: the curve of parameters follows its prior",
                                   Count(sizes.size(), "known model size")));
  }
  if (!has_sparse) {
    warnings.push_back("no run has sparse attention: its curves follow their priors");
  }
  if (solved == 0 || solved == attempts) {
    warnings.push_back(fmt::format("{} trial is right: abilities are only bounded by their priors",
                                   solved == 0 ? "no" : "every"));
  }
  if (const std::string run = RunBeyondLimit(law.data); !run.empty()) {
    warnings.push_back(fmt::format(
        "{}: trials are longer than their limit, max_tokens; they count as cut off there", run));
  }
  if (finished == 0) {
    warnings.push_back("no trial has a length below its limit: lengths follow their priors");
  }
  return warnings;
}

}  // namespace

Law FitLaw(const Records& records, const std::vector<std::optional<double>>& parameters,
           const LawOptions& options) {
  Law law = {.data = ReduceRecords(records, parameters, options.errors)};
  const LawObjective objective(law.data, {}, {});
  LawFit fit =
      FitLaw(objective, PriorMeans(law.data.levels.size(), law.data.questions.size()), options.fit);
  law.state = std::move(fit.state);
  law.summary = fit.summary;
  law.correlation = EstimateLengthCorrelation(records, law.data, law.state);
  law.warnings = WarningsOf(law);
  return law;
}

size_t FindOrAddLevel(Law& law, const std::string& model, const std::optional<std::string>& variant,
                      bool has_size) {
  std::vector<LawLevel>& levels = law.data.levels;
  for (size_t i = 0; i < levels.size(); ++i) {
    if (levels[i].model == model && levels[i].variant == variant) {
      return i;
    }
  }
  levels.push_back({.model = model, .variant = variant, .has_size = has_size});
  const auto append_zeros = [](Eigen::VectorXd& values, Eigen::Index count) {
    values.conservativeResize(values.size() + count);
    values.tail(count).setZero();
  };
  append_zeros(law.state.shared, kLevelEffects);
  for (Eigen::VectorXd& question : law.state.questions) {
    append_zeros(question, LogitIndex(1) - LogitIndex(0));
  }
  return levels.size() - 1;
}

LawPosterior PosteriorOf(const Law& law) {
  return LawPosterior(LawObjective(law.data, {}, {}), law.state);
}

LawBootstrap BootstrapLaw(const Law& law, int64_t resamples, uint64_t seed,
                          const std::function<void(size_t done, size_t all)>& progress) {
  const auto questions = static_cast<Eigen::Index>(law.data.questions.size());
  LawBootstrap result = {.shared = Eigen::MatrixXd(resamples, law.state.shared.size())};
  size_t done = 0;
  size_t not_converged = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : not_converged)
  for (int64_t r = 0; r < resamples; ++r) {
    SplitMix64 random(seed, static_cast<uint64_t>(r));
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(questions);
    for (Eigen::Index draw = 0; draw < questions; ++draw) {
      weights[random.Below(static_cast<uint32_t>(questions))] += 1;
    }
    const LawObjective objective(law.data, weights, {});
    const LawFit fit = FitLaw(objective, law.state);
    result.shared.row(r) = fit.state.shared.transpose();
    not_converged += fit.summary.converged ? 0 : 1;
    if (progress) {
#pragma omp critical(kinetics_law_progress)
      progress(++done, static_cast<size_t>(resamples));
    }
  }
  result.not_converged = not_converged;
  return result;
}

}  // namespace kinetics
