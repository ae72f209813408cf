#include "kinetics/plan/adaptive_curve.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace kinetics {

AdaptiveCurve::AdaptiveCurve(const Eigen::MatrixXd& accuracy, const Eigen::MatrixXd& costs)
    : questions_(accuracy.rows()) {
  for (Eigen::Index q = 0; q < questions_; ++q) {
    AddQuestion(q, accuracy, costs);
  }
  // Stable: a question's own steps, whose slopes never rise, stay in order.
  std::stable_sort(steps_.begin(), steps_.end(),
                   [](const Step& a, const Step& b) { return a.slope > b.slope; });
  Offer sum;
  vertices_.push_back(sum);
  const double weight = 1 / static_cast<double>(questions_);
  for (const Step& step : steps_) {
    sum.cost += weight * step.cost;
    sum.accuracy += weight * step.gain;
    vertices_.push_back(sum);
  }
}

void AdaptiveCurve::AddQuestion(Eigen::Index question, const Eigen::MatrixXd& accuracy,
                                const Eigen::MatrixXd& costs) {
  struct Point {
    Eigen::Index column;
    double cost;
    double accuracy;
  };
  std::vector<Point> points;
  for (Eigen::Index i = 0; i < accuracy.cols(); ++i) {
    points.push_back({i, costs(question, i), accuracy(question, i)});
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const Point& a, const Point& b) { return a.cost < b.cost; });
  std::vector<Point> hull = {{AdaptiveChoice::kNone, 0, 0}};
  for (const Point& point : points) {
    if (point.accuracy <= hull.back().accuracy) {
      continue;
    }
    const auto is_below = [&hull, &point] {
      const Point& last = hull.back();
      const Point& before = hull[hull.size() - 2];
      return (last.accuracy - before.accuracy) * (point.cost - last.cost) <=
             (point.accuracy - last.accuracy) * (last.cost - before.cost);
    };
    while (hull.size() > 1 && is_below()) {
      hull.pop_back();
    }
    hull.push_back(point);
  }
  double slope = std::numeric_limits<double>::infinity();
  for (size_t i = 1; i < hull.size(); ++i) {
    Step step = {.question = question,
                 .column = hull[i].column,
                 .cost = hull[i].cost - hull[i - 1].cost,
                 .gain = hull[i].accuracy - hull[i - 1].accuracy};
    slope = step.cost > 0 ? std::min(slope, step.gain / step.cost) : slope;
    step.slope = slope;
    steps_.push_back(step);
  }
}

AdaptiveChoice AdaptiveCurve::At(size_t steps) const {
  AdaptiveChoice choice;
  choice.columns.assign(static_cast<size_t>(questions_), AdaptiveChoice::kNone);
  for (size_t i = 0; i < steps; ++i) {
    choice.columns[static_cast<size_t>(steps_[i].question)] = steps_[i].column;
  }
  return choice;
}

AdaptiveChoice AdaptiveCurve::Between(size_t steps, double share) const {
  if (share >= 1) {
    return At(steps + 1);
  }
  AdaptiveChoice choice = At(steps);
  if (share > 0) {
    choice.lot = AdaptiveChoice::Lot{steps_[steps].question, steps_[steps].column, share};
  }
  return choice;
}

AdaptiveChoice AdaptiveCurve::Within(double budget) const {
  const auto above =
      std::partition_point(vertices_.begin(), vertices_.end(),
                           [budget](const Offer& offer) { return offer.cost <= budget; });
  if (above == vertices_.end()) {
    return At(steps_.size());
  }
  const Offer& below = *std::prev(above);
  return Between(static_cast<size_t>(above - vertices_.begin()) - 1,
                 (budget - below.cost) / (above->cost - below.cost));
}

std::optional<AdaptiveChoice> AdaptiveCurve::Reaching(double accuracy) const {
  const auto above = std::partition_point(
      vertices_.begin(), vertices_.end(),
      [accuracy](const Offer& offer) { return offer.accuracy < accuracy - kSameAccuracy; });
  if (above == vertices_.end()) {
    return std::nullopt;
  }
  if (above == vertices_.begin()) {
    return At(0);
  }
  const Offer& below = *std::prev(above);
  return Between(static_cast<size_t>(above - vertices_.begin()) - 1,
                 (accuracy - below.accuracy) / (above->accuracy - below.accuracy));
}

}  // namespace kinetics
