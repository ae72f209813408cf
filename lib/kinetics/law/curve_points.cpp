#include "kinetics/law/curve_points.h"

namespace kinetics {

using Eigen::Index;

std::string_view Name(CurveResidual residual) {
  switch (residual) {
    case CurveResidual::kLinear:
      return "linear";
    case CurveResidual::kLog:
      return "log";
    case CurveResidual::kLog1p:
      return "log1p";
  }
  return "";
}

CurvePoints CurvePoints::Select(std::span<const Index> rows) const {
  CurvePoints selected = {.inputs = inputs};
  const Index n = static_cast<Index>(rows.size());
  selected.x.resize(n, x.cols());
  selected.y.resize(n);
  selected.clusters.reserve(clusters.empty() ? 0 : rows.size());
  for (Index i = 0; i < n; ++i) {
    const Index row = rows[static_cast<size_t>(i)];
    selected.x.row(i) = x.row(row);
    selected.y[i] = y[row];
    if (!clusters.empty()) {
      selected.clusters.push_back(clusters[static_cast<size_t>(row)]);
    }
  }
  return selected;
}

}  // namespace kinetics
