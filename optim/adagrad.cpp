#include <xgrad/optim/adagrad.hpp>

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, lr_decay, weight_decay, initial_value, eps, maximize };

detail::Description description() {
  return {"Adagrad",
          {{"lr", 1e-2, Range::not_negative},
           {"lr_decay", 0, Range::not_negative},
           {"weight_decay", 0, Range::not_negative},
           {"initial_accumulator_value", 0, Range::not_negative},
           {"eps", 1e-10, Range::not_negative},
           {"maximize", 0, Range::flag}},
          {detail::sizes("sum", detail::always, initial_value)}};
}

}  // namespace

Adagrad::Adagrad(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass Adagrad::update(Moving& moving, Source at) {
  const double* v = moving.options;
  kernels::AdagradRule rule;
  rule.decay = v[weight_decay];
  rule.maximize = v[maximize] != 0;
  rule.rate = v[rate] / (1 + static_cast<double>(moving.step - 1) * v[lr_decay]);
  rule.eps = v[eps];
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {&slot(0, moving)}, rule, at);
}

}  // namespace xgrad::optim
