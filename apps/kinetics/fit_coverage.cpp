#include <fmt/format.h>

#include <ostream>

#include "apps/kinetics/commands.h"
#include "apps/kinetics/progress.h"
#include "kinetics/core/error.h"
#include "kinetics/io/counts_csv.h"
#include "kinetics/io/file.h"
#include "kinetics/law/coverage_fit.h"
#include "kinetics/render/coverage.h"

namespace kinetics::app {
namespace {

/// The k to fit `group` at. Throws Error where the data do not reach one that was asked for.
std::vector<int64_t> KOf(const CountGroup& group, const FitCoverageArgs& args) {
  const int64_t most = FewestSamples(group);
  if (!args.k) {
    return DefaultK(most);
  }
  if (args.k->powers_of_two) {
    return UpTo(*args.k, most);
  }
  try {
    ExpectEnoughSamples(group, args.k->counts.back());
  } catch (const Error& e) {
    throw Error(fmt::format("{}: --k: {}", args.data, e.what()));
  }
  return args.k->counts;
}

void ExpectSize(const FitCoverageArgs& args, const std::vector<int64_t>& k) {
  constexpr double kMostDraws = 1e8;
  if (static_cast<double>(args.resamples) * static_cast<double>(k.size()) > kMostDraws) {
    throw Error(fmt::format(
        "{} resamples of {} values of k are more than can be held; consider fewer of either",
        args.resamples, k.size()));
  }
}

/// Fits each group, and shows how far the resamples of all of them are.
std::vector<CoverageFit> FitGroups(const std::vector<CountGroup>& groups,
                                   std::vector<CoverageFitOptions> options,
                                   const Streams& streams) {
  Progress progress("bootstrap", streams);
  std::vector<CoverageFit> fits;
  for (size_t i = 0; i < groups.size(); ++i) {
    options[i].progress = [&](size_t done, size_t all) {
      progress.Show(i * all + done, groups.size() * all);
    };
    fits.push_back(FitCoverage(groups[i], options[i]));
  }
  return fits;
}

}  // namespace

Status RunFitCoverage(const FitCoverageArgs& args, const Streams& streams) {
  if (args.data.empty()) {
    throw UsageError("--data is required: a CSV file with the columns n and c");
  }
  constexpr size_t kMostK = 10'000;
  if (args.k && args.k->counts.size() > kMostK) {
    throw UsageError(
        fmt::format("--k: expected at most {} values, found {}", kMostK, args.k->counts.size()));
  }
  const std::vector<CountGroup> groups = ReadCountsCsv(ReadFile(args.data), args.data, args.group);
  std::vector<CoverageFitOptions> options;
  for (const CountGroup& group : groups) {
    options.push_back({.k = KOf(group, args), .resamples = args.resamples, .seed = args.seed});
    ExpectSize(args, options.back().k);
  }
  CoverageReport report = {.source = args.data, .resamples = args.resamples};
  report.fits = FitGroups(groups, options, streams);
  if (args.output.file) {
    WriteFile(*args.output.file, CoverageJson(report, args.output.made_by));
  }
  if (args.output.format == Format::kCsv) {
    for (const CoverageFit& fit : report.fits) {
      for (const std::string& warning : fit.warnings) {
        Note(fit.group.value_or(args.data) + ": " + warning, streams);
      }
    }
  }
  streams.out << RenderCoverage(report, args.output.format, args.output.made_by);
  return Status::kDone;
}

}  // namespace kinetics::app
