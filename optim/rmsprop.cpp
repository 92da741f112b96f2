#include <xgrad/optim/rmsprop.hpp>

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, alpha, eps, weight_decay, momentum, centered, maximize };

detail::Description description() {
  return {"RMSprop",
          {{"lr", 1e-2, Range::not_negative},
           {"alpha", 0.99, Range::up_to_one},
           {"eps", 1e-8, Range::not_negative},
           {"weight_decay", 0, Range::not_negative},
           {"momentum", 0, Range::not_negative},
           {"centered", 0, Range::flag},
           {"maximize", 0, Range::flag}},
          {detail::sizes("square_avg"), {"momentum_buffer", momentum}, {"grad_avg", centered}}};
}

}  // namespace

RMSprop::RMSprop(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass RMSprop::update(Moving& moving, Source at) {
  const double* v = moving.options;
  kernels::RMSpropRule rule;
  rule.decay = v[weight_decay];
  rule.maximize = v[maximize] != 0;
  rule.rate = v[rate];
  rule.alpha = v[alpha];
  rule.eps = v[eps];
  rule.momentum = v[momentum];
  rule.centered = v[centered] != 0;
  // Slots that these options do not use may still hold what others have left, in another dtype.
  const Tensor none;
  return xgrad::detail::update(
      name(), *moving.parameter, moving.gradient,
      {&slot(0, moving), v[momentum] != 0 ? &slot(1, moving) : &none, v[centered] != 0 ? &slot(2, moving) : &none},
      rule, at);
}

}  // namespace xgrad::optim
