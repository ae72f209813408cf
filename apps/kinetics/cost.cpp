#include "kinetics/render/cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/kinetics/commands.h"
#include "apps/kinetics/parsers.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/file.h"

namespace kinetics::app {
namespace {

/// Serves the row: finds the batch that fits, and what memory it takes. An explicit batch that does
/// not fit is costed all the same, and the report says so.
void ServeRow(const NamedModel& named, const Hardware& hardware, const Deployment& deployment,
              CostRow& row) {
  if (!deployment.is_auto && std::isinf(deployment.batch)) {
    row.options.gpus = deployment.gpus;  // a batch that nobody asked for is not held against memory
    return;
  }
  const double context =
      static_cast<double>(row.prompt_tokens) + static_cast<double>(row.generation_tokens) / 2;
  const FittedDeployment fitted =
      Fit(named.model, row.attention, hardware, row.options, deployment, context);
  row.options = fitted.options;
  row.memory = fitted.needs;
  if (deployment.is_auto && !fitted.fits) {
    const std::string devices = deployment.gpus > 1
                                    ? fmt::format("{} x {}", deployment.gpus, hardware.name)
                                    : hardware.name;
    throw Error(
        fmt::format("model {}: not one sequence fits the memory of {}", named.name, devices));
  }
}

CostRow RowOf(const NamedModel& named, const Hardware& hardware, const RateOptions& rates,
              const Attention& attention, const Deployment& deployment, const CostRow& sizes) {
  CostRow row = sizes;
  row.model = named.name;
  row.hardware = hardware.name;
  row.attention = attention;
  ServeRow(named, hardware, deployment, row);
  const CostModel model(named.model, attention, hardware, row.options);
  row.roofline = model.GetRoofline();
  const auto prompt = static_cast<double>(row.prompt_tokens);
  const auto tokens = static_cast<double>(row.generation_tokens);
  const auto samples = static_cast<double>(row.samples);
  row.cost = model.Of(prompt, tokens, samples);
  const Seconds prefill = model.PrefillCost(prompt).seconds;
  row.serving =
      ServingOf({.options = row.options, .memory = std::nullopt}, row.cost.seconds - prefill,
                {.tokens = samples * tokens, .longest = tokens, .prefill = prefill});
  row.rates = RatesFor(hardware, rates);
  row.spend = SpendOf(row.cost.seconds, row.rates);
  if (const CalibratedTime* time = model.GetCalibratedTime()) {
    row.step_context = row.prompt_tokens + row.generation_tokens / 2;
    row.step = time->Step(row.step_context);
  }
  return row;
}

/// Every combination of what the options list.
std::vector<CostRow> RowsOf(const CostCommandArgs& args) {
  if (args.cost.models.empty() || !args.generation_tokens) {
    throw UsageError(args.cost.models.empty() ? "--model is required, unless --allocations is given"
                                              : "--generation-tokens is required");
  }
  const std::vector<NamedModel> models = SelectModels(args.cost.models);
  std::vector<CostRow> sizes;
  for (const int64_t tokens : args.generation_tokens->counts) {
    for (const int64_t samples : args.samples.counts) {
      sizes.push_back({.prompt_tokens = args.prompt_tokens,
                       .generation_tokens = tokens,
                       .samples = samples,
                       .options = args.cost.options,
                       .shows_spend = args.cost.rates.IsAny()});
    }
  }
  std::vector<CostRow> rows;
  for (const std::string& name : args.cost.hardware) {
    const Hardware hardware = LoadHardware(name);
    for (const NamedModel& model : models) {
      for (const Attention& attention : args.attentions) {
        for (const Deployment& deployment : AllDeployments(args.deployment)) {
          for (const CostRow& size : sizes) {
            rows.push_back(RowOf(model, hardware, args.cost.rates, attention, deployment, size));
          }
        }
      }
    }
  }
  return rows;
}

/// What a column of an allocations file sets.
struct AllocationColumn {
  const char* name;
  void (*set)(CostCommandArgs& args, const std::string& cell);
};

constexpr AllocationColumn kColumns[] = {
    {"model", [](CostCommandArgs& args, const std::string& cell) { args.cost.models = {cell}; }},
    {"hardware",
     [](CostCommandArgs& args, const std::string& cell) { args.cost.hardware = {cell}; }},
    {"attention", [](CostCommandArgs& args,
                     const std::string& cell) { args.attentions = {ParseAttention(cell)}; }},
    {"prompt-tokens", [](CostCommandArgs& args,
                         const std::string& cell) { args.prompt_tokens = ParseTokens(cell); }},
    {"generation-tokens",
     [](CostCommandArgs& args, const std::string& cell) {
       args.generation_tokens = CountList{.counts = {ParsePositive(cell)}};
     }},
    {"samples", [](CostCommandArgs& args,
                   const std::string& cell) { args.samples = {.counts = {ParsePositive(cell)}}; }},
    {"batch", [](CostCommandArgs& args,
                 const std::string& cell) { args.deployment.batches = ParseBatches(cell); }},
    {"gpus", [](CostCommandArgs& args,
                const std::string& cell) { args.deployment.gpus = ParseGpus(cell); }},
    {"rule", [](CostCommandArgs& args,
                const std::string& cell) { args.cost.options.rule = ParseRule(cell); }},
    {"convention",
     [](CostCommandArgs& args, const std::string& cell) {
       args.cost.options.convention = ParseConvention(cell);
     }},
    {"dtype", [](CostCommandArgs& args,
                 const std::string& cell) { args.cost.options.dtype = ParseDtype(cell); }},
    {"weight-dtype",
     [](CostCommandArgs& args, const std::string& cell) {
       args.cost.options.weight_dtype = ParseStorageDtype(cell);
     }},
    {"kv-dtype",
     [](CostCommandArgs& args, const std::string& cell) {
       args.cost.options.kv_dtype = ParseStorageDtype(cell);
     }},
    {"price-per-hour",
     [](CostCommandArgs& args, const std::string& cell) {
       args.cost.rates.usd_per_hour = ParseRate(cell);
     }},
    {"power", [](CostCommandArgs& args,
                 const std::string& cell) { args.cost.rates.power = ParsePower(cell); }},
    {"grid", [](CostCommandArgs& args,
                const std::string& cell) { args.cost.rates.grams_co2_per_kwh = ParseRate(cell); }},
};

/// The column that a head names, with '-' or '_' between words.
const AllocationColumn& ColumnOf(const CsvTable& table, std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  std::vector<std::string> names;
  for (const AllocationColumn& column : kColumns) {
    if (column.name == name) {
      return column;
    }
    names.emplace_back(column.name);
  }
  throw Error(fmt::format("{}:1: unknown column '{}'; expected {}{}", table.source, Excerpt(name),
                          JoinAlternatives(names), DidYouMean(name, names)));
}

/// The arguments that one line of an allocations file stands for; an empty cell leaves the
/// option's.
CostCommandArgs ArgsOf(const CsvTable& table, const CsvRow& row, const CostCommandArgs& defaults) {
  CostCommandArgs args = defaults;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const AllocationColumn& column = ColumnOf(table, table.columns[i]);
    if (row.cells[i].empty()) {
      continue;
    }
    try {
      column.set(args, row.cells[i]);
    } catch (const Error& e) {
      throw Error(fmt::format("{}:{}: {}: {}", table.source, row.line, column.name, e.what()));
    }
  }
  return args;
}

/// A row for every line of the file.
std::vector<CostRow> RowsOfFile(const CostCommandArgs& args) {
  const CsvTable table = ParseCsv(ReadFile(*args.allocations), *args.allocations);
  for (const std::string& column : table.columns) {
    ColumnOf(table, column);
  }
  std::vector<CostRow> rows;
  for (const CsvRow& line : table.rows) {
    const CostCommandArgs line_args = ArgsOf(table, line, args);
    try {
      const std::vector<CostRow> found = RowsOf(line_args);
      rows.insert(rows.end(), found.begin(), found.end());
    } catch (const Error& e) {
      throw Error(fmt::format("{}:{}: {}", table.source, line.line, e.what()));
    }
  }
  if (rows.empty()) {
    throw Error(table.source + ": expected at least one line below the head");
  }
  return rows;
}

}  // namespace

Status RunCost(const CostCommandArgs& args, const Streams& streams) {
  const std::vector<CostRow> rows = args.allocations ? RowsOfFile(args) : RowsOf(args);
  Emit(RenderCosts(rows, args.output.format, args.output.made_by), args.output, streams);
  return Status::kDone;
}

}  // namespace kinetics::app
