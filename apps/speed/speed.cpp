// How fast the program itself is: whole processes by the operating system's account of their CPU
// time, and the parts of a plan inside one process. Prints median, least and most of several runs.
//
//   kinetics_speed [RUNS]     (default 41)

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "kinetics/io/catalogue.h"
#include "kinetics/law/law.h"
#include "kinetics/plan/plan.h"

namespace {

using namespace kinetics;  // NOLINT(google-build-using-namespace): a program of one file

double Milliseconds(const timeval& time) {
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec);
}

/// User and system time of one run of the program, its output thrown away.
double ProcessMilliseconds(const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>(KINETICS_PROGRAM)};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    throw std::runtime_error("fork failed");
  }
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage = {};
  if (wait4(child, &status, 0, &usage) != child || status != 0) {
    throw std::runtime_error(fmt::format("{} failed", KINETICS_PROGRAM));
  }
  return Milliseconds(usage.ru_utime) + Milliseconds(usage.ru_stime);
}

double CallMilliseconds(const std::function<void()>& call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// One line: the median, least and most of `runs` measurements after one that does not count.
void Report(const std::string& what, int runs, const std::function<double()>& measure) {
  measure();
  std::vector<double> times;
  times.reserve(static_cast<size_t>(runs));
  for (int i = 0; i < runs; ++i) {
    times.push_back(measure());
  }
  std::sort(times.begin(), times.end());
  fmt::print("  {:<55} {:8.2f} {:8.2f} {:8.2f}\n", what, times[times.size() / 2], times.front(),
             times.back());
}

struct Planning {
  Records records = LoadRecords(std::string(kDefaultRecords));
  Hardware hardware = LoadHardware("b200");
  std::vector<PlannedRun> runs;
  std::vector<std::optional<double>> parameters;

  Planning() {
    runs.reserve(records.runs.size());
    for (const Run& run : records.runs) {
      runs.push_back({.run = &run, .model = LoadModel(run.model)});
      parameters.emplace_back(
          static_cast<double>(runs.back().model.active.without_input_embedding));
    }
  }
};

/// Whole processes; those that take long are run `few` times.
void MeasureProcesses(int runs, int few) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::string law = folder / fmt::format("kinetics_speed.{}.json", getpid());
  ProcessMilliseconds({"fit", "law", "-o", law});
  const std::string counts = KINETICS_SOURCE_DIR "/tests/data/pythia-math-counts.csv";
  struct Case {
    std::vector<std::string> arguments;
    bool takes_long = false;
  };
  const std::vector<Case> cases = {{{"--version"}},
                                   {{"plan", "--budget", "2s"}},
                                   {{"plan", "--budget", "2s", "--bootstrap", "0"}},
                                   {{"plan", "--show", "all", "--format", "json"}},
                                   {{"plan", "--allocation", "oracle"}},
                                   {{"isocost"}},
                                   {{"fit", "law"}},
                                   {{"plan", "--law", law, "--budget", "2s", "--bootstrap", "0"}},
                                   {{"plan", "--law", law, "--budget", "2s"}},
                                   {{"plan", "--law", law, "--growth"}, true},
                                   {{"fit", "coverage", "--data", counts}, true},
                                   {{"fit", "law", "--cross-validate", "run"}, true},
                                   {{"fit", "law", "--bootstrap", "1000"}, true}};
  for (const Case& of : cases) {
    std::string line = "kinetics";
    for (const std::string& argument : of.arguments) {
      line += " " + std::filesystem::path(argument).filename().string();
    }
    Report(line, of.takes_long ? few : runs, [&] { return ProcessMilliseconds(of.arguments); });
  }
  std::filesystem::remove(law);
}

int Measure(int runs) {
  constexpr int kFew = 3;
  fmt::print("milliseconds, {} runs {:<42} {:>8} {:>8} {:>8}\n", runs, "", "median", "least",
             "most");
  fmt::print("whole processes, CPU time\n");
  MeasureProcesses(runs, std::min(runs, kFew));
  const Planning planning;
  fmt::print("parts, wall time\n");
  Report("read aime24-qwen3 records", runs,
         [] { return CallMilliseconds([] { LoadRecords(std::string(kDefaultRecords)); }); });
  Report("fit the law of aime24-qwen3", runs, [&] {
    return CallMilliseconds([&] { FitLaw(planning.records, planning.parameters, {}); });
  });
  const auto evaluate = [&] {
    return Evaluate(planning.records, planning.runs, {}, planning.hardware, {});
  };
  const Evaluation evaluation = evaluate();
  Report(fmt::format("evaluate {} allocations", evaluation.allocations.size()), runs,
         [&] { return CallMilliseconds([&] { evaluate(); }); });
  const PlanOptions options = {.budgets = {{.value = 2}}};
  Report("best, frontier, 1000 resamples", runs,
         [&] { return CallMilliseconds([&] { MakePlan(evaluation, planning.runs, options); }); });
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int runs = argc > 1 ? std::atoi(argv[1]) : 41;
    if (runs < 1) {
      fmt::print(stderr, "usage: kinetics_speed [RUNS]\n");
      return 2;
    }
    return Measure(runs);
  } catch (const std::exception& e) {
    fmt::print(stderr, "kinetics_speed: error: {}\n", e.what());
    return EXIT_FAILURE;
  }
}
