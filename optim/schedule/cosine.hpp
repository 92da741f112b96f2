#pragma once

#include <xgrad/optim/schedule/lr_scheduler.hpp>

namespace xgrad::optim {

/// lr = eta_min + (base - eta_min) (1 + cos(π t / T_max)) / 2 (Loshchilov and Hutter 2017, without restarts).
class CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(const Optimizer& optimizer, std::int64_t T_max, double eta_min = 0);

 protected:
  double next(std::size_t group, double lr) const override;
  double closed(std::size_t group) const override;

 private:
  std::int64_t T_max_;
  double eta_min_;
};

/// lr = eta_min + (base - eta_min) (1 + cos(π t / T)) / 2, where t counts from the last restart, T begins with T_0, and
/// at t = T a restart multiplies T by T_mult (Loshchilov and Hutter 2017).
class CosineAnnealingWarmRestarts : public LRScheduler {
 public:
  CosineAnnealingWarmRestarts(const Optimizer& optimizer, std::int64_t T_0, std::int64_t T_mult = 1,
                              double eta_min = 0);

 protected:
  double next(std::size_t group, double lr) const override;
  void advance() override;
  void restart() override;
  void collect(const std::string& prefix, std::vector<Field>& fields) override;
  std::string fault() const override;

 private:
  std::int64_t T_0_, T_mult_, T_i_, T_cur_ = 0;
  double eta_min_;
};

/// Warm-up and cosine as one, with w = warmup_steps and T = total_steps:
///
///     lr = base (start_factor + (1 - start_factor) t / w)                      for t < w
///     lr = eta_min + (base - eta_min) (1 + cos(π (t - w) / (T - w))) / 2       for w <= t <= T, then eta_min
///
/// The values of SequentialLR of LinearLR and CosineAnnealingLR up to rounding.
class WarmupCosineLR : public LRScheduler {
 public:
  WarmupCosineLR(const Optimizer& optimizer, std::int64_t warmup_steps, std::int64_t total_steps,
                 double start_factor = 1e-3, double eta_min = 0);

 protected:
  double next(std::size_t group, double lr) const override;

 private:
  std::int64_t warmup_steps_, total_steps_;
  double start_factor_, eta_min_;
};

}  // namespace xgrad::optim
