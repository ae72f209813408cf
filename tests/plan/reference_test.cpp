// Values from outside: tables published with arXiv 2506.05333, and reference values worked out
// independently on the bundled records.
#include "kinetics/core/text.h"
#include "kinetics/io/catalogue.h"
#include "kinetics/io/csv.h"
#include "kinetics/plan/oracle.h"
#include "kinetics/plan/plan.h"
#include "tests/test.h"

namespace kinetics {
namespace {

const CountList kPaperSamples = {.counts = {1, 2, 4, 8, 16, 32}};

struct Planning {
  Records records = LoadRecords("aime24-qwen3");
  Hardware hardware = LoadHardware("b200-paper");
  std::vector<PlannedRun> runs;
  Evaluation evaluation;

  explicit Planning(const std::optional<AttentionKind>& kind,
                    Convention convention = Convention::kExact) {
    for (const Run& run : records.runs) {
      if (!kind || run.attention->kind == *kind) {
        runs.push_back({.run = &run, .model = LoadModel(run.model)});
      }
    }
    evaluation =
        Evaluate(records, runs, {.samples = kPaperSamples}, hardware, {.convention = convention});
  }
};

/// Reads an attention of the published table's columns.
std::string SpecOf(const std::vector<std::string>& cells) {
  const std::string local = cells[2] == "0" ? "" : "+" + cells[2];
  if (cells[1] == "topk") {
    return "topk:" + cells[3] + local;
  }
  return cells[1] == "dense" ? "dense" : "block_topk:" + cells[4] + "x" + cells[5] + local;
}

/// Holds every row of a published table against the plan's own figures; returns the number of rows.
size_t CheckPublishedRows(const std::string& text) {
  const Planning planning(std::nullopt, Convention::kPublished);
  const CsvTable table = ParseCsv(text, "published costs");
  for (const CsvRow& row : table.rows) {
    const auto column = [&](std::string_view name) {
      const auto found = std::find(table.columns.begin(), table.columns.end(), name);
      REQUIRE(found != table.columns.end());
      return *ParseNumber(row.cells[static_cast<size_t>(found - table.columns.begin())]);
    };
    INFO("row at line " << row.line);
    const std::string spec = SpecOf(row.cells);
    const auto allocation =
        std::find_if(planning.evaluation.allocations.begin(), planning.evaluation.allocations.end(),
                     [&](const Allocation& a) {
                       const Run& run = *planning.runs[a.run].run;
                       return run.model == row.cells[0] && FormatSpec(*run.attention) == spec &&
                              a.samples == static_cast<int64_t>(column("samples"));
                     });
    REQUIRE(allocation != planning.evaluation.allocations.end());
    const auto i = allocation - planning.evaluation.allocations.begin();
    const auto q = static_cast<Eigen::Index>(column("question"));
    const Evaluation& e = planning.evaluation;
    const double eflops = e.seconds(q, i) * planning.evaluation.roofline.peak.value;
    CHECK(e.accuracy(q, i) == Approx(column("coverage")).margin(1e-12));
    CHECK(e.flops(q, i) == Approx(1e12 * column("compute_tflops")).epsilon(1e-12));
    CHECK(eflops - e.flops(q, i) == Approx(1e12 * column("memory_teflops")).epsilon(1e-12));
  }
  return table.rows.size();
}

TEST_CASE("published costs and coverages are reproduced to 1e-12 (sample)", "[reference]") {
  CHECK(CheckPublishedRows(test::SourceFile("tests/data/published-costs-sample.csv")) == 61);
}

TEST_CASE("published costs and coverages are reproduced to 1e-12 (all)", "[reference]") {
  if (const auto text = test::ReferenceFile("kinetics-published-costs.csv")) {
    CHECK(CheckPublishedRows(*text) == 5910);
  }
}

/// Four digits, as the reference tables print.
double Rounded(double x) { return std::round(x * 1e4) / 1e4; }

TEST_CASE("oracle allocation gives the reference accuracies", "[reference]") {
  const std::vector<double> budgets = {.02, .05, .1, .15, .2, .3, .5, 1, 2, 5, 10, 20};
  struct Row {
    AttentionKind kind;
    std::vector<double> accuracy;
  };
  for (const Row& row : {
           Row{AttentionKind::kDense,
               {0, 0, 0, 0, .0667, .1333, .2333, .3956, .5896, .7572, .8238, .8554}},
           Row{AttentionKind::kTopk,
               {.15, .3052, .5833, .6743, .7201, .7538, .7949, .8310, .8745, .9262, .9333, .9333}},
           Row{AttentionKind::kBlockTopk,
               {0, .1, .3240, .3646, .3923, .6046, .7052, .7617, .8022, .8317, .85, .8667}},
       }) {
    INFO(Name(row.kind));
    const Planning planning(row.kind);
    PlanOptions options = {.bootstrap = 0};
    for (const double seconds : budgets) {
      options.budgets.push_back({.value = seconds});
    }
    const OraclePlan plan = MakeOraclePlan(planning.evaluation, planning.runs, options);
    for (size_t i = 0; i < budgets.size(); ++i) {
      INFO(budgets[i] << " s");
      CHECK(Rounded(plan.rows[i].accuracy) == Approx(row.accuracy[i]).margin(1e-9));
    }
  }
}

struct FrontierPoint {
  double seconds, accuracy;
  const char* model;
  const char* attention;
  int64_t samples;
};

void CheckPoint(const PlanRow& row, const FrontierPoint& point) {
  INFO(point.model << " " << point.attention << " x " << point.samples);
  CHECK(row.cost.seconds.value == Approx(point.seconds).margin(0.5e-6));
  CHECK(Rounded(row.accuracy) == Approx(point.accuracy).margin(1e-9));
  CHECK(row.model == point.model);
  CHECK(FormatSpec(row.attention.value()) == point.attention);
  CHECK(row.samples == point.samples);
}

TEST_CASE("uniform allocation gives the reference frontier of dense attention", "[reference]") {
  const Planning planning(AttentionKind::kDense);
  const Plan plan = MakePlan(planning.evaluation, planning.runs, {.bootstrap = 0});
  const std::vector<FrontierPoint> points = {
      {1.870249, .1146, "Qwen3-0.6B", "dense", 1}, {2.171280, .4583, "Qwen3-1.7B", "dense", 1},
      {2.226405, .7958, "Qwen3-14B", "dense", 1},  {3.321619, .8208, "Qwen3-32B", "dense", 1},
      {4.403192, .8356, "Qwen3-14B", "dense", 2},  {6.568290, .8631, "Qwen3-32B", "dense", 2},
      {13.061632, .8971, "Qwen3-32B", "dense", 4}, {26.048315, .9333, "Qwen3-32B", "dense", 8}};
  REQUIRE(plan.frontier.size() == points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    CheckPoint(plan.frontier[i], points[i]);
  }
}

TEST_CASE("uniform allocation gives the reference points of all attentions", "[reference]") {
  const Planning planning(std::nullopt);
  const Plan plan = MakePlan(planning.evaluation, planning.runs, {.bootstrap = 0});
  const std::vector<FrontierPoint> points = {{.007454, .0260, "Qwen3-0.6B", "topk:32", 1},
                                             {.073511, .5656, "Qwen3-4B", "topk:128", 1},
                                             {1.537059, .8995, "Qwen3-32B", "topk:512", 4},
                                             {3.074118, .9333, "Qwen3-32B", "topk:512", 8}};
  CheckPoint(plan.frontier.front(), points.front());
  CheckPoint(plan.frontier.back(), points.back());
  for (const FrontierPoint& point : points) {
    const auto row = std::find_if(
        plan.frontier.begin(), plan.frontier.end(),
        [&](const PlanRow& r) { return std::abs(r.cost.seconds.value - point.seconds) < 1e-6; });
    REQUIRE(row != plan.frontier.end());
    CheckPoint(*row, point);
  }
}

// Means over questions under the published convention, one sample: sanity values measured on the
// published tables.
TEST_CASE("dense runs have the published mean cost, length and coverage", "[reference]") {
  struct Row {
    const char* model;
    double coverage_at_1, coverage_at_max, compute_tflop, memory_tflop;
  };
  const Planning planning(AttentionKind::kDense, Convention::kPublished);
  for (const Row& row :
       {Row{"Qwen3-0.6B", .1146, .4667, 51.2, 8369}, Row{"Qwen3-1.7B", .4583, .7667, 96.4, 9684},
        Row{"Qwen3-4B", .7167, .8667, 177.2, 10013}, Row{"Qwen3-8B", .7521, .9, 305.5, 10851},
        Row{"Qwen3-14B", .7958, .9, 438.2, 9589}, Row{"Qwen3-32B", .8208, .9333, 960.3, 14005}}) {
    INFO(row.model);
    const Allocation* first = nullptr;
    const Allocation* last = nullptr;
    for (const Allocation& allocation : planning.evaluation.allocations) {
      if (planning.runs[allocation.run].run->model == row.model) {
        first = first == nullptr ? &allocation : first;
        last = &allocation;
      }
    }
    REQUIRE(first != nullptr);
    const double flops = TotalFlops(first->cost.terms).value;
    CHECK(Rounded(first->accuracy) == Approx(row.coverage_at_1).margin(1e-9));
    CHECK(Rounded(last->accuracy) == Approx(row.coverage_at_max).margin(1e-9));
    CHECK(flops / 1e12 == Approx(row.compute_tflop).margin(0.05));
    CHECK((first->cost.eflops.value - flops) / 1e12 == Approx(row.memory_tflop).margin(0.5));
  }
}

}  // namespace
}  // namespace kinetics
