#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include <xgrad/nn/module.hpp>
#include <xgrad/optim/optimizer.hpp>
#include <xgrad/train/batches.hpp>
#include <xgrad/train/history.hpp>
#include <xgrad/train/input_contract.hpp>
#include <xgrad/train/objective.hpp>
#include <xgrad/train/trainer_options.hpp>

namespace xgrad::train {

class TrainingRun;

/// Trains a model, for those who want no loop of their own.
///
///     train::Trainer trainer(model, optimizer, nn::cross_entropy,
///                            train::Trainer::Options().epochs(20).metric("accuracy", train::Accuracy()));
///     const train::History& history = trainer.fit(loader, held_out);
///     std::cout << trainer.evaluate(test_loader).at("accuracy") << '\n';
///
/// A step is: loss of the batch, zero_grad, backward, clipping, step (LBFGS is given the loss as a closure). An epoch
/// ends with the validation, callbacks, schedules, early stopping, a row of the history, and a checkpoint, in this
/// order. Losses are means over rows. A training batch without rows is an error, since it has no mean loss; an
/// evaluation leaves such batches out, and is refused if there are no others.
///
/// Every epoch begins with model.train(). Layers that should stay in evaluation mode, such as those of a frozen part,
/// are put into it by a callback's on_epoch_begin(). After fit() all modules have the modes that they had before it, as
/// after evaluate().
///
/// A training that is stopped, by kill -9 too, and goes on in another process from its last checkpoint gives the same
/// bits as one that was never stopped, if the loader has a position, or the same batches in every epoch.
///
/// Optimiser, schedules and loaders are kept by reference; the model is a handle. The parts (metrics, Progress,
/// Checkpoint, EarlyStopping, InterruptScope, InputContract, History) serve loops of one's own as well.
class Trainer {
 public:
  using Options = TrainerOptions;

  /// `objective` is a loss, or a step of one's own. A model that is no nn::Module, of several inputs, needs the latter.
  template <class M, std::enable_if_t<std::is_base_of_v<nn::ModuleBase, M>, int> = 0>
  Trainer(M& model, optim::Optimizer& optimizer, Objective objective, const Options& options = {});
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Trains until `epochs` are complete, or something stops it, and returns the history: for each epoch its number,
  /// "train_loss", the numbers of the validation, "lr" and "seconds". A second call goes on where the first has ended:
  /// where the first has given the model the best weights at its end, the last ones come back, unless the parameters
  /// were changed in between.
  ///
  /// So it does where an exception has ended the first. A batch whose step did not happen, such as one with a loss of
  /// NaN, is trained first, with the gradients that were waiting for its group; one whose step happened is not trained
  /// again. If work at the end of an epoch failed (validation, callbacks, schedules, the best weights), the second call
  /// begins with the part that failed and does not repeat those before it; the validation and its callbacks are one
  /// part. Loops over the same loader in between do not change its position. Not undone: random numbers already drawn,
  /// and updates of batch normalisation's statistics.
  const History& fit(Batches train, Source at = Source::here()) &;
  const History& fit(Batches train, Batches validation, Source at = Source::here()) &;
  History fit(Batches train, Source at = Source::here()) &&;
  History fit(Batches train, Batches validation, Source at = Source::here()) &&;

  /// The loss and the metrics on other data: "loss" and the metrics' names. In evaluation mode, unrecorded; the
  /// model is not changed, and the modes of all modules are restored. Warns of inputs out of the contract of training.
  Record evaluate(Batches batches, Source at = Source::here());
  /// The predictions for all batches, joined along axis 0. A loader with a position is left at the end of an epoch.
  [[nodiscard]] Tensor predict(Batches batches, Source at = Source::here());

  /// Ends the training after the current batch, whose epoch stays incomplete; called by on_epoch_end(), after the
  /// epoch.
  void stop();
  /// Trains until this many epochs are complete at the next fit().
  void set_epochs(std::int64_t epochs);

  /// How many epochs are complete, and how many steps and batches of the present epoch were made.
  std::int64_t epoch() const;
  std::int64_t step() const;
  std::int64_t batch() const;
  /// The loss of the last batch.
  double loss() const;
  const History& history() const&;
  History history() &&;
  /// Whether the last fit() was ended by Ctrl-C, or by early stopping.
  bool interrupted() const;
  bool stopped_early() const;
  /// The name that is monitored, its best value and epoch; "", NaN and -1 if there is none.
  const std::string& monitor() const;
  double best() const;
  std::int64_t best_epoch() const;
  const InputContract& contract() const;
  void set_contract(const InputContract& contract);
  nn::ModuleBase model() const;
  optim::Optimizer& optimizer() const;

 private:
  using Forward = std::function<Tensor(const Tensor&, Source at)>;
  void make(const nn::ModuleBase& model, Forward forward, optim::Optimizer& optimizer, const Objective& objective,
            const Options& options);

  std::shared_ptr<TrainingRun> run_;  // of one owner: a class that only the sources know
};

template <class M, std::enable_if_t<std::is_base_of_v<nn::ModuleBase, M>, int>>
Trainer::Trainer(M& model, optim::Optimizer& optimizer, Objective objective, const Options& options) {
  Forward forward;
  if constexpr (std::is_base_of_v<nn::Module, M>) {
    if constexpr (std::is_abstract_v<M>)
      forward = [&model](const Tensor& x, Source at) { return model(x, at); };
    else if constexpr (std::is_invocable_v<const M&, const Tensor&, Source>)
      forward = [handle = M(model)](const Tensor& x, Source at) { return handle(x, at); };
    else
      forward = [handle = M(model)](const Tensor& x, Source) { return handle(x); };
  }
  make(model, std::move(forward), optimizer, objective, options);
}

}  // namespace xgrad::train
