#include "kinetics/plan/serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kinetics {

FittedDeployment Fit(const Model& model, const Attention& attention, const Hardware& hardware,
                     const CostOptions& options, const Deployment& deployment, double context) {
  FittedDeployment fitted = {.options = options};
  fitted.options.gpus = deployment.gpus;
  fitted.options.batch = deployment.batch;
  const double batch = BatchOf(fitted.options);
  const bool is_known = hardware.memory || deployment.memory.most;
  if (!deployment.is_auto && (std::isinf(batch) || !is_known)) {
    return fitted;
  }
  fitted.needs = NeedsOf(model, attention, hardware, fitted.options, deployment.memory, context);
  const double fitting = std::min(fitted.needs->Sequences(), kMostBatch);
  fitted.fits = fitting >= (deployment.is_auto ? 1 : batch);
  fitted.options.batch = deployment.is_auto ? fitting : batch;
  return fitted;
}

std::optional<Served> Serve(const Model& model, const Attention& attention,
                            const Hardware& hardware, const CostOptions& options,
                            const std::optional<Deployment>& deployment,
                            const DecodeMoments& mean) {
  if (!deployment) {
    return Served{.options = options, .memory = std::nullopt};
  }
  const double context = mean.tokens > 0 ? (mean.prompt + mean.generated) / mean.tokens : 0;
  const FittedDeployment fitted = Fit(model, attention, hardware, options, *deployment, context);
  if (!fitted.fits) {
    return std::nullopt;
  }
  Served served = {.options = fitted.options, .memory = std::nullopt};
  if (fitted.needs) {
    served.memory = fitted.needs->UsedAt(fitted.options.batch);
  }
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
