#include "kinetics/render/cost_parts.h"

#include <fmt/format.h>

namespace kinetics {
namespace {

constexpr struct {
  std::string_view key;
  std::string_view name;
  TimeTerm TimeTerms::*term;
} kTimeTerms[] = {{"linear", "linear layers", &TimeTerms::linear},
                  {"attention", "attention", &TimeTerms::attention},
                  {"search", "block search", &TimeTerms::search},
                  {"link", "between devices", &TimeTerms::link},
                  {"prefill", "prefill", &TimeTerms::prefill}};

void WriteTimeTerms(JsonWriter& json, const TimeTerms& time) {
  json.Key("time_terms").BeginObject();
  for (const auto& [key, name, term] : kTimeTerms) {
    json.Key(key).BeginObject();
    json.Key("seconds").Value((time.*term).seconds.value);
    json.Key("provenance").Value(Name((time.*term).provenance));
    json.EndObject();
  }
  json.EndObject();
}

/// Seconds of each part of a cost.
struct CostParts {
  double parameters = 0;  // linear layers and reading the weights
  double attention = 0;   // attention's compute
  double kv = 0;          // reading the KV cache
  double search = 0;      // block search, compute and memory
  double prefill = 0;     // compute and memory
  double link = 0;        // between devices

  double Sum() const { return parameters + attention + kv + search + prefill + link; }
};

CostParts PartsOf(const CostTerms& terms, const Roofline& roofline, Rule rule) {
  const auto compute = [&](Flops flops) { return (flops / roofline.peak).value; };
  const auto memory = [&](Bytes bytes) { return (bytes / roofline.bandwidth).value; };
  CostParts parts = {.parameters = compute(terms.flops.linear)};
  if (rule == Rule::kParameters) {
    return parts;
  }
  parts.attention = compute(terms.flops.attention);
  parts.search = compute(terms.flops.search);
  parts.prefill = compute(terms.flops.prefill);
  if (rule != Rule::kFlops) {
    parts.parameters += memory(terms.bytes.weights);
    parts.kv = memory(terms.bytes.kv_shared + terms.bytes.kv);
    parts.search += memory(terms.bytes.search);
    parts.prefill += memory(terms.bytes.prefill);
    parts.link = terms.link.value > 0 ? (terms.link / roofline.link).value : 0;
  }
  return parts;
}

std::string PercentOf(double part, double total) {
  const double share = total > 0 ? 100 * part / total : 0;
  return share > 0 && share < 1 ? std::string("<1") : fmt::format("{:.0f}", share);
}

std::string DescribeTime(const TimeTerms& time) {
  std::string text;
  for (const auto& [key, name, term] : kTimeTerms) {
    const TimeTerm& part = time.*term;
    if (part.provenance != Provenance::kNone) {
      text += fmt::format("{}{} {} % ({})", text.empty() ? "" : ", ", name,
                          PercentOf(part.seconds.value, TotalSeconds(time).value),
                          Name(part.provenance));
    }
  }
  return text;
}

}  // namespace

void WriteCost(JsonWriter& json, const Cost& cost) {
  const FlopsTerms& flops = cost.terms.flops;
  const BytesTerms& bytes = cost.terms.bytes;
  json.Key("seconds").Value(cost.seconds.value);
  json.Key("eflops").Value(cost.eflops.value);
  json.Key("flops").Value(TotalFlops(cost.terms).value);
  json.Key("bytes").Value(TotalBytes(cost.terms).value);
  json.Key("terms").BeginObject();
  json.Key("flops").BeginObject();
  json.Key("linear").Value(flops.linear.value);
  json.Key("attention").Value(flops.attention.value);
  json.Key("search").Value(flops.search.value);
  if (flops.prefill.value > 0) {
    json.Key("prefill").Value(flops.prefill.value);
  }
  json.EndObject();
  json.Key("bytes").BeginObject();
  json.Key("weights").Value(bytes.weights.value);
  json.Key("kv_shared").Value(bytes.kv_shared.value);
  json.Key("kv").Value(bytes.kv.value);
  json.Key("search").Value(bytes.search.value);
  if (flops.prefill.value > 0) {
    json.Key("prefill").Value(bytes.prefill.value);
  }
  json.EndObject();
  json.EndObject();
  json.Key("link_bytes").Value(cost.terms.link.value);
  if (cost.time.linear.provenance != Provenance::kNone) {
    WriteTimeTerms(json, cost.time);
  }
}

void WriteUnknownCost(JsonWriter& json) {
  for (const char* key : {"seconds", "eflops", "flops", "bytes", "terms"}) {
    json.Key(key).Null();
  }
}

Table TimeTable(const TimeTerms& time) {
  Table table = {
      .columns = {{"part", false}, {"seconds", true}, {"share %", true}, {"from", false}},
      .rows = {}};
  for (const auto& [key, name, term] : kTimeTerms) {
    const TimeTerm& part = time.*term;
    if (part.provenance != Provenance::kNone) {
      table.rows.push_back({std::string(name), HumanSeconds(part.seconds.value),
                            PercentOf(part.seconds.value, TotalSeconds(time).value),
                            std::string(Name(part.provenance))});
    }
  }
  return table;
}

std::string DescribeParts(const Cost& cost, const Roofline& roofline, Rule rule) {
  if (rule == Rule::kCalibrated) {
    return DescribeTime(cost.time);
  }
  const CostParts parts = PartsOf(cost.terms, roofline, rule);
  const double total = parts.Sum();
  std::string text =
      fmt::format("parameters {} %, attention compute {} %, KV cache {} %, search {} %",
                  PercentOf(parts.parameters, total), PercentOf(parts.attention, total),
                  PercentOf(parts.kv, total), PercentOf(parts.search, total));
  if (parts.prefill > 0) {
    text += fmt::format(", prefill {} %", PercentOf(parts.prefill, total));
  }
  if (parts.link > 0) {
    text += fmt::format(", between devices {} %", PercentOf(parts.link, total));
  }
  return text;
}

}  // namespace kinetics
