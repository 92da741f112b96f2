#include <xgrad/optim/schedule/cosine.hpp>

#include <cmath>

namespace xgrad::optim {
namespace {

constexpr double pi = 3.14159265358979323846;

double real(std::int64_t number) { return static_cast<double>(number); }

bool is_rate(double value) { return value >= 0 && std::isfinite(value); }

constexpr const char* not_negative = "be finite and not negative";

}  // namespace

CosineAnnealingLR::CosineAnnealingLR(const Optimizer& optimizer, std::int64_t T_max, double eta_min)
    : LRScheduler(MayRefuse(), "CosineAnnealingLR", optimizer), T_max_(T_max), eta_min_(eta_min) {
  require(T_max > 0 && T_max < (std::int64_t{1} << 53), "T_max", "be positive, and below 2^53", real(T_max));
  require(is_rate(eta_min), "eta_min", not_negative, eta_min);
  begin();
}

double CosineAnnealingLR::next(std::size_t group, double lr) const {
  if (is_initial()) return lr;
  const double T = real(T_max_);
  if ((last_epoch_ - 1 - T_max_) % (2 * T_max_) == 0) return lr + (base(group) - eta_min_) * (1 - std::cos(pi / T)) / 2;
  return (1 + std::cos(pi * real(last_epoch_) / T)) / (1 + std::cos(pi * real(last_epoch_ - 1) / T)) * (lr - eta_min_) +
         eta_min_;
}

double CosineAnnealingLR::closed(std::size_t group) const {
  return eta_min_ + (base(group) - eta_min_) * (1 + std::cos(pi * real(last_epoch_) / real(T_max_))) / 2;
}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(const Optimizer& optimizer, std::int64_t T_0,
                                                         std::int64_t T_mult, double eta_min)
    : LRScheduler(MayRefuse(), "CosineAnnealingWarmRestarts", optimizer),
      T_0_(T_0),
      T_mult_(T_mult),
      T_i_(T_0),
      eta_min_(eta_min) {
  require(T_0 > 0, "T_0", "be positive", real(T_0));
  require(T_mult > 0, "T_mult", "be positive", real(T_mult));
  require(is_rate(eta_min), "eta_min", not_negative, eta_min);
  begin();
}

double CosineAnnealingWarmRestarts::next(std::size_t group, double /*lr*/) const {
  return eta_min_ + (base(group) - eta_min_) * (1 + std::cos(pi * real(T_cur_) / real(T_i_))) / 2;
}

void CosineAnnealingWarmRestarts::advance() {
  if (last_epoch_ < 0) {
    T_cur_ = 0;
    T_i_ = T_0_;
  } else if (++T_cur_ >= T_i_) {
    T_cur_ %= T_i_;
    constexpr std::int64_t most = std::int64_t{1} << 52;  // beyond it t is never reached
    T_i_ = T_i_ > most / T_mult_ ? most : T_i_ * T_mult_;
  }
  LRScheduler::advance();
}

void CosineAnnealingWarmRestarts::restart() {
  T_cur_ = 0;
  T_i_ = T_0_;
  LRScheduler::restart();
}

void CosineAnnealingWarmRestarts::collect(const std::string& prefix, std::vector<Field>& fields) {
  LRScheduler::collect(prefix, fields);
  fields.push_back({prefix + "T_cur", &T_cur_});
  fields.push_back({prefix + "T_i", &T_i_, nullptr, nullptr, 1});
}

std::string CosineAnnealingWarmRestarts::fault() const {
  if (T_cur_ < T_i_) return {};
  return "T_cur is " + std::to_string(T_cur_) + ", T_i is " + std::to_string(T_i_) +
         ": it must be below it, since a restart sets it to 0";
}

WarmupCosineLR::WarmupCosineLR(const Optimizer& optimizer, std::int64_t warmup_steps, std::int64_t total_steps,
                               double start_factor, double eta_min)
    : LRScheduler(MayRefuse(), "WarmupCosineLR", optimizer),
      warmup_steps_(warmup_steps),
      total_steps_(total_steps),
      start_factor_(start_factor),
      eta_min_(eta_min) {
  require(warmup_steps >= 0, "warmup_steps", "not be negative", real(warmup_steps));
  require(total_steps > warmup_steps, "total_steps", "exceed warmup_steps", real(total_steps));
  require(start_factor >= 0 && start_factor <= 1, "start_factor", "lie within [0, 1]", start_factor);
  require(is_rate(eta_min), "eta_min", not_negative, eta_min);
  begin();
}

double WarmupCosineLR::next(std::size_t group, double /*lr*/) const {
  if (last_epoch_ < warmup_steps_)
    return base(group) * (start_factor_ + (1 - start_factor_) * real(last_epoch_) / real(warmup_steps_));
  if (last_epoch_ >= total_steps_) return eta_min_;
  const double share = real(last_epoch_ - warmup_steps_) / real(total_steps_ - warmup_steps_);
  return eta_min_ + (base(group) - eta_min_) * (1 + std::cos(pi * share)) / 2;
}

}  // namespace xgrad::optim
