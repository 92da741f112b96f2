#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/io/state_dict.hpp>

namespace xgrad::optim {

/// The base of all optimisers: the parameters, the learning rate, and a step() that is made completely or not at all.
///
/// Parameters are kept as handles, so they stay those of the model when it is moved, copied or converted. An optimiser
/// cannot be copied, since both copies would train the same parameters.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;
  virtual ~Optimizer();

  /// Updates every parameter that has a gradient, unrecorded. One without is skipped entirely, even for weight decay; a
  /// gradient of zeros is a gradient. Backward of a graph that saved the old values is an error from then on. All
  /// gradients are checked before the first write.
  void step(Source at = Source::here());
  /// Drops the gradients of all parameters.
  void zero_grad() const;

  [[nodiscard]] double lr() const { return lr_; }
  /// Must be finite and not negative; 0, which schedules reach, changes no parameter.
  void set_lr(double lr);
  const std::vector<Tensor>& parameters() const { return parameters_; }

  /// The state to save with the model, so that a resumed training gives the same results as one that was not stopped:
  /// the learning rate as "lr", and what the optimiser keeps for parameter i as "state.<i>.<name>". Copies; later steps
  /// do not change them.
  [[nodiscard]] StateDict state_dict() const;
  /// Loads such a state. A missing "lr", unknown keys and other shapes are errors, and then nothing has changed.
  void load_state_dict(const StateDict& state);

 protected:
  /// `name` begins error messages; `slots` names what the optimiser keeps for each parameter, in its shape. Refused: an
  /// empty list, the same parameter twice, an empty tensor, one that an op made or that requires no gradient, and a
  /// learning rate that is negative or not finite.
  Optimizer(const char* name, std::vector<Tensor> parameters, double lr, std::vector<std::string> slots = {});

  /// A parameter that this step updates.
  struct Moving {
    std::size_t index;
    Tensor parameter;
    Tensor gradient;  ///< of the parameter's shape and dtype
  };
  /// The step of the derived optimiser: first does everything that can fail, then writes.
  virtual void update(const std::vector<Moving>& moving, Source at) = 0;

  /// The state kept for a parameter, in its current dtype, or new memory.
  struct Kept {
    Tensor values;
    bool is_new;  ///< the memory is uninitialised
  };
  Kept prepare(std::size_t slot, const Moving& moving) const;
  /// Keeps `values` for a parameter from now on.
  void keep(std::size_t slot, std::size_t i, const Tensor& values) { slots_[slot].second[i] = values; }

  /// Counts the steps of each parameter from now on, and keeps the counts as "state.<i>.step". Called at construction.
  void count_steps() { steps_.assign(parameters_.size(), 0); }
  /// The number of the current step of a parameter, from 1.
  std::int64_t next_step(std::size_t i) { return ++steps_[i]; }

  /// Throws an error that begins with the optimiser's name.
  [[noreturn]] void refuse(const std::string& why) const;
  /// Refuses what is negative or not finite.
  void require_not_negative(const char* what, double value) const;

 private:
  // Refuses keys of a kind that this optimiser does not keep.
  void require_own(const StateDict& state) const;

  const char* name_;
  std::vector<Tensor> parameters_;
  double lr_ = 0;
  std::vector<Moving> moving_;  // empty between steps; kept for its memory
  std::vector<std::pair<std::string, std::vector<Tensor>>> slots_;
  std::vector<std::int64_t> steps_;  // empty where they are not counted
};

}  // namespace xgrad::optim
