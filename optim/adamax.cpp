#include <xgrad/optim/adamax.hpp>

#include <cmath>

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, beta1, beta2, eps, weight_decay, maximize };

detail::Description description() {
  return {"Adamax",
          {{"lr", 2e-3, Range::not_negative},
           {"betas.0", 0.9, Range::below_one},
           {"betas.1", 0.999, Range::below_one},
           {"eps", 1e-8, Range::not_negative},
           {"weight_decay", 0, Range::not_negative},
           {"maximize", 0, Range::flag}},
          {{"exp_avg"}, detail::sizes("exp_inf")}};
}

}  // namespace

Adamax::Adamax(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass Adamax::update(Moving& moving, Source at) {
  const double* v = moving.options;
  kernels::AdamaxRule rule;
  rule.decay = v[weight_decay];
  rule.maximize = v[maximize] != 0;
  rule.rate = v[rate] / (1 - std::pow(v[beta1], static_cast<double>(moving.step)));
  rule.beta1 = v[beta1];
  rule.beta2 = v[beta2];
  rule.eps = v[eps];
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {&slot(0, moving), &slot(1, moving)}, rule,
                               at);
}

}  // namespace xgrad::optim
