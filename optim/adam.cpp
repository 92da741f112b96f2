#include <xgrad/optim/adam.hpp>

#include <cmath>

#include <xgrad/optim/description.hpp>

namespace xgrad::optim {
namespace {

using detail::Range;

enum : int { rate, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled };
constexpr std::size_t mean = 0, square = 1, greatest = 2;

detail::Description description(const char* name, bool is_decoupled) {
  return {name,
          {{"lr", 1e-3, Range::not_negative},
           {"betas.0", 0.9, Range::below_one},
           {"betas.1", 0.999, Range::below_one},
           {"eps", 1e-8, Range::not_negative},
           {"weight_decay", is_decoupled ? 0.01 : 0, Range::not_negative},
           {"amsgrad", 0, Range::flag},
           {"maximize", 0, Range::flag},
           {"decoupled_weight_decay", is_decoupled ? 1.0 : 0.0, Range::flag, is_decoupled}},
          {{"exp_avg", detail::always, detail::unwritten_first},
           detail::sizes("exp_avg_sq", detail::always, detail::unwritten_first),
           detail::sizes("max_exp_avg_sq", amsgrad)}};
}

}  // namespace

AdamW::AdamW(const Groups& parameters, double lr, const Options& options)
    : Adam("AdamW", parameters, lr, options, true) {}

Adam::Adam(const Groups& parameters, double lr, const Options& options)
    : Adam("Adam", parameters, lr, options, false) {}

Adam::Adam(const char* name, const Groups& parameters, double lr, const Options& options, bool decoupled)
    : Optimizer(description(name, decoupled), parameters, lr, options.given()) {}

void Adam::prepare(const std::vector<Moving>& /*moving*/, Source /*at*/) { step_ = 0; }

kernels::UpdatePass Adam::update(Moving& moving, Source at) {
  const double* v = moving.options;
  if (moving.step != step_ || moving.group != group_) {
    const auto t = static_cast<double>(moving.step);
    rule_.rate = v[rate] / (1 - std::pow(v[beta1], t));
    rule_.root = 1 / std::sqrt(1 - std::pow(v[beta2], t));
    rule_.beta1 = v[beta1];
    rule_.beta2 = v[beta2];
    rule_.eps = v[eps];
    rule_.decay = v[decoupled] != 0 ? 0 : v[weight_decay];
    rule_.shrink = v[decoupled] != 0 ? 1 - v[rate] * v[weight_decay] : 1;
    rule_.maximize = v[maximize] != 0;
    step_ = moving.step;
    group_ = moving.group;
  }
  const Tensor none;
  return xgrad::detail::adam_update(
      name(), *moving.parameter, moving.gradient,
      {slot(mean, moving), slot(square, moving), v[amsgrad] != 0 ? slot(greatest, moving) : none, moving.is_new}, rule_,
      at);
}

}  // namespace xgrad::optim
