#pragma once

#include <functional>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/callable.hpp>
#include <xgrad/io/state_dict.hpp>
#include <xgrad/train/record.hpp>

namespace xgrad::train {

class Trainer;

/// What a Trainer calls while it trains. Derive from it and override what is of interest; Trainer::stop() ends the
/// training. Exceptions leave fit(), which can be called again (see Trainer::fit). With a state, the two last functions
/// make it a part of checkpoints.
class Callback {
 public:
  virtual ~Callback() = default;

  virtual void on_fit_begin(Trainer&) {}
  virtual void on_epoch_begin(Trainer&) {}
  virtual void on_batch_begin(Trainer&) {}
  /// After the batch's step.
  virtual void on_batch_end(Trainer&) {}
  virtual void on_validation_begin(Trainer&) {}
  virtual void on_validation_end(Trainer&) {}
  /// After validation; `row` is what the history will keep, to which numbers may be added.
  virtual void on_epoch_end(Trainer&, Record& row) { static_cast<void>(row); }
  virtual void on_checkpoint(Trainer&, const std::string& path) { static_cast<void>(path); }
  virtual void on_fit_end(Trainer&) {}

  [[nodiscard]] virtual StateDict state_dict() const { return {}; }
  virtual void load_state_dict(const StateDict&) {}

 protected:
  Callback() = default;
  Callback(const Callback&) = default;
  Callback& operator=(const Callback&) = default;
};

namespace detail {

/// A function as a callback of one kind.
class EpochFunction final : public Callback {
 public:
  explicit EpochFunction(std::function<void(Trainer&, Record&)> f)
      : f_(xgrad::detail::checked_function("on_epoch_end", "the callback", std::move(f))) {}
  void on_epoch_end(Trainer& trainer, Record& row) override { f_(trainer, row); }

 private:
  std::function<void(Trainer&, Record&)> f_;
};

class BatchFunction final : public Callback {
 public:
  explicit BatchFunction(std::function<void(Trainer&)> f)
      : f_(xgrad::detail::checked_function("on_batch_end", "the callback", std::move(f))) {}
  void on_batch_end(Trainer& trainer) override { f_(trainer); }

 private:
  std::function<void(Trainer&)> f_;
};

}  // namespace detail
}  // namespace xgrad::train
