#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kinetics/plan/serving.h"

namespace kinetics::app {

class Flags;

/// The flags of a deployment.
struct DeploymentArgs {
  std::vector<Deployment> batches;  ///< Of each only the batch; empty: as the rule has it.
  std::vector<int64_t> gpus = {1};
  MemoryOptions memory;
  std::optional<Seconds> max_latency;

  /// Whether more is asked for than one device and a batch that the rule has by itself.
  bool IsAsked() const;
};

/// Every number of devices with every batch.
std::vector<Deployment> AllDeployments(const DeploymentArgs& args);

/// What memory may be used.
void AddMemoryOptions(Flags& flags, MemoryOptions& memory);
/// --gpus, --batch and what memory may be used.
void AddDeployment(Flags& flags, DeploymentArgs& args);

/// "64", "auto", "inf", or several: "1,8,auto". Throws Error, as all of these do.
std::vector<Deployment> ParseBatches(const std::string& text);
/// "1,2,4": each at most 1,024.
std::vector<int64_t> ParseGpus(const std::string& text);
int64_t ParseGpu(const std::string& text);
/// "80GB", "24GiB", "25757220864": above 0; prefixes k, M, G, T of 1000 and Ki, Mi, Gi, Ti of 1024.
Bytes ParseMemory(const std::string& text);
/// "60s", "500ms", "3min".
Seconds ParseLatency(const std::string& text);
/// Above 0, at most 1.
double ParseUtilisation(const std::string& text);

}  // namespace kinetics::app
