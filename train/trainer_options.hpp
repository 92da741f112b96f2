#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/data/transforms.hpp>
#include <xgrad/nn/module.hpp>
#include <xgrad/train/callback.hpp>
#include <xgrad/train/checkpoint.hpp>
#include <xgrad/train/early_stopping.hpp>
#include <xgrad/train/metric.hpp>
#include <xgrad/train/progress.hpp>

namespace xgrad::train {

/// How often something is done.
enum class Per : std::uint8_t { step, epoch };

namespace detail {

/// A schedule of learning rates, of any class.
struct AnySchedule {
  const void* address = nullptr;
  Per per = Per::epoch;
  std::string monitor;  // of a schedule that looks at a number
  bool wants_number = false;
  std::function<void(double)> step;  // with that number
  std::function<void(Checkpoint&, const std::string&)> add_to;
};

/// An average of the model's weights.
struct AnyAverage {
  nn::ModuleBase module;
  std::function<void(Source)> update;
  std::function<void(Checkpoint&, const std::string&)> add_to;
};

struct NamedMetric {
  std::string name;
  std::function<std::shared_ptr<Metric>()> make;
};

template <class S, class = void>
struct StepsAlone : std::false_type {};
template <class S>
struct StepsAlone<S, std::void_t<decltype(std::declval<S&>().step())>> : std::true_type {};

}  // namespace detail

/// Options of Trainer: `Trainer::Options().epochs(20).metric("accuracy", train::Accuracy())`. Bad ones are refused when
/// the trainer is made.
class TrainerOptions : public xgrad::detail::OptionsOf<TrainerOptions> {
 public:
  TrainerOptions() = default;
  TrainerOptions(const TrainerOptions&) = default;  // a move is a copy, so that no option gets lost
  TrainerOptions& operator=(const TrainerOptions&) = default;

  /// How many epochs are trained in all; by default 1. A training that goes on makes up what is missing.
  TrainerOptions& epochs(std::int64_t count) { return set(epochs_, count); }
  /// Validates after every n-th epoch, and after the last; by default after each.
  TrainerOptions& validate_every(std::int64_t epochs) { return set(validate_every_, epochs); }

  /// Measured on the data of validation and evaluation; in the history "val_accuracy" for the name "accuracy".
  template <class M, std::enable_if_t<std::is_base_of_v<Metric, M>, int> = 0>
  TrainerOptions& metric(const std::string& name, const M& metric) {
    metrics_.push_back({name, [metric]() -> std::shared_ptr<Metric> { return std::make_shared<M>(metric); }});
    return *this;
  }
  /// Measured in training, on the predictions that the losses are computed from: "train_accuracy".
  template <class M, std::enable_if_t<std::is_base_of_v<Metric, M>, int> = 0>
  TrainerOptions& train_metric(const std::string& name, const M& metric) {
    train_metrics_.push_back({name, [metric]() -> std::shared_ptr<Metric> { return std::make_shared<M>(metric); }});
    return *this;
  }
  /// What the names of the numbers begin with; by default "train_" and "val_".
  TrainerOptions& prefixes(std::string train, std::string validation) {
    set(train_prefix_, std::move(train));
    return set(prefix_, std::move(validation));
  }

  /// Stops when a number of the history, by default "val_loss", has not improved for some epochs, and gives the model
  /// the weights of its best epoch. The mode is that of the number, unless it is given. fit() refuses a name that no
  /// number has: when it begins, or where callbacks may add numbers, after the first epoch.
  TrainerOptions& early_stopping(const EarlyStopping::Options& options = {}) {
    return early_stopping("val_loss", options);
  }
  TrainerOptions& early_stopping(std::string monitor, const EarlyStopping::Options& options = {}) {
    stops_early_ = true;
    early_ = options;
    return set(monitor_, std::move(monitor));
  }
  /// Gives the model the weights of the best epoch at the end, without stopping early. The end is the last epoch, or a
  /// stop(); after Ctrl-C and exceptions the model has its last weights.
  TrainerOptions& keep_best(std::string monitor, std::optional<Mode> mode = {}) {
    if (mode) early_.mode(*mode);
    return set(monitor_, std::move(monitor));
  }
  /// Whether the model gets the weights of the best epoch at the end; by default it does.
  TrainerOptions& restore_best(bool on = true) { return set(restore_best_, on); }
  /// Writes the model's state_dict() to this file, atomically, whenever the monitored number has improved.
  TrainerOptions& save_best(std::string path) { return set(best_path_, std::move(path)); }

  /// Saves all that the training needs to go on, in this folder, after every epoch, and keeps the newest few.
  TrainerOptions& checkpoints(std::string folder, Dim keep = 3) {
    keep_ = keep;
    return set(folder_, std::move(folder));
  }
  /// Saves after every n-th epoch (0: never), and after every n-th step; refused without checkpoints().
  TrainerOptions& checkpoint_every_epochs(std::int64_t count) { return set(every_epochs_, count); }
  TrainerOptions& checkpoint_every_steps(std::int64_t count) { return set(every_steps_, count); }
  /// fit() goes on from the newest intact checkpoint of the folder, if there is one. Without it a folder that holds
  /// checkpoints is refused, since they would be replaced.
  TrainerOptions& resume(bool on = true) { return set(resume_, on); }

  /// Scales the gradients down where their norm, of all together, exceeds this; see optim::clip_grad_norm_().
  TrainerOptions& clip_grad_norm(double most) { return set(clip_norm_, most); }
  /// Clamps each gradient to -most .. most.
  TrainerOptions& clip_grad_value(double most) { return set(clip_value_, most); }
  /// Adds up the gradients of n batches, each loss divided by their number, before each step. The last step of an
  /// epoch has what is left.
  TrainerOptions& accumulate(std::int64_t batches) { return set(accumulate_, batches); }
  /// A loss that is NaN or infinite is an error, unless it is allowed; then a norm of the gradients may be so too.
  TrainerOptions& allow_non_finite_loss(bool on = true) { return set(allow_non_finite_, on); }

  /// Calls schedule.step() after every epoch or every step of the optimiser. If it takes a number, as that of
  /// ReduceLROnPlateau does, it is given one of the epoch's, `monitor`, and steps per epoch only. Kept by reference; a
  /// part of checkpoints. One that is given twice is refused.
  template <class S>
  TrainerOptions& schedule(S& schedule, Per per = Per::epoch, const std::string& monitor = "val_loss") {
    detail::AnySchedule any;
    any.address = &schedule;
    any.per = per;
    if constexpr (detail::StepsAlone<S>::value) {
      any.step = [&schedule](double) { schedule.step(); };
    } else {
      any.monitor = monitor;
      any.wants_number = true;
      any.step = [&schedule](double number) { schedule.step(number); };
    }
    any.add_to = [&schedule](Checkpoint& checkpoint, const std::string& name) { checkpoint.add(name, schedule); };
    schedules_.push_back(std::move(any));
    return *this;
  }

  /// Updates an average of the model's weights, such as an optim::AveragedModel, after every step, and measures,
  /// predicts and keeps the best with the averaged weights; the model itself goes on with its own. While the model has
  /// the best weights, after fit(), it is those that are measured. The average is kept by reference; a part of
  /// checkpoints.
  template <class A, class M>
  TrainerOptions& average(A& average, const M& model) {
    average_ = detail::AnyAverage{
        average.module, [&average, handle = M(model)](Source at) { average.update_parameters(handle, at); },
        [&average](Checkpoint& checkpoint, const std::string& name) { checkpoint.add(name, average); }};
    return *this;
  }

  TrainerOptions& callback(std::shared_ptr<Callback> callback) {
    callbacks_.push_back(std::move(callback));
    return *this;
  }
  TrainerOptions& on_epoch_end(std::function<void(Trainer&, Record&)> f) {
    return callback(std::make_shared<detail::EpochFunction>(std::move(f)));
  }
  TrainerOptions& on_batch_end(std::function<void(Trainer&)> f) {
    return callback(std::make_shared<detail::BatchFunction>(std::move(f)));
  }

  /// By default a bar on a terminal, and a line for every epoch; ProgressStyle::silent prints nothing.
  TrainerOptions& progress(const Progress::Options& options) { return set(progress_, options); }
  TrainerOptions& progress(ProgressStyle style) { return set(progress_, Progress::Options().style(style)); }
  /// Files that hold the history after every epoch.
  TrainerOptions& save_csv(std::string path) { return set(csv_, std::move(path)); }
  TrainerOptions& save_json_lines(std::string path) { return set(json_, std::move(path)); }
  /// Whether Ctrl-C ends the training after the batch (InterruptScope); by default it does.
  TrainerOptions& interruptible(bool on = true) { return set(interruptible_, on); }

  /// The names of what was done to the data before they came here, for the input contract.
  TrainerOptions& transforms(std::vector<std::string> names) { return set(transforms_, std::move(names)); }
  TrainerOptions& transforms(const data::Transform& transform) { return transforms({transform.text()}); }
  /// Whether the inputs of the first epoch become a contract that evaluations are compared with; by default they do.
  TrainerOptions& input_contract(bool on = true) { return set(contract_, on); }
  /// Where warnings go; by default to stderr.
  TrainerOptions& warn(std::function<void(const std::string&)> f) { return set(warn_, std::move(f)); }

 private:
  friend class Trainer;
  friend class TrainingRun;
  std::int64_t epochs_ = 1, validate_every_ = 1, every_steps_ = 0, accumulate_ = 1, keep_ = 3;
  std::optional<std::int64_t> every_epochs_;  // by default 1
  std::vector<detail::NamedMetric> metrics_, train_metrics_;
  std::string train_prefix_ = "train_", prefix_ = "val_", monitor_, best_path_, folder_, csv_, json_;
  EarlyStopping::Options early_;
  std::optional<double> clip_norm_, clip_value_;
  bool stops_early_ = false, restore_best_ = true, resume_ = false, allow_non_finite_ = false;
  bool interruptible_ = true, contract_ = true;
  std::vector<detail::AnySchedule> schedules_;
  std::optional<detail::AnyAverage> average_;
  std::vector<std::shared_ptr<Callback>> callbacks_;
  Progress::Options progress_;
  std::vector<std::string> transforms_;
  std::function<void(const std::string&)> warn_;
};

}  // namespace xgrad::train
