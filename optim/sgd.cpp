#include <xgrad/optim/sgd.hpp>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;
using xgrad::detail::number_text;

enum : int { rate, momentum, dampening, weight_decay, nesterov, maximize };

std::string fault(const double* v) {
  if (v[nesterov] == 0 || (v[momentum] != 0 && v[dampening] == 0)) return "";
  return "cannot look ahead with momentum " + number_text(v[momentum]) + " and dampening " + number_text(v[dampening]) +
         ": Nesterov needs momentum, and no dampening";
}

detail::Description description() {
  return {"SGD",
          {{"lr", 0, Range::not_negative},
           {"momentum", 0, Range::not_negative},
           {"dampening", 0, Range::finite},
           {"weight_decay", 0, Range::not_negative},
           {"nesterov", 0, Range::flag},
           {"maximize", 0, Range::flag}},
          {{"momentum_buffer", momentum, detail::unwritten_first}},
          {},
          false,
          fault};
}

}  // namespace

SGD::SGD(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass SGD::update(Moving& moving, Source at) {
  const double* v = moving.options;
  const Tensor none;
  const kernels::SgdRule rule{v[rate], v[momentum], v[dampening], v[weight_decay], v[nesterov] != 0, v[maximize] != 0};
  return xgrad::detail::sgd_update("SGD", *moving.parameter, moving.gradient, v[momentum] != 0 ? slot(0, moving) : none,
                                   moving.is_new, rule, at);
}

}  // namespace xgrad::optim
