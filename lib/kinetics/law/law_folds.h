#pragma once

#include <string>
#include <vector>

#include "kinetics/law/law_validate.h"

namespace kinetics {

/// The runs that are predicted together, and what is left to fit.
struct LawFoldParts {
  std::string name;
  std::vector<size_t> runs;        ///< To predict.
  std::vector<uint8_t> used_runs;  ///< To fit to, a flag each; empty: all.
  std::vector<uint8_t> questions;  ///< To predict, a flag each; not fitted to if all runs are used.
};

/// What is held out one after the other.
std::vector<LawFoldParts> FoldsOf(const LawData& data, LawFold kind);

/// For each question the law's questions that stand for it: itself, or where it was held out all
/// the others.
std::vector<std::vector<size_t>> DonorsOf(const LawFoldParts& fold, size_t questions);

}  // namespace kinetics
