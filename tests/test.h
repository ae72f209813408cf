#pragma once

#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;  // NOLINT(google-global-names-in-headers): as version 2 has it
namespace Catch {
using Matchers::EndsWith;
using Matchers::StartsWith;
inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }
}  // namespace Catch
#endif

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kinetics::test {

/// The text of a file that the project ships with, or that lies in tests/.
std::string SourceFile(const std::string& path);

/// The text of a file of ../shared/reference. Where that folder is absent, says so in one line that
/// ctest reports as a skipped test, and returns nullopt.
std::optional<std::string> ReferenceFile(const std::string& path);

/// The text of the kinetics::Error that `call` throws; fails the test where it throws none.
std::string ErrorOf(const std::function<void()>& call);

/// A folder of the test's own, removed at its end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file and returns its path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

/// What a process left.
struct ProgramResult {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs the program with these arguments, and these settings in its environment ("NAME=value").
/// Standard output goes to `out_file` where one is given.
ProgramResult RunProgram(const std::vector<std::string>& arguments,
                         const std::vector<std::string>& environment = {},
                         const std::string& out_file = "");

}  // namespace kinetics::test
