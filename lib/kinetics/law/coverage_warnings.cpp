#include "kinetics/law/coverage_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kinetics {
namespace {

/// Why there is no beta-binomial, where counts alone tell.
std::optional<std::string> WhyNoBetaBinomial(Dispersion dispersion) {
  switch (dispersion) {
    case Dispersion::kOver:
      return std::nullopt;
    case Dispersion::kAllWrong:
      return "no sample is right: log-log, exponential-power and beta-binomial laws are not "
             "defined (alpha runs to 0)";
    case Dispersion::kAllRight:
      return "every sample is right: log-log, exponential-power and beta-binomial laws are not "
             "defined (beta runs to 0)";
    case Dispersion::kEither:
      return "every problem's samples are all right or all wrong: beta-binomial laws are not "
             "defined (alpha and beta run to 0)";
    case Dispersion::kBinomial:
      return "problems differ by no more than chance: beta-binomial laws run to the binomial "
             "limit (alpha and beta to infinity) and are left out";
  }
  return std::nullopt;
}

void AddSampling(const CountGroup& group, std::vector<std::string>& warnings) {
  const int64_t fewest = FewestSamples(group);
  const int64_t most = MostSamples(group);
  if (fewest == most) {
    return;
  }
  warnings.push_back(
      fmt::format("problems have from {} to {} samples: k ends at the smallest", fewest, most));
  const bool stopped =
      std::all_of(group.problems.begin(), group.problems.end(),
                  [most](const ProblemCount& p) { return p.n == most || p.c > 0; });
  if (stopped) {
    warnings.push_back(
        "every problem with fewer samples than the most has a right one, as if sampling had "
        "stopped at a success: n is then random, and pass@k and all fits are biased");
  }
}

void AddPoints(const CoverageData& data, const Eigen::VectorXd& coverage, const CoverageLaws& laws,
               std::vector<std::string>& warnings) {
  const auto all = static_cast<int64_t>(data.k.size());
  const int64_t usable = ((coverage.array() > 0) && (coverage.array() < 1)).count();
  if (usable > 0 && usable < all) {
    warnings.push_back(
        fmt::format("coverage is 1 to all digits from k = {} on: the log-log law leaves out {} of "
                    "{} values of k",
                    data.k[static_cast<size_t>(usable)], all - usable, all));
  }
  if (usable < 2) {
    warnings.push_back(
        fmt::format("{} of k with a coverage between 0 and 1: the log-log law needs two",
                    usable == 0 ? "no value" : "one value"));
  } else if (usable < 5) {
    warnings.push_back(fmt::format("the log-log law has {} points for 2 parameters: n - p = {}",
                                   usable, usable - 2));
  }
  if (laws.exponential_power && all < 5) {
    warnings.push_back(fmt::format(
        "the exponential-power law has {} points for 2 parameters: n - p = {}", all, all - 2));
  }
  if (!laws.exponential_power && usable > 0) {
    warnings.push_back(all < 2 ? "one value of k: the exponential-power law needs two"
                               : "the exponential-power law has no finite optimum");
  }
}

}  // namespace

std::vector<std::string> CoverageWarnings(const CountGroup& group, const CoverageData& data,
                                          const Eigen::VectorXd& weights,
                                          const CoverageLaws& laws) {
  std::vector<std::string> warnings;
  if (group.problems.size() == 1) {
    warnings.emplace_back(
        "one problem: resampling problems cannot tell how sure anything is, so there are no "
        "standard errors and intervals");
  }
  AddSampling(group, warnings);
  const Dispersion dispersion = Classify(data.terms, weights);
  if (const auto why = WhyNoBetaBinomial(dispersion)) {
    warnings.push_back(*why);
  }
  if (dispersion != Dispersion::kAllWrong && dispersion != Dispersion::kAllRight) {
    AddPoints(data, data.Coverage(weights), laws, warnings);
  }
  if (dispersion == Dispersion::kOver) {
    if (!laws.beta_binomial) {
      warnings.emplace_back("the beta-binomial law has no finite optimum");
    }
    if (!laws.scaled_beta_binomial) {
      warnings.emplace_back("the scaled beta-binomial law has no finite optimum");
    } else if (laws.scaled_beta_binomial->scale == 1) {
      warnings.emplace_back(
          "the scale is capped at 1: scaled beta-binomial and beta-binomial are the same");
    }
  }
  return warnings;
}

}  // namespace kinetics
