#include <xgrad/optim/adadelta.hpp>

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, rho, eps, weight_decay, maximize };

detail::Description description() {
  return {"Adadelta",
          {{"lr", 1, Range::not_negative},
           {"rho", 0.9, Range::up_to_one},
           {"eps", 1e-6, Range::not_negative},
           {"weight_decay", 0, Range::not_negative},
           {"maximize", 0, Range::flag}},
          {detail::sizes("square_avg"), detail::sizes("acc_delta")}};
}

}  // namespace

Adadelta::Adadelta(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass Adadelta::update(Moving& moving, Source at) {
  const double* v = moving.options;
  kernels::AdadeltaRule rule;
  rule.decay = v[weight_decay];
  rule.maximize = v[maximize] != 0;
  rule.rate = v[rate];
  rule.rho = v[rho];
  rule.eps = v[eps];
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {&slot(0, moving), &slot(1, moving)}, rule,
                               at);
}

}  // namespace xgrad::optim
