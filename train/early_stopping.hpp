#pragma once

#include <cstdint>
#include <optional>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/io/state_dict.hpp>
#include <xgrad/optim/schedule/mode.hpp>

namespace xgrad::train {

using optim::Mode;

/// Options of EarlyStopping: `EarlyStopping::Options().patience(5).mode(Mode::max)`.
class EarlyStoppingOptions : public xgrad::detail::OptionsOf<EarlyStoppingOptions> {
 public:
  /// After how many values without an improvement it stops, at least 1; by default 3.
  EarlyStoppingOptions& patience(std::int64_t values) { return set(patience_, values); }
  /// By how much the number must improve to count, not negative; by default 0.
  EarlyStoppingOptions& min_delta(double value) { return set(min_delta_, value); }
  /// By default min; a Trainer knows that of its losses and metrics.
  EarlyStoppingOptions& mode(Mode value) { return set(mode_, value); }

  bool has_mode() const { return mode_.has_value(); }

 private:
  friend class EarlyStopping;
  std::int64_t patience_ = 3;
  double min_delta_ = 0;
  std::optional<Mode> mode_;
};

/// Keeps the best value of a series, and says when it has not improved for too long. NaN is never an improvement. For
/// loops of one's own; a Trainer has one.
///
///     train::EarlyStopping early(train::EarlyStopping::Options().patience(5));
///     if (early.update(loss)) best = model.state_dict();
///     if (early.should_stop()) break;
class EarlyStopping {
 public:
  using Options = EarlyStoppingOptions;
  explicit EarlyStopping(const Options& options = {});

  /// The next value; whether it is the best so far, and better by more than min_delta.
  bool update(double value);
  /// Whether `patience` values have followed the best one.
  bool should_stop() const { return since_best() >= options_.patience_; }

  /// NaN before the first improvement.
  double best() const { return best_; }
  /// The place of the best value, from 0, and how many have followed it; -1 and the number of values before there is
  /// one.
  std::int64_t best_index() const { return best_index_; }
  std::int64_t since_best() const { return count_ - 1 - best_index_; }
  Mode mode() const { return options_.mode_.value_or(Mode::min); }

  [[nodiscard]] StateDict state_dict() const;
  void load_state_dict(const StateDict& state);

 private:
  Options options_;
  double best_;
  std::int64_t best_index_ = -1, count_ = 0;
};

}  // namespace xgrad::train
