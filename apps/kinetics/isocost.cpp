#include "kinetics/cost/isocost.h"

#include <fmt/format.h>

#include <set>

#include "apps/kinetics/commands.h"
#include "kinetics/core/error.h"
#include "kinetics/core/limits.h"
#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"

namespace kinetics::app {
namespace {

/// The paper's example: what 14B costs at 8K tokens.
constexpr const char* kDefaultTarget = "Qwen3-14B:8192";

/// Those of the bundled records, unless told otherwise.
std::vector<NamedModel> SelectedModels(const IsocostArgs& args) {
  if (!args.cost.models.empty()) {
    return SelectModels(args.cost.models);
  }
  std::set<std::string> recorded;
  for (const Run& run : LoadRecords(std::string(kDefaultRecords)).runs) {
    recorded.insert(run.model);
  }
  std::vector<std::string> names = ModelNames();  // ordered by size
  std::erase_if(names, [&recorded](const std::string& name) { return !recorded.contains(name); });
  return SelectModels(names);
}

CostOptions OptionsFor(const IsocostArgs& args, Rule rule) {
  CostOptions options = args.cost.options;
  options.rule = rule;
  return options;
}

CostModel CostModelOf(const IsocostArgs& args, const Model& model, const Attention& attention,
                      const Hardware& hardware, Rule rule) {
  return {model, attention, hardware, OptionsFor(args, rule)};
}

/// The target in seconds under `rule`.
Seconds TargetSeconds(const IsocostArgs& args, const IsocostTarget& target,
                      const std::optional<Model>& target_model, const Hardware& hardware,
                      Rule rule) {
  if (target_model) {
    const CostModel model =
        CostModelOf(args, *target_model, target.attention.value_or(args.attention), hardware, rule);
    return model
        .Of(static_cast<double>(args.prompt_tokens), target.generation_tokens,
            static_cast<double>(args.samples))
        .seconds;
  }
  const double amount = target.amount->value;
  const Rates rates = RatesFor(hardware, args.cost.rates);
  switch (target.amount->unit) {
    case CostUnit::kUsd:
      return {amount / UsdPerSecond(rates)};
    case CostUnit::kJoules:
      return {amount / JoulesPerSecond(rates)};
    case CostUnit::kGramsCo2:
      return {amount / GramsCo2PerSecond(rates)};
    case CostUnit::kEflops:
      return Flops{amount} / RooflineOf(hardware, OptionsFor(args, rule)).peak;
    default:
      return {amount};
  }
}

std::vector<IsocostRow> SolvedRows(const IsocostArgs& args, const Hardware& hardware,
                                   const IsocostTarget& target) {
  std::vector<Rule> rules = {Rule::kAdditive, Rule::kFlops, Rule::kParameters};
  if (args.rule) {
    rules = {*args.rule};
  }
  std::optional<Model> target_model;
  if (!target.amount) {
    target_model = LoadModel(target.model);
  }
  const auto prompt = static_cast<double>(args.prompt_tokens);
  std::vector<IsocostRow> rows;
  for (const NamedModel& named : SelectedModels(args)) {
    for (const Rule rule : rules) {
      const Seconds seconds = TargetSeconds(args, target, target_model, hardware, rule);
      const CostModel model = CostModelOf(args, named.model, args.attention, hardware, rule);
      IsocostRow row = {.model = named.name,
                        .rule = rule,
                        .samples = static_cast<double>(args.samples),
                        .seconds = seconds,
                        .eflops = seconds * model.GetRoofline().peak};
      if (args.solve == IsocostSolve::kSamples) {
        row.generation_tokens = static_cast<double>(args.generation_tokens->counts.front());
        row.samples = SolveSamples(model, prompt, *row.generation_tokens, seconds);
      } else {
        row.generation_tokens = SolveGenerationTokens(model, prompt, *row.samples, seconds);
      }
      rows.push_back(row);
    }
  }
  return rows;
}

std::vector<IsocostRow> MatrixRows(const IsocostArgs& args, const Hardware& hardware) {
  const CountList tokens =
      args.generation_tokens.value_or(CountList{.counts = {1024, 2048, 4096, 8192, 16384, 32768}});
  const Rule rule = args.rule.value_or(Rule::kAdditive);
  std::vector<IsocostRow> rows;
  for (const NamedModel& named : SelectedModels(args)) {
    const CostModel model = CostModelOf(args, named.model, args.attention, hardware, rule);
    for (const int64_t length : tokens.counts) {
      const auto generated = static_cast<double>(length);
      const auto samples = static_cast<double>(args.samples);
      const Cost cost = model.Of(static_cast<double>(args.prompt_tokens), generated, samples);
      rows.push_back({.model = named.name,
                      .rule = rule,
                      .samples = samples,
                      .generation_tokens = generated,
                      .seconds = cost.seconds,
                      .eflops = cost.eflops});
    }
  }
  return rows;
}

/// What the options ask for. Throws UsageError where they exclude each other.
IsocostSolve SolveOf(const IsocostArgs& args) {
  if (args.cost.hardware.size() != 1) {
    throw UsageError("--hardware: expected one device");
  }
  if (args.matrix && (args.target || args.solve)) {
    throw UsageError(
        fmt::format("--matrix and {} exclude each other", args.target ? "--cost-of" : "--solve"));
  }
  if (args.matrix) {
    return IsocostSolve::kCost;
  }
  const IsocostSolve solve = args.solve.value_or(IsocostSolve::kGenerationTokens);
  if (solve == IsocostSolve::kSamples &&
      (!args.generation_tokens || args.generation_tokens->counts.size() != 1)) {
    throw UsageError("--solve samples needs one number of --generation-tokens");
  }
  if (solve == IsocostSolve::kGenerationTokens && args.generation_tokens) {
    throw UsageError(
        "--generation-tokens is what is solved for; it needs --solve samples or --matrix");
  }
  return solve;
}

}  // namespace

IsocostTarget ParseIsocostTarget(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) {
    IsocostTarget target = {.text = text, .amount = ParseBudget(text)};
    if (target.amount->unit == CostUnit::kFlops) {
      throw Error(
          "expected seconds, eFLOPs, usd, J or gCO2, which every rule counts, or MODEL:TOKENS; "
          "found '" +
          Excerpt(text) + "'");
    }
    return target;
  }
  const size_t second = text.find(':', colon + 1);
  const auto tokens = ParseNumber(
      text.substr(colon + 1, second == std::string::npos ? std::string::npos : second - colon - 1));
  if (colon == 0 || !tokens || !(*tokens > 0) || *tokens > static_cast<double>(kMostTokens)) {
    throw Error("expected MODEL:TOKENS or MODEL:TOKENS:ATTENTION, like Qwen3-14B:8192; found '" +
                Excerpt(text) + "'");
  }
  IsocostTarget target = {
      .text = text, .model = text.substr(0, colon), .generation_tokens = *tokens};
  if (second != std::string::npos) {
    target.attention = ParseAttention(text.substr(second + 1));
  }
  return target;
}

Status RunIsocost(const IsocostArgs& args, const Streams& streams) {
  const IsocostSolve solve = SolveOf(args);
  const Hardware hardware = LoadHardware(args.cost.hardware.front());
  const CostOptions options = OptionsFor(args, args.rule.value_or(Rule::kAdditive));
  IsocostReport report = {.hardware = hardware.name,
                          .roofline = RooflineOf(hardware, options),
                          .convention = args.cost.options.convention,
                          .attention = args.attention,
                          .batch = BatchOf(options),
                          .gpus = options.gpus,
                          .prompt_tokens = args.prompt_tokens,
                          .solve = solve};
  if (solve == IsocostSolve::kCost) {
    report.rows = MatrixRows(args, hardware);
  } else {
    const IsocostTarget target = args.target.value_or(ParseIsocostTarget(kDefaultTarget));
    report.target = target.text;
    report.rows = SolvedRows(args, hardware, target);
  }
  Emit(RenderIsocost(report, args.output.format, args.output.made_by), args.output, streams);
  return Status::kDone;
}

}  // namespace kinetics::app
