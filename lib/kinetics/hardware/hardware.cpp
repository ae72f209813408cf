#include "kinetics/hardware/hardware.h"

#include <fmt/format.h>

#include <vector>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics {

const Figure<FlopsPerSecond>& PeakFlops(const Hardware& hardware, Dtype dtype) {
  return hardware.peak_flops[static_cast<size_t>(dtype)];
}

Roofline RooflineOf(const Hardware& hardware, std::optional<Dtype> dtype) {
  const bool only_fp16 =
      !PeakFlops(hardware, Dtype::kBf16) && PeakFlops(hardware, Dtype::kFp16).has_value();
  const Dtype used = dtype.value_or(only_fp16 ? Dtype::kFp16 : Dtype::kBf16);
  const auto& peak = PeakFlops(hardware, used);
  if (!peak) {
    std::vector<std::string> known;
    for (const Dtype other : kDtypes) {
      if (PeakFlops(hardware, other)) {
        known.emplace_back(Name(other));
      }
    }
    throw Error(fmt::format("hardware {}: no {} peak is known{}", hardware.name, Name(used),
                            known.empty() ? "" : "; it has " + JoinAlternatives(known)));
  }
  if (!hardware.memory_bandwidth) {
    throw Error(fmt::format("hardware {}: no memory bandwidth is known", hardware.name));
  }
  const auto& link = hardware.interconnect_bandwidth;
  return {.peak = peak->value,
          .bandwidth = hardware.memory_bandwidth->value,
          .dtype = used,
          .link = link ? link->value : BytesPerSecond()};
}

FlopsPerByte Ridge(const Roofline& roofline) { return roofline.peak / roofline.bandwidth; }

}  // namespace kinetics
