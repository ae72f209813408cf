#pragma once

#include "kinetics/law/curve.h"

namespace kinetics {

/// Parts of a CurveFit, from a solution `theta` of `problem` and its resamples.

/// Fills parameters, centre_terms and centre. Throws Error where a parameter overflows.
void ReportParameters(const CurveProblem& problem, const Eigen::VectorXd& theta,
                      const CurveDraws& draws, CurveFit& fit);

/// Fills predictions, one for each row of `x`.
void ReportPredictions(const CurveProblem& problem, const Eigen::VectorXd& theta,
                       const CurveDraws& draws, const Eigen::ArrayXXd& x, CurveFit& fit);

/// Fills errors, and holdout where there are held-out points.
void ReportErrors(const CurveProblem& problem, const Eigen::VectorXd& theta, CurveFit& fit);

/// Fills curve_x and curve_y.
void ReportCurve(const CurveProblem& problem, const Eigen::VectorXd& theta, CurveFit& fit);

/// Adds what the other parts give reason to warn of.
void AddWarnings(CurveFit& fit);

}  // namespace kinetics
