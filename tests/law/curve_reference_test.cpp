// Values from outside: optima that several optimisers agree on, and published fits.
#include <cstdlib>
#include <map>

#include "kinetics/core/text.h"
#include "kinetics/io/csv.h"
#include "kinetics/io/file.h"
#include "kinetics/io/points.h"
#include "kinetics/law/curve.h"
#include "kinetics/law/curve_solver.h"
#include "tests/test.h"

namespace kinetics {
namespace {

const CurveLoss kLogHuber = {.residual = CurveResidual::kLog, .huber = 1e-3};

CurvePoints Chinchilla(const std::string& text, const std::vector<std::string>& where) {
  PointsOptions options;
  options.x = {"parameters", "tokens"};
  options.y = "loss";
  for (const std::string& condition : where) {
    options.filters.push_back(ParseRowFilter(condition));
  }
  return ReadPoints(text, "chinchilla-epoch.csv", options).points;
}

CurveFit FitForm(CurveForm form, const CurvePoints& points, const CurveLoss& loss) {
  CurveFitOptions options = {.form = form, .loss = loss};
  CurveSplit split;
  split.fitted = points;
  return FitCurve(split, options);
}

void CheckParameters(const CurveFit& fit, const std::vector<double>& expected, double epsilon) {
  REQUIRE(fit.parameters.size() == expected.size());
  CHECK(fit.converged);
  for (size_t k = 0; k < expected.size(); ++k) {
    INFO(fit.parameters[k].name);
    CHECK(fit.parameters[k].estimate.value == Approx(expected[k]).epsilon(epsilon));
  }
}

// Five digits are given: half a unit of the last is at most 5e-5 of the value.
TEST_CASE("the Chinchilla optimum is found from one call", "[curve][reference]") {
  const auto text = test::ReferenceFile("fitting/chinchilla-epoch.csv");
  if (!text) {
    return;
  }
  const CurvePoints without_outliers = Chinchilla(*text, {"loss<3.44"});
  REQUIRE(without_outliers.y.size() == 240);
  const CurveFit fit = FitForm(CurveForm::kTwoTermPower, without_outliers, kLogHuber);
  CHECK(fit.objective == Approx(1.0182740178006e-3).epsilon(1e-12));
  CheckParameters(fit, {1.817218, 477.8259, 2143.4174, 0.34731050, 0.36717243}, 5e-7);
  CHECK(fit.warnings.empty());
  CHECK(fit.procedure.agreeing == fit.procedure.start_objectives.size());
  CHECK(*fit.procedure.solver_objective == Approx(fit.objective).epsilon(1e-12));

  const CurveFit all = FitForm(CurveForm::kTwoTermPower, Chinchilla(*text, {}), kLogHuber);
  CHECK(all.points == 245);
  CHECK(all.objective == Approx(1.8260105230693e-3).epsilon(1e-12));
  CheckParameters(all, {1.891338, 495.7260, 12845.613, 0.3493129, 0.4530493}, 5e-7);
}

TEST_CASE("least squares on the Chinchilla points gives the reference values",
          "[curve][reference]") {
  const auto text = test::ReferenceFile("fitting/chinchilla-epoch.csv");
  if (!text) {
    return;
  }
  const CurvePoints without_outliers = Chinchilla(*text, {"loss<3.44"});
  const CurveFit log =
      FitForm(CurveForm::kTwoTermPower, without_outliers, {.residual = CurveResidual::kLog});
  CHECK(2 * log.objective == Approx(0.01146188699).epsilon(1e-9));
  CheckParameters(log, {1.864550, 593.3221, 4875.637, 0.360253, 0.405883}, 2e-6);

  // The same with N in millions and D in billions, and residuals of the loss itself.
  for (const bool has_outliers : {false, true}) {
    CurvePoints points = has_outliers ? Chinchilla(*text, {}) : without_outliers;
    points.x.col(0) /= 1e6;
    points.x.col(1) /= 1e9;
    const CurveFit linear = FitForm(CurveForm::kTwoTermPower, points, {});
    CHECK(2 * linear.objective == Approx(has_outliers ? 0.84377381 : 0.083203808).epsilon(1e-7));
    CheckParameters(linear,
                    has_outliers
                        ? std::vector<double>{2.01057, 4.38289, 1.13058, 0.368436, 0.661397}
                        : std::vector<double>{1.88281, 4.05984, 1.07446, 0.357615, 0.427621},
                    5e-6);
  }
}

/// The reference resamples, unpacked; nullopt where the reference is absent.
std::optional<std::string> BootstrapIndices() {
  const std::string name = "fitting/chinchilla-bootstrap-indices.txt.gz";
  const auto packed = test::ReferenceFile(name);
  if (!packed) {
    return std::nullopt;
  }
  const test::TemporaryFolder folder;
  const std::string file = folder.Write("indices.gz", *packed);
  const std::string out = folder.Path("indices");
  REQUIRE(std::system(("gzip -dc '" + file + "' >'" + out + "'").c_str()) == 0);
  return ReadFile(out);
}

TEST_CASE("the reference resamples give the reference errors and intervals",
          "[curve][reference][long]") {
  const auto text = test::ReferenceFile("fitting/chinchilla-epoch.csv");
  const auto indices = BootstrapIndices();
  if (!text || !indices) {
    return;
  }
  CurveFitOptions options = {.form = CurveForm::kTwoTermPower, .loss = kLogHuber};
  options.resamples.given = ReadResamples(*indices, "indices", 240);
  REQUIRE(options.resamples.given.size() == 4000);
  CurveSplit split;
  split.fitted = Chinchilla(*text, {"loss<3.44"});
  const CurveFit fit = FitCurve(split, options);
  CHECK(fit.procedure.not_converged == 0);
  CHECK(fit.procedure.left_out == 0);
  struct Expected {
    double standard_error, low, high, margin;
  };
  // Errors to the digits given; intervals to half a unit of their last digit.
  const std::vector<Expected> expected = {{0.02566, 1.769, 1.871, 5e-4},
                                          {124.4929, 286.0855, 743.6087, 5e-5},
                                          {1293.154, 1042.368, 5810.345, 5e-4},
                                          {0.01540, 0.317, 0.373, 5e-4},
                                          {0.02059, 0.331, 0.415, 5e-4}};
  for (size_t k = 0; k < expected.size(); ++k) {
    const Estimate& estimate = fit.parameters[k].estimate;
    INFO(fit.parameters[k].name);
    CHECK(*estimate.standard_error == Approx(expected[k].standard_error).epsilon(3e-4));
    CHECK(estimate.interval->low == Approx(expected[k].low).margin(1.01 * expected[k].margin));
    CHECK(estimate.interval->high == Approx(expected[k].high).margin(1.01 * expected[k].margin));
  }
}

TEST_CASE("the small solver reaches Ceres' optimum on reference resamples", "[curve][reference]") {
  const auto text = test::ReferenceFile("fitting/chinchilla-epoch.csv");
  const auto indices = BootstrapIndices();
  if (!text || !indices) {
    return;
  }
  const CurveProblem problem(Spec(CurveForm::kTwoTermPower), Chinchilla(*text, {"loss<3.44"}),
                             kLogHuber);
  const std::vector<double> once(240, 1.0);
  const Eigen::VectorXd start = Starts(problem, StartAxes(problem), 1, 1).front();
  const Eigen::VectorXd optimum = Solve(problem, start).theta;
  SolverOptions tight;
  tight.function_tolerance = 1e-15;
  tight.parameter_tolerance = 1e-15;
  const auto resamples = ReadResamples(*indices, "indices", 240);
  constexpr size_t kStride = 40;  // All 4,000 take half a minute of Ceres.
  for (size_t r = 0; r < resamples.size(); r += kStride) {
    INFO("resample " << r);
    const CurveProblem resample = problem.Subset(resamples[r], once);
    const CurveSolution ours = Solve(resample, optimum);
    const Solution ceres = Minimize(resample.ForSolver(), optimum, tight);
    CHECK(ours.converged);
    CHECK(ours.objective == Approx(ceres.objective).epsilon(1e-9));
  }
}

/// Caballero et al., arXiv 2210.14891: four-digit addition.
CurvePoints FourDigitAddition() {
  CurvePoints points;
  points.inputs = {"x"};
  points.x.resize(17, 1);
  points.x << 160, 192, 256, 320, 384, 448, 480, 512, 544, 576, 608, 640, 672, 736, 800, 864, 928;
  points.y.resize(17);
  points.y << 2.13809046, 2.11813418, 2.08955508, 2.06988398, 2.05404987, 2.03837089, 2.02814281,
      2.00496872, 1.95576149, 1.86313841, 1.70891537, 1.50637664, 1.29754721, 0.96559684,
      0.75856477, 0.64768338, 0.55695445;
  return points;
}

TEST_CASE("a broken power law is found and extrapolates as published, whatever the seed",
          "[curve][reference]") {
  // Three of 17 points are held out.
  const CurveSplit split = HoldOutTop(FourDigitAddition(), 0.18);
  REQUIRE(split.held_out.y.size() == 3);
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    CurveFitOptions options = {.form = CurveForm::kBrokenPower};
    options.loss.residual = CurveResidual::kLog1p;
    options.seed = seed;
    const CurveFit fit = FitCurve(split, options);
    CheckParameters(fit, {0.4138837, 2.277273, 0.0550773, 5.662896, 612.58357, 0.0591930}, 5e-6);
    CHECK(2 * fit.objective == Approx(2.26745852e-6).epsilon(1e-8));
    CHECK(*fit.errors.root_mean_square_log == Approx(5.98487e-4).epsilon(1e-5));
    CHECK(*fit.holdout->root_mean_square_log == Approx(0.0109157).epsilon(1e-5));
    CHECK(fit.procedure.agreeing >= 3);
  }
}

TEST_CASE("accuracy at a token budget follows the reference log-normal curve",
          "[curve][reference]") {
  // gpt-5-2025-08-07 (high) on OTIS Mock AIME: right and at most B tokens long, of 360.
  CurvePoints points;
  points.inputs = {"tokens"};
  points.x.resize(9, 1);
  points.x << 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072;
  points.y.resize(9);
  points.y << 0, 0, 8, 67, 138, 240, 302, 328, 329;
  points.y /= 360;
  const CurveFit fit = FitForm(CurveForm::kLogNormalCdf, points, {});
  CHECK(2 * fit.objective == Approx(1.29e-3).margin(5e-6));
  REQUIRE(fit.parameters.size() == 3);
  CHECK(fit.parameters[0].estimate.value == Approx(0.9218).margin(5e-5));
  CHECK(fit.parameters[1].estimate.value == Approx(9.1704).margin(5e-5));
  CHECK(fit.parameters[2].estimate.value == Approx(0.9167).margin(5e-5));
}

/// The k of Schaeffer et al. (ICML 2025), as fitting.md lists them.
std::vector<double> SchaefferK() {
  std::vector<double> k;
  const auto range = [&k](int from, int to, int step) {
    for (int value = from; value <= to; value += step) {
      k.push_back(value);
    }
  };
  range(1, 10, 1);
  range(12, 20, 2);
  range(24, 56, 4);
  range(64, 64, 1);
  range(68, 100, 4);
  range(105, 150, 5);
  for (const int value :
       {156, 162, 168, 175, 182, 189, 193, 200, 216, 233, 267, 300, 333, 367, 400, 433, 467, 500}) {
    k.push_back(value);
  }
  range(550, 1000, 50);
  for (const int value :
       {1067, 1133, 1200, 1367, 1500, 1750, 2000, 2333, 2667, 3000, 3333, 3667, 4000, 4333, 4667,
        5000, 5333, 5667, 6000, 6333, 6667, 7000, 7333, 7667, 8000, 8500, 9000, 9500, 10000}) {
    k.push_back(value);
  }
  return k;
}

/// Mean over problems of 1 - C(n - c, k) / C(n, k).
double Coverage(const std::vector<double>& solved, double n, double k) {
  double sum = 0;
  for (const double c : solved) {
    sum += c > n - k ? 1
                     : -std::expm1(std::lgamma(n - c + 1) + std::lgamma(n - k + 1) -
                                   std::lgamma(n - c - k + 1) - std::lgamma(n + 1));
  }
  return sum / static_cast<double>(solved.size());
}

TEST_CASE("exponential power laws of coverage are the reference ones", "[curve][reference]") {
  const auto text = test::ReferenceFile("fitting/pythia-math-counts.csv");
  if (!text) {
    return;
  }
  std::map<std::string, std::vector<double>> solved;
  for (const CsvRow& row : ParseCsv(*text, "counts").rows) {
    solved[row.cells[0]].push_back(*ParseNumber(row.cells[3]));
  }
  struct Row {
    const char* model;
    double a, b, squares;
  };
  const std::vector<double> k = SchaefferK();
  REQUIRE(k.size() == 101);
  for (const Row& row : {Row{"Pythia 70M", -8.308611, -0.199433, 7.5809664e-5},
                         Row{"Pythia 410M", -5.490962, -0.286505, 0.0094145681},
                         Row{"Pythia 1B", -5.570135, -0.318714, 0.0041626476},
                         Row{"Pythia 6.9B", -4.411263, -0.357305, 0.012089364}}) {
    INFO(row.model);
    REQUIRE(solved[row.model].size() == 128);
    CurvePoints points;
    points.inputs = {"k"};
    points.x.resize(101, 1);
    points.y.resize(101);
    for (size_t i = 0; i < k.size(); ++i) {
      const auto at = static_cast<Eigen::Index>(i);
      points.x(at, 0) = k[i];
      points.y[at] = Coverage(solved[row.model], 10000, k[i]);
    }
    const CurveFit fit = FitForm(CurveForm::kExponentialPower, points, {});
    CHECK(2 * fit.objective == Approx(row.squares).epsilon(1e-7));
    CHECK(fit.parameters[0].estimate.value == Approx(row.a).margin(1e-6));
    CHECK(fit.parameters[1].estimate.value == Approx(row.b).margin(1e-6));
  }
}

}  // namespace
}  // namespace kinetics
