#pragma once

#include <xgrad/optim/schedule/lr_scheduler.hpp>

namespace xgrad::optim {

/// lr = base gamma^⌊t / step_size⌋.
class StepLR : public LRScheduler {
 public:
  StepLR(const Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1);

 protected:
  double next(std::size_t group, double lr) const override;
  double closed(std::size_t group) const override;

 private:
  std::int64_t step_size_;
  double gamma_;
};

/// lr = base gamma^k, where k is the number of milestones, which may repeat, up to t.
class MultiStepLR : public LRScheduler {
 public:
  MultiStepLR(const Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma = 0.1);

 protected:
  double next(std::size_t group, double lr) const override;
  double closed(std::size_t group) const override;

 private:
  std::vector<std::int64_t> milestones_;
  double gamma_;
};

/// lr = base factor for t < total_iters, then base. With total_iters = 0 it stays base factor, as in PyTorch.
class ConstantLR : public LRScheduler {
 public:
  explicit ConstantLR(const Optimizer& optimizer, double factor = 1.0 / 3, std::int64_t total_iters = 5);

 protected:
  double next(std::size_t group, double lr) const override;
  double closed(std::size_t group) const override;

 private:
  double factor_;
  std::int64_t total_iters_;
};

/// lr = base (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters): a warm-up.
class LinearLR : public LRScheduler {
 public:
  explicit LinearLR(const Optimizer& optimizer, double start_factor = 1.0 / 3, double end_factor = 1,
                    std::int64_t total_iters = 5);

 protected:
  double next(std::size_t group, double lr) const override;
  double closed(std::size_t group) const override;

 private:
  double start_factor_, end_factor_;
  std::int64_t total_iters_;
};

/// lr = base gamma^t.
class ExponentialLR : public LRScheduler {
 public:
  ExponentialLR(const Optimizer& optimizer, double gamma);

 protected:
  double next(std::size_t group, double lr) const override;
  double closed(std::size_t group) const override;

 private:
  double gamma_;
};

/// lr = base (1 - min(t, total_iters) / total_iters)^power.
class PolynomialLR : public LRScheduler {
 public:
  explicit PolynomialLR(const Optimizer& optimizer, std::int64_t total_iters = 5, double power = 1);

 protected:
  double next(std::size_t group, double lr) const override;
  double closed(std::size_t group) const override;

 private:
  std::int64_t total_iters_;
  double power_;
};

}  // namespace xgrad::optim
