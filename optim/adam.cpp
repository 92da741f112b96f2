#include <xgrad/optim/adam.hpp>

#include <cmath>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/update.hpp>

namespace xgrad::optim {
namespace {

constexpr std::size_t mean = 0, square = 1, greatest = 2;

std::vector<std::string> slots(bool amsgrad) {
  std::vector<std::string> names = {"exp_avg", "exp_avg_sq"};
  if (amsgrad) names.emplace_back("max_exp_avg_sq");
  return names;
}

}  // namespace

Adam::Adam(Adam&&) noexcept = default;
Adam& Adam::operator=(Adam&&) noexcept = default;
Adam::~Adam() = default;

AdamW::AdamW(std::vector<Tensor> parameters, double lr, const Options& options)
    : Adam("AdamW", std::move(parameters), lr, options, true) {}

Adam::Adam(std::vector<Tensor> parameters, double lr, const Options& options)
    : Adam("Adam", std::move(parameters), lr, options, false) {}

Adam::Adam(const char* name, std::vector<Tensor> parameters, double lr, const Options& options, bool decoupled)
    : Optimizer(name, std::move(parameters), lr, slots(options.amsgrad_)),
      options_(options),
      weight_decay_(options.weight_decay_.value_or(decoupled ? 0.01 : 0)),
      decoupled_(decoupled) {
  for (double beta : {options_.beta1_, options_.beta2_})
    if (!(beta >= 0 && beta < 1)) refuse("betas must lie within [0, 1), got " + xgrad::detail::number_text(beta));
  require_not_negative("eps", options_.eps_);
  require_not_negative("weight_decay", weight_decay_);
  count_steps();
}

void Adam::update(const std::vector<Moving>& moving, Source at) {
  moments_.clear();
  for (const Moving& each : moving)
    moments_.push_back(
        {prepare(mean, each), prepare(square, each), options_.amsgrad_ ? prepare(greatest, each) : Kept{{}, false}});

  for (std::size_t k = 0; k < moving.size(); ++k) {
    const Moments& state = moments_[k];
    const auto t = static_cast<double>(next_step(moving[k].index));
    keep(mean, moving[k].index, state.mean.values);
    keep(square, moving[k].index, state.square.values);
    if (options_.amsgrad_) keep(greatest, moving[k].index, state.greatest.values);
    kernels::AdamRule rule;
    rule.rate = lr() / (1 - std::pow(options_.beta1_, t));
    rule.root = 1 / std::sqrt(1 - std::pow(options_.beta2_, t));
    rule.beta1 = options_.beta1_;
    rule.beta2 = options_.beta2_;
    rule.eps = options_.eps_;
    rule.decay = decoupled_ ? 0 : weight_decay_;
    rule.shrink = decoupled_ ? 1 - lr() * weight_decay_ : 1;
    rule.maximize = options_.maximize_;
    xgrad::detail::adam_update(decoupled_ ? "AdamW" : "Adam", moving[k].parameter, moving[k].gradient,
                               {state.mean.values, state.square.values, state.greatest.values, state.mean.is_new}, rule,
                               at);
  }
  moments_.clear();
}

}  // namespace xgrad::optim
