#pragma once

#include <string>

#include "kinetics/law/curve.h"
#include "kinetics/render/format.h"
#include "kinetics/render/table.h"

namespace kinetics {

/// A fit in the schema kinetics.fit/1.
std::string CurveFitJson(const CurveFit& fit, const CurveSource& source, const MadeBy& made_by);

/// A fit for a terminal: what was done, parameters and predictions with their errors, a picture of
/// points and curve where there is one input, and warnings.
std::string CurveFitText(const CurveFit& fit, const CurveSource& source, const MadeBy& made_by);

/// Any format. CSV has a line a parameter and a line a prediction; Markdown a table of each.
std::string RenderCurveFit(const CurveFit& fit, const CurveSource& source, Format format,
                           const MadeBy& made_by);

/// Parameters with their errors, at a precision for people.
Table CurveParametersTable(const CurveFit& fit);
/// Predictions with theirs.
Table CurvePredictionsTable(const CurveFit& fit);

/// "squared" or "huber:0.001".
std::string LossText(const CurveLoss& loss);
/// The inputs of a prediction as they are given: "1e9" or "1e9:2e10".
std::string InputsText(const Eigen::VectorXd& x);

}  // namespace kinetics
