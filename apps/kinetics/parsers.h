#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/kinetics/commands.h"

namespace kinetics::app {

/// Readers of single option values. Each throws Error, which quotes the text and says what was
/// expected.

Format ParseFormat(const std::string& text);
Rule ParseRule(const std::string& text);
Convention ParseConvention(const std::string& text);
/// 16 or 8 bit: what weights, KV cache and arithmetic can all be in.
Dtype ParseDtype(const std::string& text);
/// Any of kDtypes.
Dtype ParseStorageDtype(const std::string& text);
Show ParseShow(const std::string& text);
ErrorPolicy ParseErrorPolicy(const std::string& text);
/// "uniform" or "oracle": whether it is the latter.
bool ParseIsOracle(const std::string& text);
/// Comma-separated names of policies, in the order of Policy and each once.
std::vector<Policy> ParsePolicies(const std::string& text);
/// "run", "model", "budget" or "question".
LawFold ParseLawFold(const std::string& text);
IsocostSolve ParseSolve(const std::string& text);

int64_t ParseTokens(const std::string& text);    ///< At least 0.
int64_t ParsePositive(const std::string& text);  ///< At least 1.
uint64_t ParseSeed(const std::string& text);
int64_t ParseResamples(const std::string& text);
int64_t ParseFolds(const std::string& text);    ///< From 2 to 100.
double ParseBatch(const std::string& text);     ///< At least 1; "inf": the weights are free.
double ParseAccuracy(const std::string& text);  ///< Above 0, at most 1.

/// A price, a power or a grid's carbon: from 1e-12 to 1e12.
double ParseRate(const std::string& text);
/// "NAME=IN,OUT" or "IN,OUT": USD for a million tokens.
ModelPrice ParseModelPrice(const std::string& text);
/// "board", "facility", or watts instead of either.
PowerOption ParsePower(const std::string& text);

Backend ParseBackend(const std::string& text);
Suite ParseSuite(const std::string& text);
/// What the bundled kernels can be measured on: all but all_reduce.
Operation ParseBenchOperation(const std::string& text);
/// fp32, fp16 or bf16: what the bundled kernels read; also f32 and f16.
Dtype ParseKernelDtype(const std::string& text);
int64_t ParseSize(const std::string& text);     ///< At least 1; bytes and FLOPs.
int64_t ParseThreads(const std::string& text);  ///< From 1 to 1024.
double ParseSeconds(const std::string& text);   ///< Above 0, at most a day.

/// Comma-separated lists. Budgets must share a unit.
std::vector<Budget> ParseBudgets(const std::string& text);
std::vector<AttentionFilter> ParseAttentionFilters(const std::string& text);
std::vector<Attention> ParseAttentions(const std::string& text);

CurveForm ParseCurveForm(const std::string& text);
CurveResidual ParseResidual(const std::string& text);
/// "squared", or "huber:D": its threshold.
std::optional<double> ParseLoss(const std::string& text);
double ParseShare(const std::string& text);  ///< Above 0, below 1.
/// "1e9,2e9", or "1e9:2e10,..." for several inputs: numbers above 0, as many in each.
std::vector<std::vector<double>> ParsePredictions(const std::string& text);

/// As ParseCountList, but every number must be given: no pow2.
CountList ParseExplicitCounts(const std::string& text);

}  // namespace kinetics::app
