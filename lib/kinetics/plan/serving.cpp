#include "kinetics/plan/serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kinetics {

std::optional<Served> Serve(const Model& model, const Attention& attention,
                            const Hardware& hardware, const CostOptions& options,
                            const std::optional<Deployment>& deployment,
                            const DecodeMoments& mean) {
  Served served = {.options = options, .memory = std::nullopt};
  if (!deployment) {
    return served;
  }
  served.options.gpus = deployment->gpus;
  served.options.batch = deployment->batch;
  const double batch = BatchOf(served.options);
  if (!deployment->is_auto && std::isinf(batch)) {
    return served;
  }
  const bool is_known = hardware.memory || deployment->memory.most;
  if (!deployment->is_auto && !is_known) {
    return served;
  }
  const double context = mean.tokens > 0 ? (mean.prompt + mean.generated) / mean.tokens : 0;
  const MemoryNeeds needs =
      NeedsOf(model, attention, hardware, served.options, deployment->memory, context);
  const double fitting = std::min(needs.Sequences(), kMostBatch);
  if (fitting < (deployment->is_auto ? 1 : batch)) {
    return std::nullopt;
  }
  served.options.batch = deployment->is_auto ? fitting : batch;
  served.memory = needs.UsedAt(served.options.batch);
  return served;
}

Serving ServingOf(const Served& served, Seconds decoding, const ServingSums& sums) {
  Serving serving = {.gpus = served.options.gpus,
                     .batch = BatchOf(served.options),
                     .memory = served.memory,
                     .tokens = sums.tokens,
                     .latency = std::nullopt};
  if (std::isfinite(serving.batch)) {
    const double share = 1 / static_cast<double>(serving.gpus);
    const double steps = sums.tokens > 0 ? sums.longest / sums.tokens : 0;
    serving.latency = share * sums.prefill + share * serving.batch * steps * decoding;
  }
  return serving;
}

std::string Describe(const Deployment& deployment) {
  std::string text = deployment.gpus > 1 ? fmt::format("{} GPUs", deployment.gpus) : "";
  if (deployment.is_auto || std::isfinite(deployment.batch)) {
    text += text.empty() ? "batch " : ", batch ";
    text += deployment.is_auto ? "auto" : fmt::format("{:g}", deployment.batch);
  }
  return text;
}

}  // namespace kinetics
