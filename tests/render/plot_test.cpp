#include "kinetics/render/plot.h"

#include <limits>

#include "kinetics/core/text.h"
#include "tests/test.h"

namespace kinetics {
namespace {

TEST_CASE("a plot has its points at the right place and its lines within 80 columns", "[plot]") {
  const std::string plot = Plot({{.x = {1, 10, 100}, .y = {0, 0, 0}, .mark = '.'},
                                 {.x = {1, 100}, .y = {0, 12}, .mark = 'o'}});
  const std::vector<std::string> lines = Split(plot, '\n');
  REQUIRE(lines.size() == 16);  // 13 rows, axis, labels, and what follows the last line break
  CHECK(lines[0] == "         12 |" + std::string(65, ' ') + "o");
  CHECK(lines[12].substr(0, 14) == "          0 |o");
  CHECK(lines[12].find('.') == 13 + 33);
  CHECK(lines[13].size() == 13 + 66);
  for (const std::string& line : lines) {
    CHECK(line.size() <= 80);
    CHECK((line.empty() || line.back() != ' '));
  }
}

TEST_CASE("there is no plot of one x, one y, or numbers that are none", "[plot]") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(Plot({}).empty());
  CHECK(Plot({{.x = {1, 1}, .y = {0, 1}}}).empty());
  CHECK(Plot({{.x = {1, 2}, .y = {1, 1}}}).empty());
  CHECK(Plot({{.x = {1, 2}, .y = {1, inf}}}).empty());
}

}  // namespace
}  // namespace kinetics
