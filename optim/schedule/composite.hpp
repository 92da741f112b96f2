#pragma once

#include <memory>
#include <type_traits>

#include <xgrad/optim/schedule/lr_scheduler.hpp>

namespace xgrad::optim {

/// A schedule of any kind, to be part of another.
class Schedule {
 public:
  template <class S, std::enable_if_t<std::is_base_of_v<LRScheduler, S>, int> = 0>
  Schedule(S schedule) : schedule_(std::make_shared<S>(std::move(schedule))) {}
  Schedule(const Schedule&) = default;  // a move is a copy, so that there is always a schedule
  Schedule& operator=(const Schedule&) = default;

  LRScheduler& operator*() const { return *schedule_; }
  LRScheduler* operator->() const { return schedule_.get(); }

 private:
  std::shared_ptr<LRScheduler> schedule_;
};

/// One schedule after the other: schedule i + 1 begins, from its t = 0, at step milestones[i]. A SequentialLR or a
/// ChainedScheduler as the first part has the rates that it has alone; in PyTorch it is one step ahead of them.
///
///     optim::SequentialLR schedule(optimizer, {optim::LinearLR(optimizer, 0.1, 1, 5),
///                                              optim::CosineAnnealingLR(optimizer, 95)}, {5});
class SequentialLR : public LRScheduler {
 public:
  SequentialLR(const Optimizer& optimizer, std::vector<Schedule> schedulers, std::vector<std::int64_t> milestones);

 protected:
  double next(std::size_t group, double lr) const override;
  void advance() override;
  void restart() override;
  void undo() override;
  void collect(const std::string& prefix, std::vector<Field>& fields) override;
  void resume() override;
  std::string fault() const override { return fault_in(schedulers_); }

 private:
  std::size_t current() const;
  void begin_first();

  std::vector<Schedule> schedulers_;
  std::vector<std::int64_t> milestones_;
};

/// Schedules that all step together, each on the learning rates that the one before has set.
class ChainedScheduler : public LRScheduler {
 public:
  ChainedScheduler(const Optimizer& optimizer, std::vector<Schedule> schedulers);

 protected:
  double next(std::size_t group, double lr) const override;
  void advance() override;
  void restart() override;
  void undo() override;
  void collect(const std::string& prefix, std::vector<Field>& fields) override;
  void resume() override;
  std::string fault() const override { return fault_in(schedulers_); }

 private:
  std::vector<Schedule> schedulers_;
};

}  // namespace xgrad::optim
