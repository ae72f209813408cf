#pragma once

#include "kinetics/cost/cost.h"
#include "kinetics/render/json_writer.h"
#include "kinetics/render/table.h"

namespace kinetics {

/// Writes the members "seconds", "eflops", "flops", "bytes" and "terms" of the open object, and
/// "time_terms" of a calibrated cost.
void WriteCost(JsonWriter& json, const Cost& cost);
/// The same members, null: of what is billed and not costed.
void WriteUnknownCost(JsonWriter& json);

/// Shares of a cost, in the seconds that the rule counts; under Rule::kMax compute and memory both:
/// "parameters 40 %, attention compute 4 %, KV cache 56 %, search 0 %"; under Rule::kCalibrated by
/// operation and with what times rest on, "linear layers 30 % (fitted), attention 70 %
/// (extrapolated)".
std::string DescribeParts(const Cost& cost, const Roofline& roofline, Rule rule);

/// One line a part of a calibrated cost: part, seconds, share, what they rest on.
Table TimeTable(const TimeTerms& time);

}  // namespace kinetics
