#include <xgrad/optim/schedule/plateau.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace xgrad::optim {

ReduceLROnPlateau::ReduceLROnPlateau(const Optimizer& optimizer, const Options& options)
    : LRScheduler(MayRefuse(), "ReduceLROnPlateau", optimizer),
      options_(options),
      min_lr_(for_groups("min_lr", options.min_lr_)),
      best_(options.mode_ == Mode::min ? std::numeric_limits<double>::infinity()
                                       : -std::numeric_limits<double>::infinity()) {
  const auto is_rate = [](double value) { return value >= 0 && std::isfinite(value); };
  const char* not_negative = "be finite and not negative";
  require(options.factor_ >= 0 && options.factor_ < 1, "factor", "lie within [0, 1)", options.factor_);
  require(options.patience_ >= 0, "patience", "not be negative", static_cast<double>(options.patience_));
  require(options.cooldown_ >= 0, "cooldown", "not be negative", static_cast<double>(options.cooldown_));
  require(is_rate(options.threshold_), "threshold", not_negative, options.threshold_);
  require(is_rate(options.eps_), "eps", not_negative, options.eps_);
  for (double rate : min_lr_) require(is_rate(rate), "min_lr", not_negative, rate);
  last_epoch_ = 0;
  finish();
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const double threshold = options_.threshold_;
  const bool relative = options_.threshold_mode_ == ThresholdMode::rel;
  if (options_.mode_ == Mode::min) return metric < (relative ? best_ * (1.0 - threshold) : best_ - threshold);
  return metric > (relative ? best_ * (threshold + 1.0) : best_ + threshold);
}

double ReduceLROnPlateau::next(std::size_t group, double lr) const {
  const double reduced = std::max(lr * options_.factor_, min_lr_[group]);
  return lr - reduced > options_.eps_ ? reduced : lr;
}

void ReduceLROnPlateau::advance() {
  throw std::logic_error("ReduceLROnPlateau: step() needs the metric: write step(loss)");
}

void ReduceLROnPlateau::step(double metric) {
  check_groups();
  ++last_epoch_;
  if (is_better(metric)) {
    best_ = metric;
    bad_epochs_ = 0;
  } else {
    ++bad_epochs_;
  }
  if (cooldown_counter_ > 0) {
    --cooldown_counter_;
    bad_epochs_ = 0;
  }
  if (bad_epochs_ > options_.patience_) {
    for (std::size_t g = 0; g < group_count(); ++g) set_lr(g, next(g, lr(g)));
    cooldown_counter_ = options_.cooldown_;
    bad_epochs_ = 0;
  }
  note_last_lr();
}

void ReduceLROnPlateau::collect(const std::string& prefix, std::vector<Field>& fields) {
  LRScheduler::collect(prefix, fields);
  fields.push_back({prefix + "best", nullptr, &best_});
  fields.push_back({prefix + "num_bad_epochs", &bad_epochs_});
  fields.push_back({prefix + "cooldown_counter", &cooldown_counter_});
}

}  // namespace xgrad::optim
