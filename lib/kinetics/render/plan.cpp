#include "kinetics/render/plan.h"

namespace kinetics {

std::string RenderPlan(const PlanReport& report, Format format, const MadeBy& made_by) {
  switch (format) {
    case Format::kTable:
      return PlanTable(report);
    case Format::kJson:
      return PlanJson(report, made_by);
    case Format::kCsv:
      return PlanCsv(report);
    case Format::kMarkdown:
      return PlanMarkdown(report);
  }
  return "";
}

}  // namespace kinetics
