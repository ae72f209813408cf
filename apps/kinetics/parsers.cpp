#include "apps/kinetics/parsers.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <set>
#include <span>

#include "apps/kinetics/choose.h"
#include "kinetics/core/error.h"
#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"

namespace kinetics::app {
int64_t ParseCount(const std::string& text, int64_t low, int64_t high) {
  const auto count = ParseInteger(text);
  if (!count || *count < low || *count > high) {
    throw Error(
        fmt::format("expected a whole number from {} to {}, found '{}'", low, high, Excerpt(text)));
  }
  return *count;
}

Format ParseFormat(const std::string& text) {
  return Choose<Format>(text, {{"table", Format::kTable},
                               {"json", Format::kJson},
                               {"csv", Format::kCsv},
                               {"markdown", Format::kMarkdown}});
}

Rule ParseRule(const std::string& text) {
  std::vector<NamedValue<Rule>> choices;
  for (const Rule rule :
       {Rule::kAdditive, Rule::kMax, Rule::kFlops, Rule::kParameters, Rule::kCalibrated}) {
    choices.push_back({std::string(Name(rule)), rule});
  }
  return Choose<Rule>(text, choices);
}

Convention ParseConvention(const std::string& text) {
  return Choose<Convention>(text,
                            {{"exact", Convention::kExact}, {"published", Convention::kPublished}});
}

namespace {

Dtype ChooseDtype(const std::string& text, std::span<const Dtype> dtypes) {
  std::vector<NamedValue<Dtype>> choices;
  for (const Dtype dtype : dtypes) {
    choices.push_back({std::string(Name(dtype)), dtype});
  }
  return Choose<Dtype>(text == "f16" ? std::string(Name(Dtype::kFp16)) : text, choices);
}

}  // namespace

Dtype ParseDtype(const std::string& text) {
  return ChooseDtype(text, std::array{Dtype::kBf16, Dtype::kFp16, Dtype::kFp8, Dtype::kInt8});
}

Dtype ParseStorageDtype(const std::string& text) { return ChooseDtype(text, kDtypes); }

Show ParseShow(const std::string& text) {
  return Choose<Show>(text, {{"best", Show::kBest},
                             {"frontier", Show::kFrontier},
                             {"candidates", Show::kCandidates},
                             {"all", Show::kAll}});
}

ErrorPolicy ParseErrorPolicy(const std::string& text) {
  return Choose<ErrorPolicy>(text, {{"wrong", ErrorPolicy::kWrong}, {"skip", ErrorPolicy::kSkip}});
}

bool ParseIsOracle(const std::string& text) {
  return Choose<bool>(text, {{"uniform", false}, {"oracle", true}});
}

std::vector<Policy> ParsePolicies(const std::string& text) {
  std::vector<NamedValue<Policy>> choices;
  for (const Policy policy : {Policy::kCoverage, Policy::kSequential, Policy::kCascade,
                              Policy::kMajority, Policy::kAdaptive}) {
    choices.push_back({std::string(Name(policy)), policy});
  }
  std::set<Policy> policies;
  for (const std::string& name : Split(text, ',')) {
    policies.insert(Choose<Policy>(name, choices));
  }
  return {policies.begin(), policies.end()};
}

LawFold ParseLawFold(const std::string& text) {
  return Choose<LawFold>(text, {{"run", LawFold::kRun},
                                {"model", LawFold::kModel},
                                {"budget", LawFold::kBudget},
                                {"question", LawFold::kQuestion}});
}

IsocostSolve ParseSolve(const std::string& text) {
  return Choose<IsocostSolve>(text, {{"generation-tokens", IsocostSolve::kGenerationTokens},
                                     {"samples", IsocostSolve::kSamples}});
}

int64_t ParseTokens(const std::string& text) { return ParseCount(text, 0, kMostTokens); }
int64_t ParsePositive(const std::string& text) { return ParseCount(text, 1, kMostTokens); }
int64_t ParseFolds(const std::string& text) { return ParseCount(text, 2, 100); }

int64_t ParseResamples(const std::string& text) { return ParseCount(text, 0, 1'000'000); }

uint64_t ParseSeed(const std::string& text) {
  return static_cast<uint64_t>(ParseCount(text, 0, std::numeric_limits<int64_t>::max()));
}

double ParseBatch(const std::string& text) {
  if (text == "inf") {
    return std::numeric_limits<double>::infinity();
  }
  const auto batch = ParseNumber(text);
  if (!batch || *batch < 1) {
    throw Error(fmt::format("expected a number of sequences, at least 1, or inf; found '{}'",
                            Excerpt(text)));
  }
  return *batch;
}

double ParseAccuracy(const std::string& text) {
  const auto accuracy = ParseNumber(text);
  if (!accuracy || !(*accuracy > 0) || *accuracy > 1) {
    throw Error(fmt::format("expected an accuracy above 0, at most 1, found '{}'", Excerpt(text)));
  }
  return *accuracy;
}

double ParseRate(const std::string& text) {
  constexpr double kMostRate = 1e12;
  const auto rate = ParseNumber(text);
  if (!rate || !(*rate >= 1e-12) || *rate > kMostRate) {
    throw Error(fmt::format("expected a number from 1e-12 to 1e12, found '{}'", Excerpt(text)));
  }
  return *rate;
}

ModelPrice ParseModelPrice(const std::string& text) {
  constexpr double kMostPrice = 1e9;
  const size_t equals = text.rfind('=');
  const bool is_named = equals != std::string::npos;
  const std::vector<std::string> parts = Split(is_named ? text.substr(equals + 1) : text, ',');
  const auto input = ParseNumber(parts.front());
  const auto output = ParseNumber(parts.back());
  if (parts.size() != 2 || equals == 0 || !input || !(*input >= 0) || *input > kMostPrice ||
      !output || !(*output >= 1e-9) || *output > kMostPrice) {
    throw Error(
        fmt::format("expected NAME=IN,OUT or IN,OUT, USD for a million tokens, IN at least "
                    "0, OUT above 0, both at most 1e9; found '{}'",
                    Excerpt(text)));
  }
  ModelPrice price = {
      .price = {.input_usd_per_million = *input, .output_usd_per_million = *output}};
  if (is_named) {
    price.models = text.substr(0, equals);
  }
  return price;
}

PowerOption ParsePower(const std::string& text) {
  if (text == "board" || text == "facility") {
    return {.model = text == "board" ? PowerModel::kBoard : PowerModel::kFacility};
  }
  if (!ParseNumber(text)) {
    throw Error(fmt::format("expected watts, board or facility; found '{}'", Excerpt(text)));
  }
  return {.watts = ParseRate(text)};
}

std::vector<Budget> ParseBudgets(const std::string& text) {
  std::vector<Budget> budgets;
  for (const std::string& part : Split(text, ',')) {
    budgets.push_back(ParseBudget(part));
    if (budgets.back().unit != budgets.front().unit) {
      throw Error(fmt::format("expected budgets in one unit, found {} and {} in '{}'",
                              Name(budgets.front().unit), Name(budgets.back().unit),
                              Excerpt(text)));
    }
  }
  return budgets;
}

std::vector<AttentionFilter> ParseAttentionFilters(const std::string& text) {
  std::vector<AttentionFilter> filters;
  for (const std::string& spec : Split(text, ',')) {
    filters.push_back(ParseAttentionFilter(spec));
  }
  return filters;
}

std::vector<Attention> ParseAttentions(const std::string& text) {
  std::vector<Attention> attentions;
  for (const std::string& spec : Split(text, ',')) {
    attentions.push_back(ParseAttention(spec));
  }
  return attentions;
}

CountList ParseExplicitCounts(const std::string& text) {
  CountList list = ParseCountList(text);
  if (list.counts.empty()) {
    throw Error(fmt::format("expected whole numbers like 1,2,4 or a range like 1-32; found '{}'",
                            Excerpt(text)));
  }
  return list;
}

CurveForm ParseCurveForm(const std::string& text) {
  std::vector<NamedValue<CurveForm>> choices;
  for (const CurveFormSpec& spec : CurveForms()) {
    choices.push_back({std::string(spec.name), spec.form});
  }
  return Choose<CurveForm>(text, choices);
}

CurveResidual ParseResidual(const std::string& text) {
  std::vector<NamedValue<CurveResidual>> choices;
  for (const CurveResidual residual :
       {CurveResidual::kLinear, CurveResidual::kLog, CurveResidual::kLog1p}) {
    choices.push_back({std::string(Name(residual)), residual});
  }
  return Choose<CurveResidual>(text, choices);
}

std::optional<double> ParseLoss(const std::string& text) {
  if (text == "squared") {
    return std::nullopt;
  }
  constexpr std::string_view kHuber = "huber:";
  const auto threshold = ParseNumber(text.starts_with(kHuber) ? text.substr(kHuber.size()) : "");
  if (!threshold || !(*threshold >= 1e-50 && *threshold <= 1e50)) {
    throw Error(fmt::format(
        "expected squared, or huber:D with a threshold D from 1e-50 to 1e50; found '{}'",
        Excerpt(text)));
  }
  return threshold;
}

double ParseShare(const std::string& text) {
  const auto share = ParseNumber(text);
  if (!share || !(*share > 0 && *share < 1)) {
    throw Error(fmt::format("expected a share above 0, below 1, found '{}'", Excerpt(text)));
  }
  return *share;
}

std::vector<std::vector<double>> ParsePredictions(const std::string& text) {
  std::vector<std::vector<double>> predictions;
  for (const std::string& part : Split(text, ',')) {
    predictions.emplace_back();
    for (const std::string& number : Split(part, ':')) {
      const auto x = ParseNumber(number);
      if (!x || !(*x > 0)) {
        throw Error(
            fmt::format("expected numbers above 0, as in 1e9,2e9, or 1e9:2e10 for two "
                        "inputs; found '{}'",
                        Excerpt(part)));
      }
      predictions.back().push_back(*x);
    }
  }
  return predictions;
}

}  // namespace kinetics::app
