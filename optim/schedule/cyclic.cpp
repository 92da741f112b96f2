#include <xgrad/optim/schedule/cyclic.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <xgrad/autograd/graph/callable.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad::optim {
namespace {

using xgrad::detail::number_text;

constexpr double pi = 3.14159265358979323846;
constexpr int initial = 0, greatest = 1, least = 2;  // learning rates of OneCycleLR

double real(std::int64_t number) { return static_cast<double>(number); }

bool is_rate(double value) { return value >= 0 && std::isfinite(value); }

constexpr const char* not_negative = "be finite and not negative";

// The option that plays the part of momentum; null where there is none.
const char* momentum_option(const Optimizer& optimizer) {
  const ParamGroup group = optimizer.param_groups()[0];
  if (group.has_option("betas.0")) return "betas.0";
  return group.has_option("momentum") ? "momentum" : nullptr;
}

std::string no_momentum(const Optimizer& optimizer) {
  return std::string(optimizer.name()) + " has neither momentum nor betas: call cycle_momentum(false)";
}

const PerGroup& checked(const PerGroup& base_lr) {
  for (double rate : base_lr.values())
    if (!is_rate(rate))
      throw std::invalid_argument("CyclicLR: base_lr must be finite and not negative, got " + number_text(rate));
  if (base_lr.values().empty()) throw std::invalid_argument("CyclicLR: base_lr has no values");
  return base_lr;
}

}  // namespace

OneCycleLR::OneCycleLR(const Optimizer& optimizer, const PerGroup& max_lr, std::int64_t total_steps,
                       const Options& options)
    : LRScheduler(MayRefuse(), "OneCycleLR", optimizer), total_steps_(total_steps), options_(options) {
  require(total_steps > 0, "total_steps", "be positive", real(total_steps));
  require(options.pct_start_ >= 0 && options.pct_start_ <= 1, "pct_start", "lie within [0, 1]", options.pct_start_);
  require(options.div_factor_ > 0 && std::isfinite(options.div_factor_), "div_factor", "be positive and finite",
          options.div_factor_);
  require(options.final_div_factor_ > 0 && std::isfinite(options.final_div_factor_), "final_div_factor",
          "be positive and finite", options.final_div_factor_);
  max_lr_ = for_groups("max_lr", max_lr);
  base_momentum_ = for_groups("base_momentum", options.base_momentum_);
  max_momentum_ = for_groups("max_momentum", options.max_momentum_);
  for (double rate : max_lr_) require(is_rate(rate), "max_lr", not_negative, rate);
  if (options.cycle_momentum_ && (momentum_ = momentum_option(optimizer)) == nullptr) refuse(no_momentum(optimizer));
  if (momentum_ != nullptr) {
    check_option(momentum_, "base_momentum", base_momentum_);
    check_option(momentum_, "max_momentum", max_momentum_);
  }
  const double rise = options.pct_start_ * real(total_steps) - 1;
  phases_.push_back({rise, initial, greatest, 1, 0});
  if (options.three_phase_) {
    phases_.push_back({2 * options.pct_start_ * real(total_steps) - 2, greatest, initial, 0, 1});
    phases_.push_back({real(total_steps - 1), initial, least, 1, 1});
  } else {
    phases_.push_back({real(total_steps - 1), greatest, least, 0, 1});
  }
  for (std::size_t g = 0; g < group_count(); ++g) set_base(g, max_lr_[g] / options.div_factor_);
  begin();
}

// The value at this step: from and to are indices into `values`.
double OneCycleLR::annealed(const double* values, int Phase::*from, int Phase::*to) const {
  if (last_epoch_ > total_steps_)
    throw std::logic_error("OneCycleLR: step " + std::to_string(last_epoch_) + " of " + std::to_string(total_steps_) +
                           ": it has no values beyond its last step");
  double begin = 0;
  std::size_t i = 0;
  for (; i + 1 < phases_.size() && real(last_epoch_) > phases_[i].end; ++i) begin = phases_[i].end;
  // PyTorch goes beyond the last value in the call of step() that ends the last step.
  const double share = std::min(1.0, (real(last_epoch_) - begin) / (phases_[i].end - begin));
  const double first = values[phases_[i].*from], last = values[phases_[i].*to];
  if (options_.anneal_ == Anneal::linear) return (last - first) * share + first;
  return last + (first - last) / 2.0 * (std::cos(pi * share) + 1);
}

std::string OneCycleLR::fault() const {
  if (last_epoch_ <= total_steps_) return {};
  return "last_epoch is " + std::to_string(last_epoch_) + ", and there are " + std::to_string(total_steps_) +
         " steps: it must be at most their number";
}

double OneCycleLR::next(std::size_t group, double /*lr*/) const {
  const double rates[] = {base(group), max_lr_[group], base(group) / options_.final_div_factor_};
  return annealed(rates, &Phase::from, &Phase::to);
}

void OneCycleLR::set_more(std::size_t g) {
  if (momentum_ == nullptr) return;
  const double momenta[] = {base_momentum_[g], max_momentum_[g]};
  group(g).set_option(momentum_, annealed(momenta, &Phase::momentum_from, &Phase::momentum_to));
}

CyclicOptions& CyclicOptions::scale_of_cycle(std::function<double(double)> f) {
  scale_ = xgrad::detail::checked_function("scale_of_cycle", "the scale", std::move(f));
  of_cycle_ = true;
  return *this;
}

CyclicOptions& CyclicOptions::scale_of_step(std::function<double(double)> f) {
  scale_ = xgrad::detail::checked_function("scale_of_step", "the scale", std::move(f));
  of_cycle_ = false;
  return *this;
}

CyclicLR::CyclicLR(const Optimizer& optimizer, const PerGroup& base_lr, const PerGroup& max_lr, const Options& options)
    : LRScheduler(MayRefuse(), "CyclicLR", optimizer, &checked(base_lr)), options_(options) {
  base_lr_ = for_groups("base_lr", base_lr);
  max_lr_ = for_groups("max_lr", max_lr);
  base_momentum_ = for_groups("base_momentum", options.base_momentum_);
  max_momentum_ = for_groups("max_momentum", options.max_momentum_);
  for (double rate : max_lr_) require(is_rate(rate), "max_lr", not_negative, rate);
  const std::int64_t down = options.step_size_down_.value_or(options.step_size_up_);
  require(options.step_size_up_ > 0, "step_size_up", "be positive", real(options.step_size_up_));
  require(down > 0, "step_size_down", "be positive", real(down));
  require(is_rate(options.gamma_), "gamma", not_negative, options.gamma_);
  if (options.cycle_momentum_ && (momentum_ = momentum_option(optimizer)) == nullptr) refuse(no_momentum(optimizer));
  if (momentum_ != nullptr) {
    check_option(momentum_, "base_momentum", base_momentum_);
    check_option(momentum_, "max_momentum", max_momentum_);
  }
  total_size_ = real(options.step_size_up_) + real(down);
  step_ratio_ = real(options.step_size_up_) / total_size_;
  begin();
}

// How far from `from` towards `to` the cycle is now.
double CyclicLR::height(double from, double to) const {
  const double t = real(last_epoch_);
  const double cycle = std::floor(1 + t / total_size_);
  const double x = 1.0 + t / total_size_ - cycle;
  const double scale = x <= step_ratio_ ? x / step_ratio_ : (x - 1) / (step_ratio_ - 1);
  double factor = 1;
  if (options_.scale_)
    factor = options_.scale_(options_.of_cycle_ ? cycle : t);
  else if (options_.mode_ == CyclicMode::triangular2)
    factor = 1 / std::pow(2.0, cycle - 1);
  else if (options_.mode_ == CyclicMode::exp_range)
    factor = std::pow(options_.gamma_, t);
  const double height = (to - from) * scale;
  return height * factor;
}

double CyclicLR::next(std::size_t group, double /*lr*/) const {
  return base_lr_[group] + height(base_lr_[group], max_lr_[group]);
}

void CyclicLR::set_more(std::size_t g) {
  if (momentum_ != nullptr)
    group(g).set_option(momentum_, max_momentum_[g] - height(base_momentum_[g], max_momentum_[g]));
}

}  // namespace xgrad::optim
