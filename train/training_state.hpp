#pragma once

// For this room's sources only: where a training is, as parts of checkpoints.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <xgrad/data/loader.hpp>
#include <xgrad/nn/module.hpp>
#include <xgrad/optim/optimizer.hpp>

namespace xgrad::train {

/// Where a training is: saved and loaded as a part of checkpoints.
struct Counters {
  std::int64_t epoch = 0;     // complete ones
  std::int64_t step = 0;      // of the optimiser
  std::int64_t batch = 0;     // that the present epoch has had
  std::int64_t rows = 0;      // in them
  std::int64_t in_group = 0;  // batches whose gradients have been added up since the last step
  std::int64_t best_epoch = -1;
  double seconds = 0;        // that the present epoch has taken
  std::int64_t divisor = 1;  // of the losses of the batches in the group

  StateDict state_dict() const;
  void load_state_dict(const StateDict& state);
};

/// Tensors that are kept as they are.
struct KeptState {
  StateDict state;

  StateDict state_dict() const { return state; }
  void load_state_dict(const StateDict& loaded) { state = loaded; }
};

/// The weights that a training goes on with, while its model has those of the best epoch.
struct LastWeights {
  StateDict state;

  /// Whether the model has the best ones now, and was not given others by the user since.
  bool are_kept(const nn::ModuleBase& model, const StateDict& best) const;
  void replace(nn::ModuleBase model, const StateDict& best, Source at);
  /// Gives them back, unless the user has given the model other ones than the best.
  void give_back(nn::ModuleBase model, const StateDict& best, Source at);
};

/// The gradients that were added up since the last step.
struct PendingGradients {
  optim::Optimizer* optimizer;
  const Counters* counters;

  StateDict state_dict() const;
  void load_state_dict(const StateDict& state);
  // Outside of a group there is no state, but there may be gradients.
  std::function<void()> restorer() const;
};

/// What a position in the batches of an epoch counts, -1 where it is not known. A checkpoint from the middle of an
/// epoch loads beside the same numbers only; from between epochs, `difference` says what has changed.
struct DataSizes {
  const Counters* counters;
  std::int64_t rows = -1, batch_size = -1, batches = -1;
  std::string difference;

  StateDict state_dict() const;
  void load_state_dict(const StateDict& state);
  std::function<void()> restorer();
  std::string text() const;
};

/// The place of a training in the epochs of its loader; none before the first epoch, or where the loader has none.
struct KeptPosition {
  std::optional<data::LoaderPosition> at;

  StateDict state_dict() const;
  void load_state_dict(const StateDict& state);
  std::function<void()> restorer();
};

}  // namespace xgrad::train
