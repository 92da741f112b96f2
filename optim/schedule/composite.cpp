#include <xgrad/optim/schedule/composite.hpp>

#include <algorithm>

namespace xgrad::optim {

void LRScheduler::check_parts(const std::vector<Schedule>& parts) const {
  if (parts.empty()) refuse("got no schedules");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const LRScheduler& part = *parts[i];
    part.check_moved();
    const std::string which = "schedule " + std::to_string(i) + ", " + part.name_ + ",";
    if (part.needs_metric()) refuse(which + " needs a metric in each step: call it beside the others");
    if (!part.groups_[0].is_sibling(groups_[0])) refuse(which + " is one of another optimiser");
  }
}

std::string LRScheduler::fault_in(const std::vector<Schedule>& parts) {
  for (const Schedule& part : parts)
    if (const std::string fault = part->fault(); !fault.empty()) return part->name_ + (": " + fault);
  return {};
}

SequentialLR::SequentialLR(const Optimizer& optimizer, std::vector<Schedule> schedulers,
                           std::vector<std::int64_t> milestones)
    : LRScheduler(MayRefuse(), "SequentialLR", optimizer),
      schedulers_(std::move(schedulers)),
      milestones_(std::move(milestones)) {
  check_parts(schedulers_);
  if (milestones_.size() + 1 != schedulers_.size())
    refuse("got " + std::to_string(schedulers_.size()) + " schedules and " + std::to_string(milestones_.size()) +
           " milestones: there must be one milestone between each two");
  for (std::size_t i = 0; i < milestones_.size(); ++i)
    if (milestones_[i] <= (i == 0 ? 0 : milestones_[i - 1]))
      refuse("milestones must be positive and rise, got " + std::to_string(milestones_[i]) + " in place " +
             std::to_string(i));
  begin_first();
  finish();
}

// The rates for t = 0, from base: what the parts have set when they were made is taken back.
void SequentialLR::begin_first() {
  for (std::size_t g = 0; g < group_count(); ++g) set_lr(g, base(g));
  undo();
  schedulers_[0]->initial_step();  // the others make theirs where they begin
  last_epoch_ = 0;
  note_last_lr();
}

// The schedule that this step belongs to.
std::size_t SequentialLR::current() const {
  return static_cast<std::size_t>(std::upper_bound(milestones_.begin(), milestones_.end(), last_epoch_) -
                                  milestones_.begin());
}

void SequentialLR::advance() {
  if (is_initial()) return begin_first();  // as the first part of another
  ++last_epoch_;
  const std::size_t i = current();
  if (i > 0 && milestones_[i - 1] == last_epoch_)
    schedulers_[i]->restart();
  else
    schedulers_[i]->make_step();
  note_last_lr();
}

void SequentialLR::restart() {
  last_epoch_ = 0;
  schedulers_[0]->restart();
  note_last_lr();
}

// As PyTorch: the parts go back to before their first step. Those of an inner SequentialLR may be there already.
void SequentialLR::undo() {
  last_epoch_ = -1;
  for (const Schedule& part : schedulers_)
    if (part->last_epoch_ >= 0) part->undo();
}

double SequentialLR::next(std::size_t /*group*/, double lr) const { return lr; }

void SequentialLR::collect(const std::string& prefix, std::vector<Field>& fields) {
  LRScheduler::collect(prefix, fields);
  collect_parts(schedulers_, prefix, fields);
}

void SequentialLR::resume() {
  // Those before the present one have left their momentum.
  for (std::size_t i = 0; i < current(); ++i)
    if (schedulers_[i]->last_epoch_ >= 0) schedulers_[i]->resume();
  schedulers_[current()]->resume();
  LRScheduler::resume();
}

ChainedScheduler::ChainedScheduler(const Optimizer& optimizer, std::vector<Schedule> schedulers)
    : LRScheduler(MayRefuse(), "ChainedScheduler", optimizer), schedulers_(std::move(schedulers)) {
  check_parts(schedulers_);
  last_epoch_ = 0;
  note_last_lr();
  finish();
}

void ChainedScheduler::advance() {
  ++last_epoch_;
  for (const Schedule& part : schedulers_)
    if (is_initial())
      part->initial_step();
    else
      part->make_step();
  note_last_lr();
}

// As it was made: a closed formula would not see the rates that the part before has set.
void ChainedScheduler::restart() {
  for (std::size_t g = 0; g < group_count(); ++g) set_lr(g, base(g));
  last_epoch_ = 0;
  for (const Schedule& part : schedulers_) part->initial_step();
  note_last_lr();
}

void ChainedScheduler::undo() {
  last_epoch_ = -1;
  for (const Schedule& part : schedulers_)
    if (part->last_epoch_ >= 0) part->undo();
}

double ChainedScheduler::next(std::size_t /*group*/, double lr) const { return lr; }

void ChainedScheduler::collect(const std::string& prefix, std::vector<Field>& fields) {
  LRScheduler::collect(prefix, fields);
  collect_parts(schedulers_, prefix, fields);
}

void ChainedScheduler::resume() {
  for (const Schedule& part : schedulers_) part->resume();
  LRScheduler::resume();
}

}  // namespace xgrad::optim
