#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kinetics/law/curve_points.h"

namespace kinetics {

/// A condition on the rows of a table: `column` against `value`, as numbers where both are (for <,
/// <=, > and >= they must be), else as text.
struct RowFilter {
  enum class Comparison { kLess, kAtMost, kMore, kAtLeast, kEqual, kDifferent };
  std::string text;  ///< As given.
  std::string column;
  Comparison comparison = Comparison::kEqual;
  std::string value;
};

/// Reads "loss<3.44": a column, one of < <= > >= = !=, a value. Throws Error.
RowFilter ParseRowFilter(const std::string& text);

/// Which columns of a table hold the points of a curve.
struct PointsOptions {
  std::vector<std::string> x;
  std::string y;
  std::optional<std::string> cluster;
  std::vector<RowFilter> filters;  ///< Rows that do not meet all are left out, unread.
  CurveResidual residual = CurveResidual::kLinear;
};

struct PointsTable {
  CurvePoints points;  ///< In the file's order.
  CurveSource source;
};

/// Reads points from CSV. `source` names the text in errors. Throws Error, naming line and column,
/// where a column is missing, x is not a number above 0, or y is not a number whose residual is
/// defined; also where no row is left.
PointsTable ReadPoints(std::string_view text, const std::string& source,
                       const PointsOptions& options);

/// Reads resamples of `points` points: one a line, as many 0-based row numbers between blanks as
/// there are points. Empty lines are skipped. Throws Error, naming the line.
std::vector<std::vector<Eigen::Index>> ReadResamples(std::string_view text,
                                                     const std::string& source,
                                                     Eigen::Index points);

}  // namespace kinetics
