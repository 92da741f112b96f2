#pragma once

// For this room's sources only: what a Trainer does.

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <xgrad/optim/averaging.hpp>
#include <xgrad/train/checkpoint_folder.hpp>
#include <xgrad/train/interrupt.hpp>
#include <xgrad/train/regression.hpp>
#include <xgrad/train/trainer.hpp>
#include <xgrad/train/training_state.hpp>
#include <xgrad/train/training_steps.hpp>

namespace xgrad::train {

struct MeasuredMetric {
  std::string name;
  std::shared_ptr<Metric> metric;
};

/// The end of an epoch whose batches are all trained. What of it is done is not done again when an exception has left
/// fit() and it is called again.
struct EpochEnd {
  Record row;
  bool validates = false, has_row = false, is_judged = false, is_best = false;
  std::size_t callbacks = 0, schedules = 0;
};

class TrainingRun {
 public:
  using Forward = std::function<Tensor(const Tensor&, Source)>;
  TrainingRun(Trainer& trainer, nn::ModuleBase model, Forward forward, optim::Optimizer& optimizer,
              const Objective& objective, const Trainer::Options& options);

  const History& fit(const Batches& train, const Batches* validation, Source at);
  Record evaluate(const Batches& batches, Source at);
  Tensor predict(const Batches& batches, Source at);
  void set_epochs(std::int64_t epochs);
  const std::string& monitor() const { return options_.monitor_; }

  Trainer& trainer_;
  nn::ModuleBase model_;
  Forward forward_;
  optim::Optimizer& optimizer_;
  Objective objective_;
  Trainer::Options options_;

  Counters counters_;
  History history_;
  EarlyStopping early_;
  InputContract contract_;
  std::int64_t observed_ = 0;  // batches of the first epoch that the contract has seen
  double loss_ = 0;
  bool stop_ = false, interrupted_ = false, stopped_early_ = false;

 private:
  // The user's line, for all that is called below it; an evaluate() in a callback of fit() has its own.
  class CallOf {
   public:
    CallOf(TrainingRun& run, Source at) : run_(run), before_(run.at_) { run.at_ = at; }
    ~CallOf() { run_.at_ = before_; }
    CallOf(const CallOf&) = delete;
    CallOf& operator=(const CallOf&) = delete;

   private:
    TrainingRun& run_;
    Source before_;
  };

  [[noreturn]] static void refuse(const std::string& why);
  void check_options() const;
  static void check_epochs(std::int64_t epochs);
  void choose_mode();
  void warn(const std::string& text);
  template <class F>
  void each_callback(F&& f) {
    for (const std::shared_ptr<Callback>& callback : options_.callbacks_) f(*callback);
  }

  // fit, in the order of its parts
  void begin(const Batches& train, const Batches* validation);
  void resume();
  // Where the first epoch begins, so that what uses the loader until then does not move it.
  void take_place(const Batches& train);
  bool train_epoch(const Batches& train);
  // Goes through what is left of the epoch. Whether it is complete.
  bool train_batches(const Batches& train);
  void train_batch(const std::vector<Tensor>& columns);
  // Adds inputs to the contract, and warns when that makes it weaker.
  void observe(const Tensor& inputs);
  // Batches that the group of the present one is to have.
  std::int64_t group_size() const;
  void backward(const Tensor& loss);
  // Clips and steps; from then on the batches of the group, of which there are `count`, are trained. Where it throws,
  // the step was not made, and the gradients are no longer what they were. What DetectAnomaly finds in the weights of a
  // step that was made is returned, or null.
  std::exception_ptr step(const std::vector<Tensor>& columns, std::int64_t count);
  // What follows a step and is still to be done; throws at its end what was found.
  void after_step(const std::exception_ptr& found);
  // The part of it that is still to be done.
  void finish_step();
  void clip() const;
  // While it exists, the model has the averaged weights, if there is an average; null where it has the best ones.
  std::unique_ptr<optim::SwappedWeights> average_weights() const;
  void note(const StepResult& result);
  // The loss as a number; refused is anything but one number.
  static double number_of(const Tensor& loss);
  [[noreturn]] void refuse_loss(double loss, const std::string& consequence) const;
  void end_epoch(const Batches* validation);
  void end_epoch_of(Callback& callback);
  void begin_row(const Batches* validation);
  // The names that are looked at, by schedules too; those that are known before the first epoch are checked then.
  std::vector<std::string> monitors() const;
  void check_monitors(const Batches* validation) const;
  // Whether a number with this name is one of the validation: the longer prefix decides.
  bool is_of_validation(const std::string& name) const;
  // Why a row does not do, or nothing. One without validation may lack its numbers.
  std::string missing_monitor(const Record& row, bool validated) const;
  void check_use(const Batches* validation);
  void warn_of_no_work();
  void follow_best();
  void save_histories();
  void save_checkpoint();
  void restore_best();
  // Those from `first` on, which counts what is done.
  void run_schedules(Per per, const Record& row, std::size_t& first);

  StepResult compute(const std::vector<Tensor>& columns) const;
  Record measure(const Batches& batches, bool compare_inputs);
  void report_breaches(const InputContract& seen);
  std::string line_of(const Record& row, double rate) const;

  std::vector<MeasuredMetric> metrics_, train_metrics_;
  Mean train_loss_;
  KeptState best_weights_;
  LastWeights last_weights_;
  PendingGradients pending_;
  DataSizes sizes_;
  std::optional<CheckpointFolder> folder_;
  Checkpoint checkpoint_;
  std::set<std::string> warned_;

  std::optional<StepEnd> stepped_;
  std::optional<EpochEnd> ending_;
  KeptPosition position_;

  Source at_;

  // of the present fit()
  Progress progress_;
  const InterruptScope* interrupt_ = nullptr;
  std::int64_t batches_ = -1, rows_ = -1;
  bool by_closure_;  // the optimiser computes the loss several times
  bool fitting_ = false, histories_due_ = false, checkpoint_due_ = false, compared_inputs_ = false;
  std::int64_t saved_step_ = -1;
};

}  // namespace xgrad::train
