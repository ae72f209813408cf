#include "kinetics/plan/columns.h"

#include "kinetics/plan/select.h"

namespace kinetics {

void SetColumns(size_t questions, size_t columns, Evaluation& evaluation) {
  for (const auto matrix : kEvaluationMatrices) {
    (evaluation.*matrix)
        .setZero(static_cast<Eigen::Index>(questions), static_cast<Eigen::Index>(columns));
  }
}

size_t AddColumns(const std::vector<Allocation>& allocations, Evaluation& evaluation) {
  const size_t first = evaluation.allocations.size();
  const auto added = static_cast<Eigen::Index>(allocations.size());
  ExpectCells(first + allocations.size(), static_cast<size_t>(evaluation.accuracy.rows()));
  evaluation.allocations.insert(evaluation.allocations.end(), allocations.begin(),
                                allocations.end());
  for (const auto member : kEvaluationMatrices) {
    Eigen::MatrixXd& matrix = evaluation.*member;
    matrix.conservativeResize(Eigen::NoChange, matrix.cols() + added);
    matrix.rightCols(added).setZero();
  }
  return first;
}

size_t CopyColumns(const std::vector<size_t>& columns, Evaluation& evaluation) {
  std::vector<Allocation> allocations;
  allocations.reserve(columns.size());
  for (const size_t column : columns) {
    allocations.push_back(evaluation.allocations[column]);
  }
  const size_t first = AddColumns(allocations, evaluation);
  for (const auto member : kEvaluationMatrices) {
    Eigen::MatrixXd& matrix = evaluation.*member;
    for (size_t i = 0; i < columns.size(); ++i) {
      matrix.col(static_cast<Eigen::Index>(first + i)) =
          matrix.col(static_cast<Eigen::Index>(columns[i]));
    }
  }
  return first;
}

void SetCell(size_t question, size_t allocation, double accuracy, const Cost& cost,
             Evaluation& evaluation) {
  const auto row = static_cast<Eigen::Index>(question);
  const auto column = static_cast<Eigen::Index>(allocation);
  evaluation.accuracy(row, column) = accuracy;
  evaluation.seconds(row, column) = cost.seconds.value;
  evaluation.flops(row, column) = TotalFlops(cost.terms).value;
  evaluation.bytes(row, column) = TotalBytes(cost.terms).value;
  evaluation.billed_usd(row, column) = cost.billed_usd;
}

Eigen::MatrixXd CostsIn(const Evaluation& evaluation, CostUnit unit) {
  if (unit == CostUnit::kFlops) {
    return evaluation.flops;
  }
  if (unit == CostUnit::kUsd) {
    // A device without a price may stand where all is billed by tokens.
    const bool has_device = evaluation.seconds.size() > 0 && evaluation.seconds.maxCoeff() > 0;
    const double rate = has_device ? UsdPerSecond(evaluation.rates) : 0;
    return rate * evaluation.seconds + evaluation.billed_usd;
  }
  // What else is counted is counted by the second.
  constexpr Seconds kSecond = {1};
  const Cost second = {.seconds = kSecond, .eflops = kSecond * evaluation.roofline.peak};
  return Measure(second, unit, evaluation.rates) * evaluation.seconds;
}

}  // namespace kinetics
