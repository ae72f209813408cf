#include "apps/kinetics/deployment.h"
#include "apps/kinetics/flags.h"
#include "apps/kinetics/parsers.h"

namespace kinetics::app {
namespace {

/// How cost is counted, for the commands that count it.
void AddCostOptions(Flags& flags, CostArgs& cost, const std::string& model_help) {
  flags.AddNames("--model", cost.models, model_help, "MODEL");
  flags.AddNames("--hardware", cost.hardware, "device: a name or a file [b200]", "DEVICE");
  CostOptions& options = cost.options;
  flags.Add("--convention", options.convention, ParseConvention,
            "exact, or published: as the Kinetics paper's tables were made", "NAME");
  flags.Add("--dtype", options.dtype, ParseDtype,
            "of arithmetic, weights and KV cache: bf16, fp16, fp8 or int8 [bf16]", "DTYPE");
  flags.Add("--weight-dtype", options.weight_dtype, ParseStorageDtype,
            "of weights: also fp4 or fp32 [the model's own if quantized, else as --dtype]",
            "DTYPE");
  flags.Add("--kv-dtype", options.kv_dtype, ParseStorageDtype, "of the KV cache [as --dtype]",
            "DTYPE");
  flags.Add("--price-per-hour", cost.rates.usd_per_hour, ParseRate,
            "USD for an hour of the device, for costs in usd [the device's own figure]", "USD");
  flags.Add("--power", cost.rates.power, ParsePower,
            "watts that the device draws, for J and gCO2; board: its own, at full load; facility: "
            "its share of the data centre [board]",
            "WATTS");
  flags.Add("--grid", cost.rates.grams_co2_per_kwh, ParseRate,
            "gCO2 for a kWh [473: the world's average of 2024]", "G");
}

void AddPrefill(Flags& flags, CostOptions& options) {
  flags.AddFlag("--prefill", options.prefill,
                "charge the processing of prompts too, once for all samples of a question");
}

/// What costs are counted in without a budget: what the options give a rate for.
CostUnit UnitOf(const RateOptions& rates) {
  if (rates.usd_per_hour) {
    return CostUnit::kUsd;
  }
  if (rates.grams_co2_per_kwh) {
    return CostUnit::kGramsCo2;
  }
  return rates.power ? CostUnit::kJoules : CostUnit::kSeconds;
}

const char* const kRuleHelp =
    "additive: compute + memory time; max: the longer; flops: compute only; "
    "parameters: linear layers only; calibrated: as measured kernels of the device predict";

/// What is chosen among, beside models and deployments.
void AddChoices(Flags& plan, PlanArgs& args) {
  plan.Add("--attention", args.attentions, ParseAttentionFilters,
           "only these: dense, topk, topk:512, block_topk:16x64, sliding:4096", "SPEC,...");
  plan.Add("--samples", args.samples, ParseCountList,
           "samples a question: 1,2,4 or 1-32 or pow2 [every number with trials; with --law 1-32]",
           "LIST");
  plan.Add(
      "--generation-tokens", args.generation_tokens, ParseCountList,
      "cut samples at these lengths, as a further choice [never cut; with --law never, and at 20 "
      "more in steps of a quarter doubling]",
      "LIST");
}

/// What is said of it.
void AddPlanReport(Flags& plan, PlanArgs& args) {
  plan.Add("--show", args.show, ParseShow,
           "best, frontier, candidates (with --law: the 200 best) or all [frontier]", "WHAT");
  plan.AddFlag("--growth", args.growth,
               "with --law: how the best KV budget, tokens, samples and model size grow "
               "with the budget");
  plan.AddFlag("--per-question", args.options.per_question,
               "give every question's figures (not in tables)");
  plan.Add(
      "--bootstrap", args.options.bootstrap, ParseResamples,
      "resamples of the questions for intervals, with --law draws of it too (of --growth at most "
      "200); 0: none [1000]",
      "R");
  plan.Add("--seed", args.options.seed, ParseSeed, "of the resamples [1]", "N");
  plan.Add("--errors", args.errors, ParseErrorPolicy,
           "attempts without an answer: wrong, or skip them [wrong]", "POLICY");
}

}  // namespace

void AddPlan(Flags& program, PlanArgs& args) {
  Flags plan =
      program.AddCommand("plan", "best allocations under a budget, and the Pareto frontier",
                         "Example: kinetics plan --budget 2s --hardware h100 --samples pow2");
  plan.AddOutput(args.output, kReportFile);
  plan.AddText("--records", args.records, "recorded evaluations: a file, " + BundledRecords(),
               "FILE");
  plan.AddText("--law", args.law,
               "a law that kinetics fit law wrote: plan over all that it predicts; with --records "
               "too, as recorded where it was",
               "FILE");
  plan.Add(
      "--budget", args.options.budgets, ParseBudgets,
      "what a question may cost: 2s, 5PeFLOPs, 1e15flops, 0.002usd, 400J, 0.05gCO2; several: a row "
      "each",
      "B,...");
  plan.Add("--min-accuracy", args.options.min_accuracy, ParseAccuracy,
           "the cheapest allocation that reaches this accuracy (0 to 1)", "A");
  plan.Add("--allocation", args.oracle, ParseIsOracle,
           "uniform: one for all questions; oracle: the best for each, an upper bound", "NAME");
  plan.Add("--policy", args.policies, ParsePolicies,
           "how samples are drawn and judged: coverage (all at once, one is right), sequential "
           "(until one is right), cascade (a second stage for what is left), majority (vote over "
           "recorded answers), adaptive (by question: with hindsight, an upper bound, or by a law) "
           "[coverage]",
           "NAME,...");
  AddCostOptions(
      plan, args.cost,
      "only these models: names, globs, files, or NAME=FILE; with --law also ones that it "
      "has not seen");
  plan.AddRepeated("--price", args.prices, ParseModelPrice,
                   "served models: USD for a million tokens of prompt and of output; NAME: a model "
                   "or a glob over them [all others]; repeatable",
                   "[NAME=]IN,OUT");
  plan.Add("--rule", args.cost.options.rule, ParseRule, kRuleHelp, "RULE");
  AddDeployment(plan, args.deployment);
  plan.Add("--max-latency", args.deployment.max_latency, ParseLatency,
           "only what answers a question within this time in the mean; needs a finite batch",
           "TIME");
  AddPrefill(plan, args.cost.options);
  AddChoices(plan, args);
  AddPlanReport(plan, args);
  plan.Run([&args](const Streams& streams) {
    args.options.all_allocations = args.show == Show::kAll;
    args.options.default_unit = args.prices.empty() ? UnitOf(args.cost.rates) : CostUnit::kUsd;
    args.output.made_by.seed = args.options.seed;
    return RunPlan(args, streams);
  });
}

void AddCost(Flags& program, CostCommandArgs& args) {
  Flags cost = program.AddCommand(
      "cost", "what one allocation costs, term by term",
      "Example: kinetics cost --model Qwen3-8B --generation-tokens 8192 --samples 4");
  cost.AddOutput(args.output, kReportFile);
  AddCostOptions(cost, args.cost, "names, globs or files");
  cost.Add("--rule", args.cost.options.rule, ParseRule, kRuleHelp, "RULE");
  AddDeployment(cost, args.deployment);
  AddPrefill(cost, args.cost.options);
  cost.Add("--attention", args.attentions, ParseAttentions,
           "dense, topk:512, topk:128+128, block_topk:16x64, sliding:4096 [dense]", "SPEC,...");
  cost.Add("--prompt-tokens", args.prompt_tokens, ParseTokens, "prompt length [160]", "C");
  cost.Add("--generation-tokens", args.generation_tokens, ParseExplicitCounts,
           "generated tokens a sample", "LIST");
  cost.Add("--samples", args.samples, ParseExplicitCounts, "samples a question [1]", "LIST");
  cost.AddText("--allocations", args.allocations,
               "CSV file with a line an allocation; columns are named like these options", "FILE");
  cost.Run([&args](const Streams& streams) { return RunCost(args, streams); });
}

void AddIsocost(Flags& program, IsocostArgs& args) {
  Flags isocost = program.AddCommand(
      "isocost", "which models, generation tokens and samples cost the same",
      "Example: kinetics isocost --cost-of Qwen3-14B:8192 --hardware b200-paper");
  isocost.AddOutput(args.output, kReportFile);
  AddCostOptions(isocost, args.cost, "names, globs or files [the whole catalogue]");
  isocost.Add(
      "--batch", args.cost.options.batch, ParseBatch,
      "sequences that share a reading of the weights [inf: it costs nothing; 64 with --rule "
      "calibrated]",
      "N");
  isocost.Add("--gpus", args.cost.options.gpus, ParseGpu, "devices that share every layer [1]",
              "N");
  isocost.Add("--rule", args.rule, ParseRule,
              "only this one [additive, flops and parameters side by side]", "RULE");
  isocost.Add("--attention", args.attention, ParseAttention, "of all models [dense]", "SPEC");
  isocost.Add("--prompt-tokens", args.prompt_tokens, ParseTokens, "prompt length [160]", "C");
  isocost.Add("--samples", args.samples, ParsePositive, "samples a question [1]", "N");
  isocost.Add(
      "--cost-of", args.target, ParseIsocostTarget,
      "the cost to match: 2s, 3e15eflops, 0.002usd, 400J, 0.05gCO2 or MODEL:TOKENS[:ATTENTION] "
      "[Qwen3-14B:8192]",
      "TARGET");
  isocost.Add("--solve", args.solve, ParseSolve, "generation-tokens or samples", "WHAT");
  isocost.Add("--generation-tokens", args.generation_tokens, ParseExplicitCounts,
              "to solve for samples at, or the columns of the matrix", "LIST");
  isocost.AddFlag("--matrix", args.matrix,
                  "print the cost over models and generation tokens instead");
  isocost.Run([&args](const Streams& streams) { return RunIsocost(args, streams); });
}

}  // namespace kinetics::app
