#include <xgrad/optim/nadam.hpp>

#include <cmath>

#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, beta1, beta2, eps, weight_decay, momentum_decay, decoupled, maximize };

detail::Description description() {
  return {"NAdam",
          {{"lr", 2e-3, Range::not_negative},
           {"betas.0", 0.9, Range::below_one},
           {"betas.1", 0.999, Range::below_one},
           {"eps", 1e-8, Range::not_negative},
           {"weight_decay", 0, Range::not_negative},
           {"momentum_decay", 4e-3, Range::not_negative},
           {"decoupled_weight_decay", 0, Range::flag},
           {"maximize", 0, Range::flag}},
          {{"exp_avg"}, detail::sizes("exp_avg_sq")},
          {{"mu_product", 0, 1}}};
}

}  // namespace

NAdam::NAdam(const Groups& parameters, double lr, const Options& options)
    : Optimizer(description(), parameters, lr, options.given()) {}

kernels::UpdatePass NAdam::update(Moving& moving, Source at) {
  const double* v = moving.options;
  const auto t = static_cast<double>(moving.step);
  const double mu = v[beta1] * (1 - 0.5 * std::pow(0.96, t * v[momentum_decay]));
  const double next = v[beta1] * (1 - 0.5 * std::pow(0.96, (t + 1) * v[momentum_decay]));
  double& product = number(0, moving);
  product = moving.is_new ? mu : product * mu;
  kernels::NAdamRule rule;
  rule.decay = v[decoupled] != 0 ? 0 : v[weight_decay];
  rule.shrink = v[decoupled] != 0 ? 1 - v[rate] * v[weight_decay] : 1;
  rule.maximize = v[maximize] != 0;
  rule.of_gradient = v[rate] * (1 - mu) / (1 - product);
  rule.of_mean = v[rate] * next / (1 - product * next);
  rule.beta1 = v[beta1];
  rule.beta2 = v[beta2];
  rule.root = 1 / std::sqrt(1 - std::pow(v[beta2], t));
  rule.eps = v[eps];
  return xgrad::detail::update(name(), *moving.parameter, moving.gradient, {&slot(0, moving), &slot(1, moving)}, rule,
                               at);
}

}  // namespace xgrad::optim
