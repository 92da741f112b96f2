#pragma once

// For this room's sources only: the line search of LBFGS.

#include <functional>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::optim::detail {

/// A point on the line: how far along the direction, the loss, its gradient and its slope along the direction.
struct LinePoint {
  double at = 0, loss = 0;
  Tensor gradient;
  double slope = 0;
};

/// The minimum of the cubic through two points with their slopes, within [low, high]; the middle where it has none.
double cubic_minimum(const LinePoint& a, const LinePoint& b, double low, double high);

/// A point that satisfies the strong Wolfe conditions with c1 = 1e-4, c2 = 0.9 (Nocedal and Wright 2006, algorithms 3.5
/// and 3.6), or the best found in `most` calls. `start` is the point at 0, `first` the first distance to try, `reach`
/// the greatest element of the direction; evaluate(t) gives the point at t. `calls` counts its calls.
LinePoint strong_wolfe(const std::function<LinePoint(double)>& evaluate, const LinePoint& start, double first,
                       double reach, double tolerance, std::int64_t most, std::int64_t& calls);

}  // namespace xgrad::optim::detail
