#include "apps/kinetics/served.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "kinetics/core/error.h"
#include "kinetics/core/text.h"

namespace kinetics::app {

bool MatchesGlob(const std::string& glob, const std::string& name) {
  const std::string plain = name.substr(name.rfind('/') + 1);
  return fnmatch(glob.c_str(), name.c_str(), FNM_CASEFOLD) == 0 ||
         fnmatch(glob.c_str(), plain.c_str(), FNM_CASEFOLD) == 0;
}

std::optional<TokenPrice> PriceOf(const std::vector<ModelPrice>& prices, const std::string& model) {
  std::optional<TokenPrice> named;
  std::optional<TokenPrice> other;
  for (const ModelPrice& price : prices) {
    if (!price.models) {
      other = price.price;
    } else if (MatchesGlob(*price.models, model)) {
      named = price.price;
    }
  }
  return named ? named : other;
}

void ExpectRunsOf(const std::vector<ModelPrice>& prices, const Records& records) {
  std::vector<std::string> names;
  for (const Run& run : records.runs) {
    names.push_back(run.model);
  }
  for (const ModelPrice& price : prices) {
    const bool matches =
        !price.models || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
          return MatchesGlob(*price.models, name);
        });
    if (!matches) {
      throw Error(fmt::format("--price: task {} has no run of model '{}'{}", records.task,
                              Excerpt(*price.models), DidYouMean(*price.models, names)));
    }
  }
}

}  // namespace kinetics::app
