#pragma once

#include <xgrad/optim/schedule/cyclic.hpp>
#include <xgrad/optim/schedule/lr_scheduler.hpp>

namespace xgrad::optim {

/// Goes from the present learning rate to swa_lr within anneal_epochs steps, and stays there: the schedule for
/// averaging weights (Izmailov et al. 2018; see AveragedModel). With a(t) = (1 - cos(π u)) / 2, or u, u = min(1, t /
/// anneal_epochs):
///
///     lr(t) = swa_lr a(t) + (1 - a(t)) lr(0)
///
/// computed, as in PyTorch, from the rate before, so that another schedule may change it too.
class SWALR : public LRScheduler {
 public:
  SWALR(const Optimizer& optimizer, const PerGroup& swa_lr, std::int64_t anneal_epochs = 10,
        Anneal anneal_strategy = Anneal::cos);

 protected:
  double next(std::size_t group, double lr) const override;

 private:
  double share(std::int64_t step) const;

  std::vector<double> swa_lr_;
  std::int64_t anneal_epochs_;
  Anneal anneal_;
};

}  // namespace xgrad::optim
