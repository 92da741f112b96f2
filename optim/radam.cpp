#include <xgrad/optim/radam.hpp>

#include <cmath>

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, beta1, beta2, eps, weight_decay, decoupled, maximize };

detail::Description description() {
  return {"RAdam",
          {{"lr", 1e-3, Range::not_negative},
           {"betas.0", 0.9, Range::below_one},
           {"betas.1", 0.999, Range::below_one},
           {"eps", 1e-8, Range::not_negative},
           {"weight_decay", 0, Range::not_negative},
           {"decoupled_weight_decay", 0, Range::flag},
           {"maximize", 0, Range::flag}},
          {{"exp_avg"}, detail::sizes("exp_avg_sq")}};
}

}  // namespace

RAdam::RAdam(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass RAdam::update(Moving& moving, Source at) {
  const double* v = moving.options;
  const auto t = static_cast<double>(moving.step);
  const double power = std::pow(v[beta2], t), correction = 1 - power;
  const double most = 2 / (1 - v[beta2]) - 1, length = most - 2 * t * power / correction;
  kernels::RAdamRule rule;
  rule.decay = v[decoupled] != 0 ? 0 : v[weight_decay];
  rule.shrink = v[decoupled] != 0 ? 1 - v[rate] * v[weight_decay] : 1;
  rule.maximize = v[maximize] != 0;
  rule.rate = v[rate] / (1 - std::pow(v[beta1], t));
  rule.adaptive = length > 5;
  if (rule.adaptive)
    rule.rate *=
        std::sqrt(correction) * std::sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length));
  rule.beta1 = v[beta1];
  rule.beta2 = v[beta2];
  rule.eps = v[eps];
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {&slot(0, moving), &slot(1, moving)}, rule,
                               at);
}

}  // namespace xgrad::optim
