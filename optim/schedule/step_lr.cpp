#include <xgrad/optim/schedule/step_lr.hpp>

#include <algorithm>
#include <cmath>

namespace xgrad::optim {
namespace {

double real(std::int64_t number) { return static_cast<double>(number); }

bool is_rate(double value) { return value >= 0 && std::isfinite(value); }

constexpr const char* not_negative = "be finite and not negative";
constexpr const char* positive = "be positive";

}  // namespace

StepLR::StepLR(const Optimizer& optimizer, std::int64_t step_size, double gamma)
    : LRScheduler(MayRefuse(), "StepLR", optimizer), step_size_(step_size), gamma_(gamma) {
  require(step_size > 0, "step_size", positive, real(step_size));
  require(is_rate(gamma), "gamma", not_negative, gamma);
  begin();
}

double StepLR::next(std::size_t /*group*/, double lr) const {
  return last_epoch_ == 0 || last_epoch_ % step_size_ != 0 ? lr : lr * gamma_;
}

double StepLR::closed(std::size_t group) const {
  return base(group) * std::pow(gamma_, real(last_epoch_ / step_size_));
}

MultiStepLR::MultiStepLR(const Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma)
    : LRScheduler(MayRefuse(), "MultiStepLR", optimizer), milestones_(std::move(milestones)), gamma_(gamma) {
  require(is_rate(gamma), "gamma", not_negative, gamma);
  std::sort(milestones_.begin(), milestones_.end());
  begin();
}

double MultiStepLR::next(std::size_t /*group*/, double lr) const {
  const auto here = std::equal_range(milestones_.begin(), milestones_.end(), last_epoch_);
  return here.first == here.second ? lr : lr * std::pow(gamma_, real(here.second - here.first));
}

double MultiStepLR::closed(std::size_t group) const {
  const auto end = std::upper_bound(milestones_.begin(), milestones_.end(), last_epoch_);
  return base(group) * std::pow(gamma_, real(end - milestones_.begin()));
}

ConstantLR::ConstantLR(const Optimizer& optimizer, double factor, std::int64_t total_iters)
    : LRScheduler(MayRefuse(), "ConstantLR", optimizer), factor_(factor), total_iters_(total_iters) {
  // PyTorch takes 0 too, and divides by it at the end.
  require(factor > 0 && factor <= 1, "factor", "lie within (0, 1]", factor);
  require(total_iters >= 0, "total_iters", "not be negative", real(total_iters));
  begin();
}

double ConstantLR::next(std::size_t /*group*/, double lr) const {
  if (last_epoch_ == 0) return lr * factor_;
  return last_epoch_ == total_iters_ ? lr * (1.0 / factor_) : lr;
}

double ConstantLR::closed(std::size_t group) const {
  return base(group) * (factor_ + (last_epoch_ >= total_iters_ ? 1 : 0) * (1 - factor_));
}

LinearLR::LinearLR(const Optimizer& optimizer, double start_factor, double end_factor, std::int64_t total_iters)
    : LRScheduler(MayRefuse(), "LinearLR", optimizer),
      start_factor_(start_factor),
      end_factor_(end_factor),
      total_iters_(total_iters) {
  require(start_factor > 0 && start_factor <= 1, "start_factor", "lie within (0, 1]", start_factor);
  require(end_factor >= 0 && end_factor <= 1, "end_factor", "lie within [0, 1]", end_factor);
  require(total_iters > 0, "total_iters", positive, real(total_iters));
  begin();
}

double LinearLR::next(std::size_t /*group*/, double lr) const {
  if (last_epoch_ == 0) return lr * start_factor_;
  if (is_initial() || last_epoch_ > total_iters_) return lr;
  const double change = end_factor_ - start_factor_;
  return lr * (1.0 + change / (real(total_iters_) * start_factor_ + real(last_epoch_ - 1) * change));
}

double LinearLR::closed(std::size_t group) const {
  return base(group) * (start_factor_ +
                        (end_factor_ - start_factor_) * real(std::min(total_iters_, last_epoch_)) / real(total_iters_));
}

ExponentialLR::ExponentialLR(const Optimizer& optimizer, double gamma)
    : LRScheduler(MayRefuse(), "ExponentialLR", optimizer), gamma_(gamma) {
  require(is_rate(gamma), "gamma", not_negative, gamma);
  begin();
}

double ExponentialLR::next(std::size_t /*group*/, double lr) const { return is_initial() ? lr : lr * gamma_; }

double ExponentialLR::closed(std::size_t group) const { return base(group) * std::pow(gamma_, real(last_epoch_)); }

PolynomialLR::PolynomialLR(const Optimizer& optimizer, std::int64_t total_iters, double power)
    : LRScheduler(MayRefuse(), "PolynomialLR", optimizer), total_iters_(total_iters), power_(power) {
  require(total_iters > 0, "total_iters", positive, real(total_iters));
  require(is_rate(power), "power", not_negative, power);
  begin();
}

double PolynomialLR::next(std::size_t /*group*/, double lr) const {
  if (is_initial() || last_epoch_ > total_iters_) return lr;
  const double all = real(total_iters_);
  return lr * std::pow((1.0 - real(last_epoch_) / all) / (1.0 - real(last_epoch_ - 1) / all), power_);
}

double PolynomialLR::closed(std::size_t group) const {
  return base(group) * std::pow(1.0 - real(std::min(total_iters_, last_epoch_)) / real(total_iters_), power_);
}

}  // namespace xgrad::optim
