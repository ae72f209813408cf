#pragma once

#include <chrono>
#include <string>

#include "apps/kinetics/commands.h"

namespace kinetics::app {

/// One line on standard error that says how far long work is, where that is a terminal; nothing
/// elsewhere. The line goes when the work is done.
class Progress {
 public:
  /// `what` is being done.
  Progress(std::string what, const Streams& streams);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// At most ten times a second.
  void Show(size_t done, size_t all);

 private:
  std::string what_;
  std::ostream* out_;  // null where nothing is shown
  std::chrono::steady_clock::time_point last_;
  size_t width_ = 0;
};

}  // namespace kinetics::app
