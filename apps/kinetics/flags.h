#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/kinetics/commands.h"
#include "kinetics/core/error.h"

namespace CLI {  // NOLINT(readability-identifier-naming): of CLI11
class App;
}

namespace kinetics::app {

/// What runs once the arguments are read.
using Command = std::function<Status(const Streams&)>;

/// The options of one command, or of the program: hides CLI11, which costs 8 s in each source that
/// includes it. Targets must outlive the parsing. Help texts are wrapped; `shape` is what a help
/// page shows for a value ("FILE").
class Flags {
 public:
  /// `chosen` becomes what the command runs, where the arguments call for it.
  Flags(CLI::App& app, Command& chosen) : app_(&app), chosen_(&chosen) {}

  /// A command of this one; `footer` ends its help page.
  Flags AddCommand(const std::string& name, const std::string& help, const std::string& footer);
  /// What the command does.
  void Run(const Command& command);
  /// Makes one of the commands of this one necessary.
  void RequireCommand();

  /// An option whose one value `parse` reads; what it does not like is a usage error.
  template <typename T, typename Parse>
  void Add(const std::string& name, T& target, const Parse& parse, const std::string& help,
           const std::string& shape) {
    AddReader(
        name, [parse, &target](const std::string& text) { target = parse(text); }, help, shape);
  }
  /// An option that may be repeated, a value each time.
  template <typename T, typename Parse>
  void AddRepeated(const std::string& name, std::vector<T>& target, const Parse& parse,
                   const std::string& help, const std::string& shape) {
    AddRepeatedReader(
        name, [parse, &target](const std::string& text) { target.push_back(parse(text)); }, help,
        shape);
  }
  /// An option taken as it is.
  template <typename T>
  void AddText(const std::string& name, T& target, const std::string& help,
               const std::string& shape) {
    AddReader(
        name, [&target](const std::string& text) { target = text; }, help, shape);
  }
  /// An option that may be repeated or hold a comma-separated list of names.
  void AddNames(const std::string& name, std::vector<std::string>& target, const std::string& help,
                const std::string& shape);
  /// Arguments without an option's name, as many as there are.
  void AddArguments(const std::string& name, std::vector<std::string>& target,
                    const std::string& help, const std::string& shape);
  /// An option without a value.
  void AddFlag(const std::string& name, bool& target, const std::string& help);
  /// --format and --output.
  void AddOutput(OutputArgs& output, const std::string& file_help);
  /// Makes an option necessary.
  void Require(const std::string& name);

 private:
  using Reader = std::function<void(const std::string&)>;
  void AddReader(const std::string& name, const Reader& read, const std::string& help,
                 const std::string& shape);
  void AddRepeatedReader(const std::string& name, const Reader& read, const std::string& help,
                         const std::string& shape);

  CLI::App* app_;
  Command* chosen_;
};

/// Help of --output where the report goes there.
inline constexpr const char* kReportFile =
    "write the report to this file instead of standard output";

/// The names that stand for records, for help pages.
std::string BundledRecords();

/// Each adds a command with its options.
void AddPlan(Flags& program, PlanArgs& args);
void AddCost(Flags& program, CostCommandArgs& args);
void AddIsocost(Flags& program, IsocostArgs& args);
void AddFit(Flags& program, FitArgs& args);
void AddBench(Flags& program, BenchArgs& args);
void AddCalibrate(Flags& program, CalibrateArgs& args);
void AddModel(Flags& program, ModelArgs& args);
void AddHardware(Flags& program, HardwareArgs& args);
void AddRecords(Flags& program, RecordsArgs& args);
void AddImport(Flags& program, ImportArgs& args);

}  // namespace kinetics::app
