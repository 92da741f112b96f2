#include <xgrad/optim/lion.hpp>

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, beta1, beta2, weight_decay, maximize };

detail::Description description() {
  return {"Lion",
          {{"lr", 1e-4, Range::not_negative},
           {"betas.0", 0.9, Range::below_one},
           {"betas.1", 0.99, Range::below_one},
           {"weight_decay", 0, Range::not_negative},
           {"maximize", 0, Range::flag}},
          {{"exp_avg"}},
          {},
          false};
}

}  // namespace

Lion::Lion(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass Lion::update(Moving& moving, Source at) {
  const double* v = moving.options;
  kernels::LionRule rule;
  rule.shrink = 1 - v[rate] * v[weight_decay];
  rule.maximize = v[maximize] != 0;
  rule.rate = v[rate];
  rule.beta1 = v[beta1];
  rule.beta2 = v[beta2];
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {&slot(0, moving)}, rule, at);
}

}  // namespace xgrad::optim
