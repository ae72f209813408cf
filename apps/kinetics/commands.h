#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/kinetics/deployment.h"
#include "kinetics/benchmark/suite.h"
#include "kinetics/cost/cost.h"
#include "kinetics/cost/rates.h"
#include "kinetics/cost/token_price.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/io/points.h"
#include "kinetics/law/curve.h"
#include "kinetics/law/law_validate.h"
#include "kinetics/plan/budget.h"
#include "kinetics/records/records.h"
#include "kinetics/render/format.h"
#include "kinetics/render/isocost.h"
#include "kinetics/render/plan.h"

namespace kinetics::app {

/// What the process exit status says once the arguments were sound and nothing was thrown.
enum class Status { kDone = 0, kNothingFits = 3 };

/// Where results and remarks go.
struct Streams {
  std::ostream& out;  ///< Results.
  std::ostream& err;  ///< Everything else.
};

/// Where a command's report goes, and how it is written.
struct OutputArgs {
  Format format = Format::kTable;
  std::optional<std::string> file;  ///< Instead of Streams::out.
  MadeBy made_by;
};

/// How work is counted and becomes time.
struct CostArgs {
  CostOptions options;
  RateOptions rates;
  std::vector<std::string> models;               ///< Names, globs, files or NAME=FILE.
  std::vector<std::string> hardware = {"b200"};  ///< Names or files.
};

struct PlanArgs {
  OutputArgs output;
  CostArgs cost;
  std::optional<std::string> records;  ///< Default: the bundled AIME24 ones, or none beside a law.
  std::optional<std::string> law;      ///< File of a fitted law.
  std::vector<AttentionFilter> attentions;  ///< Empty: all.
  std::vector<ModelPrice> prices;           ///< Of served models.
  CountList samples = CountList::All();
  std::optional<CountList> generation_tokens;
  std::optional<ErrorPolicy> errors;  ///< Default: wrong.
  DeploymentArgs deployment;
  bool oracle = false;
  std::vector<Policy> policies;  ///< Empty: coverage.
  bool growth = false;  ///< How the best allocation grows with the budget, instead of a plan.
  PlanOptions options;
  std::optional<Show> show;
};

struct CostCommandArgs {
  OutputArgs output;
  CostArgs cost;
  DeploymentArgs deployment;
  std::vector<Attention> attentions = {Attention{}};
  int64_t prompt_tokens = 160;
  std::optional<CountList> generation_tokens;
  CountList samples = {.counts = {1}};
  std::optional<std::string> allocations;  ///< CSV file: a line an allocation.
};

/// What other allocations are to cost: an amount, or what a model costs at a number of tokens.
struct IsocostTarget {
  std::string text;              ///< As given.
  std::optional<Budget> amount;  ///< In seconds, eFLOPs, usd, J or gCO2.
  std::string model;
  double generation_tokens = 0;
  std::optional<Attention> attention;  ///< Of `model`; default: that of the others.
};

struct IsocostArgs {
  OutputArgs output;
  CostArgs cost;
  std::optional<Rule> rule;  ///< Default: additive, flops and parameters side by side.
  Attention attention;
  int64_t prompt_tokens = 160;
  int64_t samples = 1;
  std::optional<IsocostTarget> target;
  std::optional<IsocostSolve> solve;           ///< Default: generation tokens.
  bool matrix = false;                         ///< Print costs; nothing is solved for.
  std::optional<CountList> generation_tokens;  ///< To solve for samples at, or of a matrix.
};

struct ModelArgs {
  OutputArgs output;
  std::vector<std::string> models;  ///< Empty: the whole catalogue.
  std::optional<int64_t> context_tokens;
  Dtype kv_dtype = Dtype::kBf16;
  std::optional<Dtype> weight_dtype;  ///< Default: the model's own.
  std::vector<std::string> hardware;  ///< To say what fits.
  DeploymentArgs deployment;          ///< Its devices and memory.
};

struct HardwareArgs {
  OutputArgs output;
  std::vector<std::string> hardware;  ///< Empty: the whole catalogue.
};

struct RecordsArgs {
  OutputArgs output;
  std::string records{kDefaultRecords};
  bool check = false;
  ErrorPolicy errors = ErrorPolicy::kWrong;
};

struct ImportArgs {
  OutputArgs output;
  std::string file;
  std::optional<std::string> task;  ///< Default: the file's name without its ending.
  std::optional<int64_t> max_tokens;
  std::optional<int64_t> prompt_tokens;
};

struct FitCurveArgs {
  OutputArgs output;  ///< The file is the artefact's.
  std::string data;
  std::vector<std::string> x;
  std::string y;
  std::vector<RowFilter> where;
  std::optional<std::string> cluster;
  std::optional<std::string> resamples;  ///< A file.
  std::optional<int64_t> bootstrap;      ///< Default: 1,000.
  std::optional<double> holdout_top;
  std::vector<std::vector<double>> predict;
  CurveFitOptions options;  ///< Form, loss and seed; the rest follows from the above.
};

struct FitCoverageArgs {
  OutputArgs output;
  std::string data;
  std::optional<std::string> group;  ///< Column; default: group, else model.
  std::optional<CountList> k;        ///< Default: see DefaultK.
  int64_t resamples = 1000;
  uint64_t seed = 1;
};

struct FitLawArgs {
  OutputArgs output;
  CostArgs cost;  ///< Models by name or file; the device that costs are validated on.
  std::string records{kDefaultRecords};
  std::optional<std::string> validate;  ///< Other records.
  std::optional<LawFold> cross_validate;
  std::optional<CountList> generation_tokens;  ///< To compare accuracy within them at.
  ErrorPolicy errors = ErrorPolicy::kWrong;
  int64_t bootstrap = 0;  ///< Resamples; 0: the posterior.
  uint64_t seed = 1;
};

/// What `kinetics fit` can fit.
struct FitArgs {
  FitCurveArgs curve;
  FitCoverageArgs coverage;
  FitLawArgs law;
};

struct CalibrateArgs {
  OutputArgs output;                   ///< The file is the artefact's.
  std::vector<std::string> benchmark;  ///< One file, or none to validate.
  std::string hardware;
  std::optional<std::string> validate;  ///< A benchmark file.
  std::optional<int64_t> folds;         ///< Default: 5.
  std::optional<double> holdout;
  uint64_t seed = 1;
};

/// Where kernels run.
enum class Backend { kAuto, kCpu, kCuda };

/// What is measured together.
enum class Suite { kQuick, kFull, kPaper };

struct BenchArgs {
  OutputArgs output;  ///< The file is the artefact's.
  Backend backend = Backend::kAuto;
  std::optional<Suite> suite;   ///< Default: quick.
  std::optional<Operation> op;  ///< This one instead, at `sizes` and a format.
  std::map<std::string, std::optional<int64_t>> sizes;  ///< By key of ShapeFields.
  std::optional<Dtype> kv_dtype;                        ///< Default: FP16.
  std::optional<Dtype> dtype;                           ///< Default: FP16; FP32 for peak_flops.
  std::optional<int64_t> threads;      ///< Default: as many as there are processors.
  std::optional<int64_t> page_tokens;  ///< Default: 128, of the paper 16.
  std::optional<double> seconds;       ///< To sample each measurement at most.
  bool hot = false;                    ///< Operands may be found in a cache.
};

/// One function per command: load, compute, render. Each throws Error.
Status RunPlan(const PlanArgs& args, const Streams& streams);
Status RunCost(const CostCommandArgs& args, const Streams& streams);
Status RunIsocost(const IsocostArgs& args, const Streams& streams);
Status RunModel(const ModelArgs& args, const Streams& streams);
Status RunHardware(const HardwareArgs& args, const Streams& streams);
Status RunRecords(const RecordsArgs& args, const Streams& streams);
Status RunImport(const ImportArgs& args, const Streams& streams);
Status RunFitLaw(const FitLawArgs& args, const Streams& streams);
Status RunFitCoverage(const FitCoverageArgs& args, const Streams& streams);
Status RunBench(const BenchArgs& args, const Streams& streams);
Status RunCalibrate(const CalibrateArgs& args, const Streams& streams);
Status RunFitCurve(const FitCurveArgs& args, const Streams& streams);

/// Reads "3e15eflops", "2s" or "MODEL:TOKENS[:ATTENTION]". Throws Error.
IsocostTarget ParseIsocostTarget(const std::string& text);

/// Parses the arguments, runs the chosen command, and returns the process exit status. Throws
/// Error.
int ParseAndRun(int argc, char** argv, const Streams& streams);

/// Puts a finished report where it belongs.
void Emit(const std::string& report, const OutputArgs& output, const Streams& streams);

/// Tells the user something on one line of Streams::err.
void Note(const std::string& text, const Streams& streams);

}  // namespace kinetics::app
