#if __has_include(<catch2/catch.hpp>)
#define CATCH_CONFIG_MAIN
#endif
#include "tests/test.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "kinetics/core/error.h"

namespace kinetics::test {
namespace {

std::optional<std::string> TryRead(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// `text` as one word of a POSIX shell.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return quoted + "'";
}

}  // namespace

std::string SourceFile(const std::string& path) {
  const auto text = TryRead(KINETICS_SOURCE_DIR "/" + path);
  REQUIRE(text);
  return *text;
}

std::optional<std::string> ReferenceFile(const std::string& path) {
  const std::string folder = KINETICS_SOURCE_DIR "/../shared/reference/";
  const auto text = TryRead(folder + path);
  if (!text) {
    REQUIRE_FALSE(std::filesystem::exists(folder));
    std::cout << "skipped: needs ../shared/reference/" << path << '\n';
  }
  return text;
}

std::string ErrorOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  FAIL("expected an Error");
  return "";
}

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "kinetics_test.XXXXXX").string();
  REQUIRE(mkdtemp(path_.data()) != nullptr);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::Write(const std::string& name, const std::string& text) const {
  std::ofstream(Path(name), std::ios::binary) << text;
  return Path(name);
}

ProgramResult RunProgram(const std::vector<std::string>& arguments,
                         const std::vector<std::string>& environment, const std::string& out_file) {
  const TemporaryFolder folder;
  std::string command = "env";
  for (const std::string& setting : environment) {
    command += " " + Quoted(setting);
  }
  command += " " + Quoted(KINETICS_PROGRAM);
  for (const std::string& argument : arguments) {
    command += " " + Quoted(argument);
  }
  command += " >" + Quoted(out_file.empty() ? folder.Path("out") : out_file) + " 2>" +
             Quoted(folder.Path("err")) + " </dev/null";
  const int status = std::system(command.c_str());
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = out_file.empty() ? *TryRead(folder.Path("out")) : "",
          .err = *TryRead(folder.Path("err"))};
}

}  // namespace kinetics::test
