#include "apps/kinetics/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

namespace kinetics::app {

Progress::Progress(std::string what, const Streams& streams)
    : what_(std::move(what)),
      out_(&streams.err == &std::cerr && isatty(STDERR_FILENO) != 0 ? &streams.err : nullptr) {}

Progress::~Progress() {
  if (width_ > 0) {
    *out_ << '\r' << std::string(width_, ' ') << '\r' << std::flush;
  }
}

void Progress::Show(size_t done, size_t all) {
  constexpr std::chrono::milliseconds kInterval(100);
  const auto now = std::chrono::steady_clock::now();
  if (out_ == nullptr || now - last_ < kInterval) {
    return;
  }
  last_ = now;
  const std::string text = fmt::format("{}: {} of {}", what_, done, all);
  *out_ << '\r' << text << std::string(width_ > text.size() ? width_ - text.size() : 0, ' ')
        << std::flush;
  width_ = text.size();
}

}  // namespace kinetics::app
