#include <fmt/format.h>

#include "apps/kinetics/choose.h"
#include "apps/kinetics/parsers.h"
#include "kinetics/core/limits.h"

namespace kinetics::app {

Backend ParseBackend(const std::string& text) {
  return Choose<Backend>(
      text, {{"auto", Backend::kAuto}, {"cpu", Backend::kCpu}, {"cuda", Backend::kCuda}});
}

Suite ParseSuite(const std::string& text) {
  return Choose<Suite>(
      text, {{"quick", Suite::kQuick}, {"full", Suite::kFull}, {"paper", Suite::kPaper}});
}

Operation ParseBenchOperation(const std::string& text) {
  std::vector<NamedValue<Operation>> choices;
  for (const Operation operation : kOperations) {
    if (operation != Operation::kAllReduce) {
      choices.push_back({std::string(Name(operation)), operation});
    }
  }
  return Choose<Operation>(text, choices);
}

Dtype ParseKernelDtype(const std::string& text) {
  std::vector<NamedValue<Dtype>> choices;
  for (const Dtype dtype : {Dtype::kFp32, Dtype::kFp16, Dtype::kBf16}) {
    choices.push_back({std::string(Name(dtype)), dtype});
  }
  const auto known = FindDtype(text);
  return Choose<Dtype>(known ? std::string(Name(*known)) : text, choices);
}

int64_t ParseSize(const std::string& text) { return ParseCount(text, 1, kMostExactInteger); }
int64_t ParseThreads(const std::string& text) { return ParseCount(text, 1, 1024); }

double ParseSeconds(const std::string& text) {
  constexpr double kDay = 86'400;
  const auto seconds = ParseNumber(text);
  if (!seconds || !(*seconds > 0 && *seconds <= kDay)) {
    throw Error(
        fmt::format("expected seconds above 0, at most {}, found '{}'", kDay, Excerpt(text)));
  }
  return *seconds;
}

}  // namespace kinetics::app
