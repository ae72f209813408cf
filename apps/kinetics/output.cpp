#include <ostream>

#include "apps/kinetics/commands.h"
#include "kinetics/io/file.h"

namespace kinetics::app {

void Emit(const std::string& report, const OutputArgs& output, const Streams& streams) {
  if (output.file) {
    WriteFile(*output.file, report);
  } else {
    streams.out << report;
  }
}

void Note(const std::string& text, const Streams& streams) {
  streams.err << "kinetics: note: " << text << '\n';
}

}  // namespace kinetics::app
