#pragma once

#include <functional>
#include <optional>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/optim/schedule/lr_scheduler.hpp>

namespace xgrad::optim {

/// How a schedule goes from one value to another as a share u of the way grows from 0 to 1: linearly, or as
/// (1 - cos(π u)) / 2.
enum class Anneal : std::uint8_t { cos, linear };

/// The options of OneCycleLR: `OneCycleLR::Options().pct_start(0.2)`.
class OneCycleOptions : public xgrad::detail::OptionsOf<OneCycleOptions> {
 public:
  /// The share of the steps in which the learning rate rises, in [0, 1]. By default 0.3.
  OneCycleOptions& pct_start(double value) { return set(pct_start_, value); }
  /// By default cos.
  OneCycleOptions& anneal_strategy(Anneal value) { return set(anneal_, value); }
  /// Moves momentum, or beta1, against the learning rate, between max_momentum and base_momentum. By default on.
  OneCycleOptions& cycle_momentum(bool on) { return set(cycle_momentum_, on); }
  /// By default 0.85.
  OneCycleOptions& base_momentum(PerGroup value) { return set(base_momentum_, std::move(value)); }
  /// By default 0.95.
  OneCycleOptions& max_momentum(PerGroup value) { return set(max_momentum_, std::move(value)); }
  /// The first learning rate is max_lr / div_factor. By default 25.
  OneCycleOptions& div_factor(double value) { return set(div_factor_, value); }
  /// The last learning rate is the first / final_div_factor. By default 1e4.
  OneCycleOptions& final_div_factor(double value) { return set(final_div_factor_, value); }
  /// Adds a phase: the rate falls back to the first one in as many steps as it rose, and then to the last.
  OneCycleOptions& three_phase(bool on = true) { return set(three_phase_, on); }

 private:
  friend class OneCycleLR;
  double pct_start_ = 0.3;
  Anneal anneal_ = Anneal::cos;
  bool cycle_momentum_ = true;
  PerGroup base_momentum_ = 0.85, max_momentum_ = 0.95;
  double div_factor_ = 25, final_div_factor_ = 1e4;
  bool three_phase_ = false;
};

/// The one-cycle policy (Smith and Topin 2019), for a step after every batch: the learning rate rises from
/// max_lr / div_factor to max_lr, then falls to max_lr / div_factor / final_div_factor, momentum goes the other way. It
/// replaces the learning rates of the optimiser. More than total_steps calls of step() are an error; the last of them
/// changes nothing.
class OneCycleLR : public LRScheduler {
 public:
  using Options = OneCycleOptions;

  OneCycleLR(const Optimizer& optimizer, const PerGroup& max_lr, std::int64_t total_steps, const Options& options = {});

 protected:
  double next(std::size_t group, double lr) const override;
  void set_more(std::size_t group) override;
  std::string fault() const override;

 private:
  struct Phase {
    double end;
    int from, to, momentum_from, momentum_to;  // of rates: initial, max, min; of momenta: base, max
  };
  double annealed(const double* values, int Phase::*from, int Phase::*to) const;

  std::int64_t total_steps_;
  Options options_;
  std::vector<Phase> phases_;
  std::vector<double> max_lr_, base_momentum_, max_momentum_;
  const char* momentum_ = nullptr;  // the name of the option
};

/// How the height of the cycles of CyclicLR changes: not; halved with each cycle; times gamma^t.
enum class CyclicMode : std::uint8_t { triangular, triangular2, exp_range };

/// The options of CyclicLR: `CyclicLR::Options().step_size_up(500).mode(optim::CyclicMode::triangular2)`.
class CyclicOptions : public xgrad::detail::OptionsOf<CyclicOptions> {
 public:
  CyclicOptions() = default;
  CyclicOptions(const CyclicOptions&) = default;  // a move is a copy, so that the scale stays
  CyclicOptions& operator=(const CyclicOptions&) = default;

  /// The steps in which the learning rate rises. By default 2000.
  CyclicOptions& step_size_up(std::int64_t value) { return set(step_size_up_, value); }
  /// The steps in which it falls. By default step_size_up.
  CyclicOptions& step_size_down(std::int64_t value) { return set(step_size_down_, value); }
  CyclicOptions& mode(CyclicMode value) { return set(mode_, value); }
  /// By default 1.
  CyclicOptions& gamma(double value) { return set(gamma_, value); }
  /// A scale of the height of one's own in place of the mode: a function of the number of the cycle, from 1.
  CyclicOptions& scale_of_cycle(std::function<double(double)> f);
  /// The same as a function of t.
  CyclicOptions& scale_of_step(std::function<double(double)> f);
  /// Moves momentum, or beta1, against the learning rate, between max_momentum and base_momentum. By default on.
  CyclicOptions& cycle_momentum(bool on) { return set(cycle_momentum_, on); }
  /// By default 0.8.
  CyclicOptions& base_momentum(PerGroup value) { return set(base_momentum_, std::move(value)); }
  /// By default 0.9.
  CyclicOptions& max_momentum(PerGroup value) { return set(max_momentum_, std::move(value)); }

 private:
  friend class CyclicLR;
  std::int64_t step_size_up_ = 2000;
  std::optional<std::int64_t> step_size_down_;
  CyclicMode mode_ = CyclicMode::triangular;
  double gamma_ = 1;
  std::function<double(double)> scale_;
  bool of_cycle_ = true;
  bool cycle_momentum_ = true;
  PerGroup base_momentum_ = 0.8, max_momentum_ = 0.9;
};

/// Cycles of the learning rate (Smith 2017), for a step after every batch: it rises linearly from base_lr to max_lr and
/// falls back. It replaces the learning rates of the optimiser.
class CyclicLR : public LRScheduler {
 public:
  using Options = CyclicOptions;

  CyclicLR(const Optimizer& optimizer, const PerGroup& base_lr, const PerGroup& max_lr, const Options& options = {});

 protected:
  double next(std::size_t group, double lr) const override;
  void set_more(std::size_t group) override;

 private:
  double height(double from, double to) const;

  Options options_;
  double total_size_, step_ratio_;
  std::vector<double> base_lr_, max_lr_, base_momentum_, max_momentum_;
  const char* momentum_ = nullptr;  // the name of the option
};

}  // namespace xgrad::optim
