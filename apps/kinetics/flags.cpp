// The only file that includes CLI11: it costs about 8 s to compile.
#include "apps/kinetics/flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "apps/kinetics/parsers.h"
#include "apps/kinetics/version.h"
#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"

namespace kinetics::app {
namespace {

constexpr size_t kHelpColumn = 28;

/// Text for the right column of a help page.
std::string Help(const std::string& text) { return Wrap(text, kTableWidth - kHelpColumn, 0); }

/// Reads a value; what the reader does not like is a usage error.
void Read(const std::string& name, const std::function<void(const std::string&)>& read,
          const std::string& text) {
  try {
    read(text);
  } catch (const Error& e) {
    throw UsageError(name + ": " + e.what());
  }
}

/// CLI11's complaint in our words, with the nearest option where one is unknown.
[[noreturn]] void FailParse(const CLI::App& app, const CLI::ParseError& e) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
  }
  const std::vector<std::string> extras = command->remaining();
  for (const std::string& extra : extras) {
    if (extra.starts_with('-')) {
      std::vector<std::string> names;
      for (const CLI::Option* option : command->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          names.push_back("--" + name);
        }
      }
      throw UsageError("unknown option " + Excerpt(extra) + DidYouMean(extra, names));
    }
  }
  if (!extras.empty()) {
    throw UsageError("unexpected argument '" + Excerpt(extras.back()) + "'");
  }
  const std::string text = e.what();
  const std::string option = text.substr(0, text.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&e) != nullptr && option.starts_with('-')) {
    throw UsageError(option + ": expected one value");
  }
  throw UsageError(text);
}

/// A word at argv[at] that is no command of `app`, before CLI11 takes it for a stray argument; and
/// so on for the commands of that command. `path` is how `app` is called.
void ExpectCommand(const CLI::App& app, int argc, char** argv, int at, const std::string& path) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  if (names.empty()) {
    return;
  }
  const std::string what = at == 1 ? "command" : app.get_name() + " command";
  if (argc <= at) {
    throw UsageError(
        fmt::format("expected a {}: {}; see {} --help", what, JoinAlternatives(names), path));
  }
  const std::string word = argv[at];
  std::vector<std::string> options = {"--help", "-h"};
  if (at == 1) {
    options.emplace_back("--version");
  }
  if (std::find(options.begin(), options.end(), word) != options.end()) {
    return;
  }
  if (std::find(names.begin(), names.end(), word) != names.end()) {
    ExpectCommand(*app.get_subcommand(word), argc, argv, at + 1, path + " " + word);
    return;
  }
  if (word.starts_with('-')) {
    throw UsageError(fmt::format("unknown option {} before a {}{}", Excerpt(word), what,
                                 DidYouMean(word, options)));
  }
  throw UsageError(fmt::format("unknown {} '{}'; expected {}{}", what, Excerpt(word),
                               JoinAlternatives(names), DidYouMean(word, names)));
}

}  // namespace

Flags Flags::AddCommand(const std::string& name, const std::string& help,
                        const std::string& footer) {
  CLI::App* command = app_->add_subcommand(name, Help(help));
  command->footer(footer);
  return {*command, *chosen_};
}

void Flags::Run(const Command& command) {
  app_->callback([command, chosen = chosen_] { *chosen = command; });
}

void Flags::RequireCommand() { app_->require_subcommand(1); }

void Flags::AddReader(const std::string& name, const Reader& read, const std::string& help,
                      const std::string& shape) {
  app_->add_option_function<std::string>(
          name, [name, read](const std::string& text) { Read(name, read, text); }, Help(help))
      ->type_name(shape);
}

void Flags::AddRepeatedReader(const std::string& name, const Reader& read, const std::string& help,
                              const std::string& shape) {
  app_->add_option_function<std::vector<std::string>>(
          name,
          [name, read](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              Read(name, read, text);
            }
          },
          Help(help))
      ->type_name(shape)
      ->allow_extra_args(false);
}

void Flags::AddNames(const std::string& name, std::vector<std::string>& target,
                     const std::string& help, const std::string& shape) {
  app_->add_option(name, target, Help(help))
      ->type_name(shape)
      ->delimiter(',')
      ->allow_extra_args(false);
}

void Flags::AddArguments(const std::string& name, std::vector<std::string>& target,
                         const std::string& help, const std::string& shape) {
  app_->add_option(name, target, Help(help))->type_name(shape)->delimiter(',');
}

void Flags::AddFlag(const std::string& name, bool& target, const std::string& help) {
  app_->add_flag(name, target, Help(help));
}

void Flags::AddOutput(OutputArgs& output, const std::string& file_help) {
  Add("--format", output.format, ParseFormat, "table, json, csv or markdown", "FORMAT");
  AddText("-o,--output", output.file, file_help, "FILE");
}

void Flags::Require(const std::string& name) { app_->get_option(name)->required(); }

std::string BundledRecords() {
  return fmt::format("{} [{}]", JoinAlternatives(RecordsNames()), kDefaultRecords);
}

int ParseAndRun(int argc, char** argv, const Streams& streams) {
  CLI::App app(
      "Plan LLM test-time compute: which model, attention, generation length and\n"
      "number of samples a budget is best spent on.",
      "kinetics");
  app.set_version_flag("--version", VersionText, "print version, commit, CUDA and ISA");
  app.get_formatter()->column_width(kHelpColumn);
  Command chosen;
  PlanArgs plan;
  CostCommandArgs cost;
  IsocostArgs isocost;
  ModelArgs model;
  HardwareArgs hardware;
  RecordsArgs records;
  ImportArgs import_args;
  FitArgs fit;
  BenchArgs bench;
  CalibrateArgs calibrate;
  Flags program(app, chosen);
  program.RequireCommand();
  AddPlan(program, plan);
  AddCost(program, cost);
  AddIsocost(program, isocost);
  AddFit(program, fit);
  AddBench(program, bench);
  AddCalibrate(program, calibrate);
  AddModel(program, model);
  AddHardware(program, hardware);
  AddRecords(program, records);
  AddImport(program, import_args);
  const MadeBy made_by = {.version = Version(), .arguments = {argv + 1, argv + argc}};
  for (OutputArgs* output :
       {&plan.output, &cost.output, &isocost.output, &model.output, &hardware.output,
        &records.output, &import_args.output, &fit.curve.output, &fit.coverage.output,
        &fit.law.output, &bench.output, &calibrate.output}) {
    output->made_by = made_by;
  }
  ExpectCommand(app, argc, argv, 1, "kinetics");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e, streams.out, streams.err);
  } catch (const CLI::ParseError& e) {
    FailParse(app, e);
  }
  return static_cast<int>(chosen(streams));
}

}  // namespace kinetics::app
