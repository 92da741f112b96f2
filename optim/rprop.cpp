#include <xgrad/optim/rprop.hpp>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;
using xgrad::detail::number_text;

enum : int { rate, minus, plus, least, most, maximize };

std::string fault(const double* v) {
  if (!(v[minus] > 0 && v[minus] < 1 && v[plus] > 1))
    return "etas must satisfy 0 < minus < 1 < plus, got " + number_text(v[minus]) + " and " + number_text(v[plus]);
  if (v[least] > v[most])
    return "step_sizes must be the smallest and the largest, got " + number_text(v[least]) + " and " +
           number_text(v[most]);
  return "";
}

detail::Description description() {
  return {"Rprop",
          {{"lr", 1e-2, Range::not_negative},
           {"etas.0", 0.5, Range::not_negative},
           {"etas.1", 1.2, Range::from_one},
           {"step_sizes.0", 1e-6, Range::not_negative},
           {"step_sizes.1", 50, Range::not_negative},
           {"maximize", 0, Range::flag}},
          {{"prev"}, detail::sizes("step_size", detail::always, rate)},
          {},
          true,
          fault};
}

}  // namespace

Rprop::Rprop(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass Rprop::update(Moving& moving, Source at) {
  const double* v = moving.options;
  kernels::RpropRule rule;
  rule.maximize = v[maximize] != 0;
  rule.minus = v[minus];
  rule.plus = v[plus];
  rule.least = v[least];
  rule.most = v[most];
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {&slot(0, moving), &slot(1, moving)}, rule,
                               at);
}

}  // namespace xgrad::optim
