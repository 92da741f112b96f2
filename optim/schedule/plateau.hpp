#pragma once

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/optim/schedule/lr_scheduler.hpp>
#include <xgrad/optim/schedule/mode.hpp>

namespace xgrad::optim {

/// Options of ReduceLROnPlateau: `ReduceLROnPlateau::Options().factor(0.5).patience(3)`.
class PlateauOptions : public xgrad::detail::OptionsOf<PlateauOptions> {
 public:
  /// Whether a better metric is a smaller one, which is the default, or a larger one.
  using Mode = optim::Mode;
  /// Whether the threshold is a share of the best metric, which is the default, or a difference.
  enum class ThresholdMode : std::uint8_t { rel, abs };

  PlateauOptions& mode(Mode value) { return set(mode_, value); }
  /// What the learning rate is multiplied by, in [0, 1). By default 0.1.
  PlateauOptions& factor(double value) { return set(factor_, value); }
  /// The number of epochs without improvement that are tolerated. By default 10.
  PlateauOptions& patience(std::int64_t value) { return set(patience_, value); }
  /// The improvement that counts. By default 1e-4.
  PlateauOptions& threshold(double value) { return set(threshold_, value); }
  PlateauOptions& threshold_mode(ThresholdMode value) { return set(threshold_mode_, value); }
  /// The number of epochs after a reduction in which none is counted. By default 0.
  PlateauOptions& cooldown(std::int64_t value) { return set(cooldown_, value); }
  /// The least learning rate. By default 0.
  PlateauOptions& min_lr(PerGroup value) { return set(min_lr_, std::move(value)); }
  /// A reduction by no more than this is not made. By default 1e-8.
  PlateauOptions& eps(double value) { return set(eps_, value); }

 private:
  friend class ReduceLROnPlateau;
  Mode mode_ = Mode::min;
  double factor_ = 0.1;
  std::int64_t patience_ = 10;
  double threshold_ = 1e-4;
  ThresholdMode threshold_mode_ = ThresholdMode::rel;
  std::int64_t cooldown_ = 0;
  PerGroup min_lr_ = 0.0;
  double eps_ = 1e-8;
};

/// Multiplies the learning rate by a factor when a metric, such as the loss on other data, has not improved for more
/// than `patience` epochs. step() takes the metric; NaN is no improvement.
class ReduceLROnPlateau : public LRScheduler {
 public:
  using Options = PlateauOptions;
  using Mode = PlateauOptions::Mode;
  using ThresholdMode = PlateauOptions::ThresholdMode;

  explicit ReduceLROnPlateau(const Optimizer& optimizer, const Options& options = {});

  void step(double metric);

  /// The best metric so far: infinite before the first.
  double best() const {
    check_moved();
    return best_;
  }

 protected:
  double next(std::size_t group, double lr) const override;
  void advance() override;
  void collect(const std::string& prefix, std::vector<Field>& fields) override;
  bool needs_metric() const override { return true; }

 private:
  bool is_better(double metric) const;

  Options options_;
  std::vector<double> min_lr_;
  double best_;
  std::int64_t bad_epochs_ = 0, cooldown_counter_ = 0;
};

}  // namespace xgrad::optim
