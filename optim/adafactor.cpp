#include <xgrad/optim/adafactor.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/graph/observe.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/exponential.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/norm.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/ternary.hpp>
#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Form;
using detail::Range;

enum : int { rate, beta2_decay, eps1, eps2, threshold, weight_decay, maximize };
constexpr std::size_t row_var = 0, col_var = 1, variance = 2;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

detail::Description description() {
  return {"Adafactor",
          {{"lr", 1e-2, Range::not_negative},
           {"beta2_decay", -0.8, Range::not_positive},
           {"eps.0", none, Range::maybe},
           {"eps.1", 1e-3, Range::not_negative},
           {"d", 1, Range::from_one},
           {"weight_decay", 0, Range::not_negative},
           {"maximize", 0, Range::flag}},
          {detail::sizes("row_var", detail::always, detail::zeros_first, Form::rows),
           detail::sizes("col_var", detail::always, detail::zeros_first, Form::columns),
           detail::sizes("variance", detail::always, detail::zeros_first, Form::of_vector)}};
}

/// The mean of g² along an axis, which is kept.
Tensor mean_square(const Tensor& g, int axis, Source at) {
  return square(norm(g, 2, axis, keepdims, at), at) / Tensor(static_cast<double>(g.shape(axis)));
}

double length(const Tensor& x, Source at) { return norm(x, 2, {}, KeepDims::no, at).item(); }

}  // namespace

AdafactorOptions& AdafactorOptions::eps(std::optional<double> first, double second) {
  return set("eps.0", first.value_or(none)).set("eps.1", second);
}

Adafactor::Adafactor(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

Adafactor::Change Adafactor::change_of(const Moving& moving, Source at) const {
  const double* v = moving.options;
  const Tensor &p = *moving.parameter, &g = moving.gradient;
  Change change;
  if (p.size() == 0) return {coming(row_var, moving), coming(col_var, moving), coming(variance, moving), g, 0};
  const auto t = static_cast<double>(moving.step);
  const double weight = std::pow(t, v[beta2_decay]), root = std::sqrt(static_cast<double>(p.size()));
  const double machine = p.dtype() == float32 ? static_cast<double>(std::numeric_limits<float>::epsilon())
                                              : std::numeric_limits<double>::epsilon();
  const double least = std::isnan(v[eps1]) ? machine : v[eps1];
  Tensor moment;
  if (p.rank() > 1) {
    change.rows = lerp(coming(row_var, moving), mean_square(g, -1, at), weight, at);
    change.columns = lerp(coming(col_var, moving), mean_square(g, -2, at), weight, at);
    moment = matmul(change.rows, change.columns, at) / clamp_min(mean(change.rows, -2, keepdims, at), least, at);
  } else {
    change.variance = lerp(coming(variance, moving), square(g, at), weight, at);
    moment = change.variance;
  }
  change.direction = rsqrt(clamp_min(moment, least * least, at), at) * g;
  change.rate = std::min(v[rate], 1 / std::sqrt(t)) * std::max(v[eps2], length(p, at) / root) /
                std::max(1.0, length(change.direction, at) / (root * v[threshold]));
  return change;
}

void Adafactor::prepare(const std::vector<Moving>& moving, Source at) {
  const xgrad::detail::Unobserved unobserved;
  changes_.clear();
  for (auto each = moving.rbegin(); each != moving.rend(); ++each) changes_.push_back(change_of(*each, at));
}

kernels::UpdatePass Adafactor::update(Moving& moving, Source at) {
  const double* v = moving.options;
  Change change = std::move(changes_.back());
  changes_.pop_back();
  keep(row_var, moving, change.rows);
  keep(col_var, moving, change.columns);
  keep(variance, moving, change.variance);
  kernels::PlainRule rule;
  rule.shrink = 1 - v[rate] * v[weight_decay];
  rule.maximize = v[maximize] != 0;
  rule.rate = change.rate;
  moving.gradient = std::move(change.direction);
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {}, rule, at);
}

}  // namespace xgrad::optim
