#include "kinetics/io/file.h"

#include <sys/stat.h>

#include <filesystem>

#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("a written file reads back, and replaces what was there", "[file]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.Path("f");
  WriteFile(path, "one");
  WriteFile(path, std::string(200'000, 'x'));
  CHECK(ReadFile(path) == std::string(200'000, 'x'));
  WriteFile(path, "");
  CHECK(ReadFile(path).empty());
  // Nothing is left beside it.
  const std::filesystem::directory_iterator files(folder.Path(""));
  CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("a link keeps pointing, and a mode is kept", "[file]") {
  const test::TemporaryFolder folder;
  WriteFile(folder.Path("f"), "one");
  chmod(folder.Path("f").c_str(), 0640);
  std::filesystem::create_symlink(folder.Path("f"), folder.Path("link"));
  WriteFile(folder.Path("link"), "two");
  CHECK(std::filesystem::is_symlink(folder.Path("link")));
  CHECK(ReadFile(folder.Path("f")) == "two");
  struct stat status = {};
  REQUIRE(stat(folder.Path("f").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0640U);
}

TEST_CASE("what cannot be read or written names the path and the reason", "[file]") {
  const test::TemporaryFolder folder;
  const std::string missing = folder.Path("no/such");
  CHECK(test::ErrorOf([&] { ReadFile(missing); }) ==
        missing + ": cannot be read: No such file or directory");
  CHECK(test::ErrorOf([&] { WriteFile(missing, ""); }) ==
        missing + ": cannot be written: No such file or directory");
  CHECK(test::ErrorOf([&] { ReadFile(folder.Path("")); }) ==
        folder.Path("") + ": cannot be read: Is a directory");
  CHECK(test::ErrorOf([&] { WriteFile(folder.Path("."), ""); }) ==
        folder.Path(".") + ": cannot be written: Is a directory");
  CHECK_NOTHROW(WriteFile("/dev/null", "x"));
  CHECK(test::ErrorOf([] { WriteFile("/dev/full", "x"); }) ==
        "/dev/full: cannot be written: No space left on device");
}

}  // namespace
}  // namespace kinetics
