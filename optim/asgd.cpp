#include <xgrad/optim/asgd.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, lambd, alpha, t0, weight_decay, maximize };

detail::Description description() {
  return {"ASGD",
          {{"lr", 1e-2, Range::not_negative},
           {"lambd", 1e-4, Range::not_negative},
           {"alpha", 0.75, Range::finite},
           {"t0", 1e6, Range::finite},
           {"weight_decay", 0, Range::not_negative},
           {"maximize", 0, Range::flag}},
          {{"ax"}},
          {{"eta", 0, std::numeric_limits<double>::max()}, {"mu", 0, 1}}};
}

}  // namespace

ASGD::ASGD(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass ASGD::update(Moving& moving, Source at) {
  const double* v = moving.options;
  double &eta = number(0, moving), &mu = number(1, moving);
  if (moving.is_new) {
    eta = v[rate];
    mu = 1;
  }
  kernels::ASGDRule rule;
  rule.decay = v[weight_decay];
  rule.maximize = v[maximize] != 0;
  rule.shrink = 1 - v[lambd] * eta;
  rule.rate = eta;
  rule.weight = mu;
  const auto t = static_cast<double>(moving.step);
  eta = v[rate] / std::pow(1 + v[lambd] * v[rate] * t, v[alpha]);
  mu = 1 / std::max(1.0, t - v[t0]);
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {&slot(0, moving)}, rule, at);
}

}  // namespace xgrad::optim
