// The parts of TrainingRun that compute: batches, evaluation, prediction.

#include <xgrad/train/training_steps.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <stdexcept>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/nn/kept_modes.hpp>
#include <xgrad/optim/clip_grad.hpp>
#include <xgrad/train/kept_gradients.hpp>
#include <xgrad/train/training_run.hpp>

namespace xgrad::train {
namespace {

using xgrad::detail::number_text;

std::int64_t rows_of(const std::vector<Tensor>& columns) {
  if (columns.empty()) throw std::invalid_argument("Trainer: the batch has no columns: there must be at least one");
  if (!columns[0].defined() || columns[0].rank() == 0)
    throw std::invalid_argument("Trainer: the first column of the batch is " + detail::text_of(columns[0]) +
                                ": axis 0 must count the rows");
  return columns[0].shape()[0];
}

/// A number that changes with each write to the parameters. A step writes them completely or not at all.
std::uint64_t writes_to(const optim::Optimizer& optimizer) {
  std::uint64_t writes = 0;
  for (const Tensor& each : optimizer.parameters()) writes += Raw::storage(each)->version();
  return writes;
}

}  // namespace

StepResult TrainingRun::compute(const std::vector<Tensor>& columns) const {
  if (!objective_.loss()) return objective_.step()(columns);
  if (columns.size() != 2)
    refuse("the batch has " + std::to_string(columns.size()) + (columns.size() == 1 ? " column" : " columns") +
           ": a loss takes the inputs and the targets: pass a step, a function of the columns");
  const Tensor prediction = forward_(columns[0], at_);
  return {objective_.loss()(prediction, columns[1], at_), prediction, columns[1]};
}

bool TrainingRun::train_epoch(const Batches& train) {
  model_.train();
  each_callback([&](Callback& callback) { callback.on_epoch_begin(trainer_); });
  const bool by_rows = rows_ > 0;
  progress_.begin("epoch " + std::to_string(counters_.epoch),
                  by_rows        ? rows_
                  : batches_ > 0 ? batches_
                                 : 0,
                  by_rows ? "rows" : "batches", by_rows ? counters_.rows : counters_.batch);
  // The loader may have been used for something else since.
  if (position_.at) train.set_position(*position_.at);
  const bool over = position_.at && position_.at->batch == 0 && counters_.batch > 0;
  const bool complete = over || train_batches(train);
  progress_.clear();
  if (!complete) return false;
  if (counters_.in_group > 0) {  // the number of batches was not known before
    const KeptGradients before(optimizer_);
    std::exception_ptr found;
    try {
      found = step({}, counters_.in_group);
    } catch (...) {
      before.restore();
      throw;
    }
    after_step(found);
  }
  if (counters_.batch == 0) refuse("an epoch has no batches: the loader is empty");
  return true;
}

bool TrainingRun::train_batches(const Batches& train) {
  const bool by_rows = rows_ > 0;
  const double seconds_before = counters_.seconds;
  std::int64_t to_skip = train.has_position() ? 0 : counters_.batch;
  bool complete = true;
  std::exception_ptr failure;
  const auto on_batch = [&](const std::vector<Tensor>& columns) {
    if (to_skip-- > 0) return true;
    const std::int64_t before = counters_.batch;
    // Read before callbacks, which may use the loader too.
    const data::LoaderPosition after = train.has_position() ? train.position() : data::LoaderPosition();
    try {
      train_batch(columns);
      interrupted_ = interrupt_ != nullptr && interrupt_->requested();
      complete = !stop_ && !interrupted_;
    } catch (...) {
      failure = std::current_exception();
      complete = false;
    }
    // A batch that was not trained is the next one.
    if (counters_.batch > before && train.has_position()) position_.at = after;
    counters_.seconds = seconds_before + progress_.seconds();
    if (failure) return false;
    if (progress_.style() == ProgressStyle::bar)
      progress_.update(by_rows ? counters_.rows : counters_.batch, "loss " + number_text(train_loss_.value(), 4));
    // That of the last batch waits until the epoch is complete.
    if (checkpoint_due_ && counters_.batch != batches_) save_checkpoint();
    return complete;
  };
  train.for_each(on_batch, [&] {
    if (train.has_position()) position_.at = train.position();
  });
  if (failure) std::rethrow_exception(failure);
  // What was asked to end with its last batch is complete.
  return complete || counters_.batch == batches_;
}

void TrainingRun::train_batch(const std::vector<Tensor>& columns) {
  const std::int64_t rows = rows_of(columns);
  if (rows == 0)
    refuse("batch " + std::to_string(counters_.batch) + " of epoch " + std::to_string(counters_.epoch) +
           " has no rows, so that it has no mean loss: leave out empty batches");
  each_callback([&](Callback& callback) { callback.on_batch_begin(trainer_); });
  const StepResult result = compute(columns);
  loss_ = number_of(result.loss);
  if (!std::isfinite(loss_) && !options_.allow_non_finite_) refuse_loss(loss_, "no step was made");
  if (!train_metrics_.empty() && !result.prediction.defined())
    refuse("a train_metric() needs a step that gives its prediction and target");
  // A batch that is trained again, since its step failed, was observed.
  if (options_.contract_ && counters_.epoch == 0 && observed_ <= counters_.batch) {
    observe(columns[0]);
    observed_ = counters_.batch + 1;
  }
  // backward() changes no gradient when it fails. Where a step follows, which may fail after it, the gradients of the
  // batches before in the group are kept.
  const std::int64_t group = group_size();
  if (counters_.in_group == 0 || counters_.divisor == 0) counters_.divisor = group;
  const bool steps = counters_.in_group + 1 >= group;
  std::optional<KeptGradients> before;
  if (steps && counters_.in_group > 0) before.emplace(optimizer_);
  std::exception_ptr found;
  try {
    backward(result.loss);
    if (steps) found = step(columns, counters_.in_group + 1);
  } catch (...) {
    if (before) before->restore();
    throw;
  }
  before.reset();
  // The batch is trained: what fails from here on does not bring it back.
  if (!steps) ++counters_.in_group;
  ++counters_.batch;
  counters_.rows += rows;
  train_loss_.add(loss_, static_cast<double>(rows));
  try {
    note(result);
  } catch (...) {
    if (!found) throw;  // else the first failure is the cause
  }
  if (steps) after_step(found);
  each_callback([&](Callback& callback) { callback.on_batch_end(trainer_); });
}

void TrainingRun::observe(const Tensor& inputs) {
  const bool first = contract_.empty();
  const std::vector<std::int64_t> before = contract_.row_shape();
  contract_.observe(inputs);
  if (first || contract_.row_shape() == before) return;
  const Shape& shape = inputs.shape();
  warn("Trainer: the inputs have rows of shape " +
       to_string(Shape(std::vector<std::int64_t>(shape.begin() + 1, shape.end()))) + ", those before them had " +
       detail::row_text(before) +
       ": the input contract no longer tells features apart, and accepts other sizes of this axis; "
       "input_contract(false) is for training without one");
}

std::int64_t TrainingRun::group_size() const {
  // The last group of an epoch has what is left. A resumed training may begin in the middle of one.
  const std::int64_t begun = counters_.batch - counters_.in_group;
  const std::int64_t left = batches_ > 0 ? batches_ - begun : options_.accumulate_;
  return std::min(options_.accumulate_, std::max<std::int64_t>(1, left));
}

void TrainingRun::backward(const Tensor& loss) {
  if (counters_.in_group == 0) optimizer_.zero_grad();
  if (counters_.divisor == 1)
    loss.backward();
  else
    div(loss, static_cast<double>(counters_.divisor), at_).backward();
}

double TrainingRun::number_of(const Tensor& loss) {
  if (!loss.defined() || loss.size() != 1)
    refuse("the loss is " + detail::text_of(loss) + ": it must be one number, such as a mean");
  return loss.item();
}

void TrainingRun::refuse_loss(double loss, const std::string& consequence) const {
  throw std::runtime_error("Trainer: the loss is " + number_text(loss) + " in epoch " +
                           std::to_string(counters_.epoch) + ", batch " + std::to_string(counters_.batch) + ": " +
                           consequence +
                           ": a lower learning rate or clip_grad_norm() may help, and a scope of DetectAnomaly names "
                           "the op that made it");
}

void TrainingRun::note(const StepResult& result) {
  for (const MeasuredMetric& each : train_metrics_) each.metric->update(result.prediction.detach(), result.target);
}

std::exception_ptr TrainingRun::step(const std::vector<Tensor>& columns, std::int64_t count) {
  // The group has become another one: its loader had fewer batches, or the training goes on with other options.
  if (counters_.divisor != count && counters_.divisor != 0) {
    const NoGrad off;
    const double factor = static_cast<double>(counters_.divisor) / static_cast<double>(count);
    for (const Tensor& each : optimizer_.parameters())
      if (const Tensor gradient = each.grad(); gradient.defined()) each.set_grad(gradient.detach() * factor);
  }
  clip();
  std::exception_ptr found;
  if (by_closure_) {
    const bool searches = optimizer_.param_groups()[0].option("line_search_fn") != 0;
    optimizer_.step(
        [&] {
          optimizer_.zero_grad();
          Tensor loss = compute(columns).loss;
          // A line search turns back from infinite losses.
          if (const double value = number_of(loss);
              !options_.allow_non_finite_ && (searches ? std::isnan(value) : !std::isfinite(value)))
            refuse_loss(value, "the weights are those before this iteration of LBFGS");
          loss.backward();
          return loss;
        },
        at_);
  } else {
    const std::uint64_t before = writes_to(optimizer_);
    try {
      optimizer_.step(at_);
    } catch (...) {
      if (writes_to(optimizer_) == before) throw;
      found = std::current_exception();
    }
  }
  counters_.in_group = 0;
  ++counters_.step;
  stepped_.emplace();
  if (options_.every_steps_ > 0 && counters_.step % options_.every_steps_ == 0) checkpoint_due_ = folder_.has_value();
  return found;
}

void TrainingRun::after_step(const std::exception_ptr& found) {
  try {
    finish_step();
  } catch (...) {
    if (!found) throw;  // else the first failure is the cause
  }
  if (found) std::rethrow_exception(found);
}

void TrainingRun::finish_step() {
  if (!stepped_) return;
  if (options_.average_ && !stepped_->is_averaged) options_.average_->update(at_);
  stepped_->is_averaged = true;
  run_schedules(Per::step, {}, stepped_->schedules);
  stepped_.reset();
}

void TrainingRun::clip() const {
  if (options_.clip_norm_)
    optim::clip_grad_norm_(optimizer_.parameters(), *options_.clip_norm_, 2,
                           options_.allow_non_finite_ ? optim::Nonfinite::allowed : optim::Nonfinite::error, at_);
  if (options_.clip_value_) optim::clip_grad_value_(optimizer_.parameters(), *options_.clip_value_, at_);
}

Record TrainingRun::measure(const Batches& batches, bool compare_inputs) {
  const NoGrad off;
  const nn::detail::KeptModes modes(model_);
  model_.eval();
  const auto averaged = average_weights();
  Mean loss;
  std::int64_t all_rows = 0;
  for (const MeasuredMetric& each : metrics_) each.metric->reset();
  InputContract seen;
  seen.set_transforms(contract_.transforms());
  batches.for_each([&](const std::vector<Tensor>& columns) {
    const std::int64_t rows = rows_of(columns);
    if (rows == 0) return true;
    if (compare_inputs && !contract_.empty()) seen.observe(columns[0]);
    const StepResult result = [&] {
      try {
        return compute(columns);
      } catch (...) {
        report_breaches(seen);  // one of them may be why
        throw;
      }
    }();
    all_rows += rows;
    loss.add(number_of(result.loss), static_cast<double>(rows));
    if (!metrics_.empty() && !result.prediction.defined())
      refuse("a metric() needs a step that gives its prediction and target");
    for (const MeasuredMetric& each : metrics_) each.metric->update(result.prediction, result.target);
    return true;
  });
  if (all_rows == 0) refuse("the data to evaluate have no rows: there must be at least one");
  report_breaches(seen);
  Record result;
  result.set("loss", loss.value());
  for (const MeasuredMetric& each : metrics_) result.set(each.name, each.metric->value());
  return result;
}

void TrainingRun::report_breaches(const InputContract& seen) {
  for (const std::string& breach : contract_.breaches(seen))
    warn("Trainer: out of the contract of training: " + breach + ": give the data the same transforms as in training");
}

Record TrainingRun::evaluate(const Batches& batches, Source at) {
  const CallOf call(*this, at);
  warned_.clear();
  return measure(batches, true);
}

Tensor TrainingRun::predict(const Batches& batches, Source at) {
  const CallOf call(*this, at);
  const NoGrad off;
  const nn::detail::KeptModes modes(model_);
  model_.eval();
  const auto averaged = average_weights();
  std::vector<Tensor> all;
  batches.for_each([&](const std::vector<Tensor>& columns) {
    rows_of(columns);
    all.push_back(forward_ ? forward_(columns[0], at_) : objective_.step()(columns).prediction);
    if (!all.back().defined()) refuse("predict() needs a step that gives its prediction");
    return true;
  });
  if (all.empty()) refuse("predict() was given no batches");
  return concat(all, 0, at_);
}

}  // namespace xgrad::train
