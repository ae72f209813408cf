#include "kinetics/render/chart.h"

#include "kinetics/core/text.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("a chart has its points at the right height and its lines within 80 columns", "[chart]") {
  const std::string chart =
      AccuracyChart({{0.01, 0, 'a'}, {0.1, 0.5, 'b'}, {10, 1, 'c'}}, CostUnit::kSeconds);
  const std::vector<std::string> lines = Split(chart, '\n');
  REQUIRE(lines.size() == 14);  // 11 rows, axis, labels, and what follows the last line break
  CHECK(lines[0].back() == 'c');
  CHECK(lines[0].substr(0, 9) == "  100 % |");
  CHECK(lines[5].find('b') == 9 + 22);  // a third of 67 columns
  CHECK(lines[10].find('a') == 9);
  for (const std::string& line : lines) {
    CHECK(line.size() <= 80);
    CHECK((line.empty() || line.back() != ' '));
  }
}

TEST_CASE("there is no chart of one cost", "[chart]") {
  CHECK(AccuracyChart({{1, 0.5, 'a'}}, CostUnit::kSeconds).empty());
  CHECK(AccuracyChart({{1, 0.5, 'a'}, {1, 0.6, 'b'}}, CostUnit::kSeconds).empty());
}

}  // namespace
}  // namespace kinetics
