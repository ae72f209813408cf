#include "apps/kinetics/deployment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/kinetics/choose.h"
#include "apps/kinetics/flags.h"
#include "apps/kinetics/parsers.h"
#include "kinetics/core/error.h"
#include "kinetics/core/text.h"
#include "kinetics/plan/budget.h"

namespace kinetics::app {

bool DeploymentArgs::IsAsked() const {
  const auto is_finite = [](const Deployment& batch) {
    return batch.is_auto || std::isfinite(batch.batch);
  };
  return gpus != std::vector<int64_t>{1} || max_latency ||
         std::any_of(batches.begin(), batches.end(), is_finite);
}

std::vector<Deployment> AllDeployments(const DeploymentArgs& args) {
  std::vector<Deployment> batches = args.batches;
  if (batches.empty()) {
    batches.emplace_back();
  }
  std::vector<Deployment> all;
  for (const int64_t gpus : args.gpus) {
    for (Deployment deployment : batches) {
      deployment.gpus = gpus;
      deployment.memory = args.memory;
      all.push_back(deployment);
    }
  }
  return all;
}

void AddMemoryOptions(Flags& flags, MemoryOptions& memory) {
  flags.Add("--max-memory", memory.most, ParseMemory,
            "memory that may be used of each device [the share below of what it has]", "BYTES");
  flags.Add("--memory-utilisation", memory.utilisation, ParseUtilisation,
            "share of a device's memory that may be used [0.9]", "SHARE");
  flags.Add("--reserve", memory.reserve, ParseMemory,
            "memory of each device for neither weights nor cache [1 GiB and the activations of "
            "8,192 tokens]",
            "BYTES");
}

void AddDeployment(Flags& flags, DeploymentArgs& args) {
  flags.Add(
      "--batch", args.batches, ParseBatches,
      "sequences decoded together: a number; auto: as many as fit the memory; inf: the weights "
      "are free; several are a further choice [inf; 64 with --rule calibrated]",
      "N|auto,...");
  flags.Add("--gpus", args.gpus, ParseGpus,
            "devices that share every layer; several are a further choice [1]", "N,...");
  AddMemoryOptions(flags, args.memory);
}

std::vector<Deployment> ParseBatches(const std::string& text) {
  std::vector<Deployment> batches;
  for (const std::string& part : Split(text, ',')) {
    if (part == "auto") {
      batches.push_back({.is_auto = true});
    } else {
      batches.push_back({.batch = ParseBatch(part)});
    }
  }
  return batches;
}

namespace {

constexpr int64_t kMostGpus = 1024;

}  // namespace

int64_t ParseGpu(const std::string& text) { return ParseCount(text, 1, kMostGpus); }

std::vector<int64_t> ParseGpus(const std::string& text) {
  const CountList list = ParseExplicitCounts(text);
  if (list.counts.back() > kMostGpus) {
    throw Error(fmt::format("expected at most {} devices, found '{}'", kMostGpus, Excerpt(text)));
  }
  return list.counts;
}

Bytes ParseMemory(const std::string& text) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr double kBinary = 1024;
  constexpr std::array<Unit, 10> kUnits = {{{"KiB", kBinary},
                                            {"MiB", kBinary * kBinary},
                                            {"GiB", kBinary * kBinary * kBinary},
                                            {"TiB", kBinary * kBinary * kBinary * kBinary},
                                            {"kB", 1e3},
                                            {"MB", 1e6},
                                            {"GB", 1e9},
                                            {"TB", 1e12},
                                            {"B", 1},
                                            {"", 1}}};
  for (const Unit& unit : kUnits) {
    if (text.ends_with(unit.name)) {
      const auto number = ParseNumber(text.substr(0, text.size() - unit.name.size()));
      if (number && *number > 0 && std::isfinite(*number * unit.bytes)) {
        return {*number * unit.bytes};
      }
      break;
    }
  }
  throw Error(
      fmt::format("expected bytes above 0, as in 80GB or 24GiB; found '{}'", Excerpt(text)));
}

Seconds ParseLatency(const std::string& text) {
  const Budget budget = ParseBudget(text);
  if (budget.unit != CostUnit::kSeconds) {
    throw Error(fmt::format("expected a time, as in 60s or 3min; found '{}'", Excerpt(text)));
  }
  return {budget.value};
}

double ParseUtilisation(const std::string& text) {
  const auto share = ParseNumber(text);
  if (!share || !(*share > 0 && *share <= 1)) {
    throw Error(fmt::format("expected a share above 0, at most 1, found '{}'", Excerpt(text)));
  }
  return *share;
}

}  // namespace kinetics::app
