#include <xgrad/optim/line_search.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace xgrad::optim::detail {
namespace {

constexpr double c1 = 1e-4, c2 = 0.9;

bool flat_enough(const LinePoint& point, const LinePoint& start) { return std::abs(point.slope) <= -c2 * start.slope; }

bool too_high(const LinePoint& point, const LinePoint& start) {
  return point.loss > start.loss + c1 * point.at * start.slope;
}

/// A trial distance, kept away from the ends of the bracket where the last trial was already near one.
double away_from_ends(double t, double a, double b, bool& was_near_end) {
  const double low = std::min(a, b), high = std::max(a, b), margin = 0.1 * (high - low);
  if (std::min(high - t, t - low) >= margin) {
    was_near_end = false;
    return t;
  }
  if (!was_near_end && t < high && t > low) {
    was_near_end = true;
    return t;
  }
  was_near_end = false;
  return std::abs(t - high) < std::abs(t - low) ? high - margin : low + margin;
}

}  // namespace

double cubic_minimum(const LinePoint& a, const LinePoint& b, double low, double high) {
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.at - b.at), d2_square = d1 * d1 - a.slope * b.slope;
  if (!(d2_square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(d2_square);
  const LinePoint &near = a.at <= b.at ? a : b, &far = a.at <= b.at ? b : a;
  const double t = far.at - (far.at - near.at) * ((far.slope + d2 - d1) / (far.slope - near.slope + 2 * d2));
  return std::min(std::max(t, low), high);
}

LinePoint strong_wolfe(const std::function<LinePoint(double)>& evaluate, const LinePoint& start, double first,
                       double reach, double tolerance, std::int64_t most, std::int64_t& calls) {
  LinePoint before = start, now = evaluate(first);
  calls = 1;
  bool bracketed = false;
  std::int64_t tries = 0;
  for (; tries < most; ++tries) {
    if (too_high(now, start) || (tries > 1 && now.loss >= before.loss)) {
      bracketed = true;
      break;
    }
    if (flat_enough(now, start)) return now;
    if (now.slope >= 0) {
      bracketed = true;
      break;
    }
    const double t = cubic_minimum(before, now, now.at + 0.01 * (now.at - before.at), now.at * 10);
    before = std::move(now);
    now = evaluate(t);
    ++calls;
  }
  if (!bracketed) before = start;
  LinePoint ends[2] = {std::move(before), std::move(now)};
  const auto lower = [&] { return ends[0].loss <= ends[1].loss ? 0 : 1; };
  int low = lower();
  bool was_near_end = false;
  for (bool done = false; !done && tries < most; ++tries) {
    const double a = ends[0].at, b = ends[1].at;
    if (std::abs(b - a) * reach < tolerance) break;
    const double t = cubic_minimum(ends[0], ends[1], std::min(a, b), std::max(a, b));
    LinePoint trial = evaluate(away_from_ends(t, a, b, was_near_end));
    ++calls;
    LinePoint &best = ends[low], &other = ends[1 - low];
    if (too_high(trial, start) || trial.loss >= best.loss) {
      other = std::move(trial);
      low = lower();
      continue;
    }
    if (flat_enough(trial, start))
      done = true;
    else if (trial.slope * (other.at - best.at) >= 0)
      other = best;
    best = std::move(trial);
  }
  return ends[low];
}

}  // namespace xgrad::optim::detail
