#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/owned.hpp>
#include <xgrad/io/state_dict.hpp>
#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim {

/// A number for all groups of an optimiser, or one for each.
class PerGroup {
 public:
  PerGroup(const PerGroup&) = default;  // a move is a copy, so that there are always values
  PerGroup& operator=(const PerGroup&) = default;
  PerGroup(double all);
  PerGroup(std::vector<double> each);
  PerGroup(std::initializer_list<double> each);

  const std::vector<double>& values() const { return values_; }
  bool is_each() const { return each_; }

 private:
  std::vector<double> values_;
  bool each_ = false;
};

class Schedule;

/// The base of all schedules, which set the learning rates of an optimiser's groups. Names and values are those of
/// torch.optim.lr_scheduler, to the last bit: formulas that PyTorch computes from the rate before are computed so here.
/// But a rate that is negative by rounding alone, as that of LinearLR at an end_factor of 0 may be, is 0; any other
/// below 0 is an error.
///
///     optim::SGD optimizer(model.parameters(), 0.1);
///     optim::CosineAnnealingLR schedule(optimizer, 20);
///     for (int epoch = 0; epoch < 20; ++epoch) {
///       train(model, optimizer);
///       schedule.step();
///     }
///
/// In the formulas base is the learning rate of a group when its first schedule was made, its initial_lr, and t counts
/// the calls of step(). A schedule sets the rates for t = 0 when it is made; one whose settings are refused leaves the
/// optimiser as it was. It refers to the optimiser's groups, not to the optimiser, which may be moved. Groups must be
/// added before. Using a schedule that was moved from is an error (std::logic_error).
class LRScheduler {
 public:
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;
  LRScheduler(LRScheduler&&) noexcept;
  LRScheduler& operator=(LRScheduler&&) noexcept;
  virtual ~LRScheduler();

  /// Sets the learning rates of the next epoch, or step; to be called after the optimiser's. Where it throws, the step
  /// was not made: neither by this schedule and its parts nor in the optimiser.
  void step();
  /// The learning rates that were set last, one a group.
  const std::vector<double>& get_last_lr() const {
    check_moved();
    return last_lr_;
  }
  /// t.
  std::int64_t last_epoch() const {
    check_moved();
    return last_epoch_;
  }

  /// What a resumed schedule needs to go on with the same bits: "last_epoch", "step_count", "base_lrs", "last_lr", and
  /// further numbers; the class, as the key "class.<name>" of an empty tensor; of schedules of schedules theirs as
  /// "schedulers.<i>.<name>". Settings are not among them: they are those that the schedule was made with.
  [[nodiscard]] StateDict state_dict() const;
  /// Loads such a state, and sets the learning rates to "last_lr". Missing or unknown keys, other numbers of groups,
  /// another class, and numbers that such a schedule cannot have are errors, and then nothing has changed. A state
  /// without a class, as those of earlier versions, may be of any.
  void load_state_dict(const StateDict& state);
  /// A function that brings the schedule, and all options of the optimiser's groups, back to what they are now. Loading
  /// the state would set the rates of the schedule where the optimiser has others by now.
  [[nodiscard]] std::function<void()> restorer();

 protected:
  LRScheduler(const char* name, const Optimizer& optimizer);
  /// For a constructor that may still refuse its arguments: what it throws leaves the optimiser as it was. Such a one
  /// must end with begin() or finish(). The groups begin with the rates `first`, if it is not null.
  struct MayRefuse {};
  LRScheduler(MayRefuse, const char* name, const Optimizer& optimizer, const PerGroup* first = nullptr);

  /// A number of the state.
  struct Field {
    std::string key;
    std::int64_t* whole = nullptr;
    double* real = nullptr;
    std::vector<double>* list = nullptr;
    std::int64_t least = 0;  ///< of a whole number
    bool is_class = false;   ///< no number: the key names the class of the schedule
  };

  /// Sets the rates for t = 0; called at the end of construction.
  void begin();
  /// In place of begin() where there is nothing to set: the schedule is made.
  void finish();
  /// The learning rate of a group at last_epoch_, where `lr` is the one before.
  virtual double next(std::size_t group, double lr) const = 0;
  /// The same from base alone, where PyTorch has such a formula; it is used where SequentialLR begins a schedule.
  virtual double closed(std::size_t group) const;
  /// Sets what is scheduled beside the learning rate.
  virtual void set_more(std::size_t group);
  virtual void advance();
  virtual void restart();
  virtual void undo() { --last_epoch_; }
  /// The numbers of the state, with `prefix` before their keys; step() brings them back where it throws.
  virtual void collect(const std::string& prefix, std::vector<Field>& fields);
  virtual void resume();
  virtual bool needs_metric() const { return false; }
  /// What is wrong with a state that was loaded, or nothing.
  virtual std::string fault() const { return {}; }

  std::size_t group_count() const { return groups_.size(); }
  double base(std::size_t group) const { return base_lrs_[group]; }
  void set_base(std::size_t group, double lr);
  void set_lr(std::size_t group, double lr);
  double lr(std::size_t group) const { return groups_[group].lr(); }
  ParamGroup& group(std::size_t g) { return groups_[g]; }
  const char* name() const { return name_; }
  bool is_initial() const { return initial_; }
  std::int64_t step_count() const { return step_count_; }
  /// One number for each group.
  std::vector<double> for_groups(const char* what, const PerGroup& values) const;
  [[noreturn]] void refuse(const std::string& why) const;
  void require(bool right, const char* what, const char* rule, double value) const;
  /// Refuses values, one a group, that the optimiser does not take for this option.
  void check_option(const char* option, const char* what, const std::vector<double>& values);
  void note_last_lr();
  /// Refuses a schedule that was moved from.
  void check_moved() const {
    if (groups_.empty()) refuse_moved();
  }
  /// The same, and groups that have come since.
  void check_groups() const;
  /// Refuses an empty list, a schedule of another optimiser, and one that needs a metric.
  void check_parts(const std::vector<Schedule>& parts) const;
  /// The numbers of the parts.
  static void collect_parts(const std::vector<Schedule>& parts, const std::string& prefix, std::vector<Field>& fields);
  /// The first fault of the parts.
  static std::string fault_in(const std::vector<Schedule>& parts);

  std::int64_t last_epoch_ = -1;

 private:
  friend class SequentialLR;
  friend class ChainedScheduler;
  /// The rate, or 0 where it is negative by rounding alone; others that are negative or not finite are refused.
  double checked_rate(std::size_t group, double rate) const;
  [[noreturn]] void refuse_moved() const;
  void begin_groups(const PerGroup* first);
  void initial_step();
  /// The step of a schedule, or of a part of one whose step() brings back what it was.
  void make_step();
  struct Snapshot;
  void take(Snapshot& now);

  const char* name_;
  std::vector<ParamGroup> groups_;
  std::vector<double> base_lrs_, last_lr_, next_lr_;
  std::int64_t step_count_ = 0;
  bool initial_ = false;
  xgrad::detail::Owned<detail::RestoredOptions> unfinished_;  // until the schedule is made
  xgrad::detail::Owned<Snapshot> before_;                     // between steps nothing; kept for its memory
};

}  // namespace xgrad::optim
