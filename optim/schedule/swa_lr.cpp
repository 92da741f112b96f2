#include <xgrad/optim/schedule/swa_lr.hpp>

#include <algorithm>
#include <cmath>

namespace xgrad::optim {

SWALR::SWALR(const Optimizer& optimizer, const PerGroup& swa_lr, std::int64_t anneal_epochs, Anneal anneal_strategy)
    : LRScheduler(MayRefuse(), "SWALR", optimizer),
      swa_lr_(for_groups("swa_lr", swa_lr)),
      anneal_epochs_(anneal_epochs),
      anneal_(anneal_strategy) {
  for (double rate : swa_lr_) require(rate >= 0 && std::isfinite(rate), "swa_lr", "be finite and not negative", rate);
  require(anneal_epochs >= 0, "anneal_epochs", "not be negative", static_cast<double>(anneal_epochs));
  begin();
}

double SWALR::share(std::int64_t step) const {
  const double all = static_cast<double>(std::max<std::int64_t>(1, anneal_epochs_));
  const double t = std::max(0.0, std::min(1.0, static_cast<double>(step) / all));
  return anneal_ == Anneal::linear ? t : (1 - std::cos(3.14159265358979323846 * t)) / 2;
}

double SWALR::next(std::size_t group, double lr) const {
  const std::int64_t step = anneal_epochs_ == 0 ? std::max<std::int64_t>(1, step_count() - 1) : step_count() - 1;
  const double before = share(step - 1), now = share(step);
  const double first = before == 1 ? swa_lr_[group] : (lr - before * swa_lr_[group]) / (1 - before);
  return swa_lr_[group] * now + first * (1 - now);
}

}  // namespace xgrad::optim
