#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/ops/update.hpp>
#include <xgrad/io/state_dict.hpp>
#include <xgrad/optim/group.hpp>

namespace xgrad::optim {

namespace detail {

struct GroupList;

/// The groups of an optimiser. Using those of one that was moved from is an error.
class GroupsHandle {
 public:
  explicit GroupsHandle(std::shared_ptr<GroupList> list) : list_(std::move(list)) {}
  GroupList* operator->() const { return shared().get(); }
  GroupList& operator*() const { return *shared(); }
  const std::shared_ptr<GroupList>& shared() const {
    if (list_ == nullptr) refuse_moved();
    return list_;
  }

 private:
  [[noreturn]] static void refuse_moved();

  std::shared_ptr<GroupList> list_;
};

/// Everything about an optimiser except its formula (optim/description.hpp).
struct Description;

/// The options of an optimiser's groups, to be brought back (optim/kept_options.hpp).
class KeptOptions;
class RestoredOptions;

}  // namespace detail

/// One group of an optimiser's parameters, with its options. A handle, which stays valid when it or the optimiser is
/// moved, and when the optimiser is destroyed.
class ParamGroup {
 public:
  ParamGroup(std::shared_ptr<detail::GroupList> list, std::size_t index) : list_(std::move(list)), index_(index) {}
  ParamGroup(const ParamGroup&) = default;  // a move is a copy, so that there is always a group
  ParamGroup& operator=(const ParamGroup&) = default;

  [[nodiscard]] std::vector<Tensor> parameters() const;
  [[nodiscard]] double lr() const;
  void set_lr(double lr);
  /// An option by PyTorch's name; the numbers of a pair are "betas.0" and "betas.1".
  [[nodiscard]] double option(const std::string& name) const;
  [[nodiscard]] bool has_option(const std::string& name) const;
  /// Values that the optimiser would refuse at construction are refused, and then nothing has changed.
  void set_option(const std::string& name, double value);
  /// The learning rate that schedules begin from, once there is a schedule.
  [[nodiscard]] std::optional<double> initial_lr() const;
  void set_initial_lr(double lr);
  /// The number of groups that the optimiser has now.
  [[nodiscard]] std::size_t siblings() const;
  /// Whether the other is a group of the same optimiser.
  [[nodiscard]] bool is_sibling(const ParamGroup& other) const { return list_ == other.list_; }

 private:
  friend class detail::KeptOptions;
  std::shared_ptr<detail::GroupList> list_;
  std::size_t index_;
};

/// The base of all optimisers: parameters in groups, their options, and a step() that is made completely or not at all.
///
/// Parameters are kept as handles, so they stay those of the model when it is moved, copied or converted. An optimiser
/// cannot be copied, since both copies would train the same parameters.
class Optimizer {
 public:
  /// Computes the loss anew, with its gradients: zero_grad(), forward, backward().
  using Closure = std::function<Tensor()>;

  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;
  virtual ~Optimizer();

  /// Updates every parameter that has a gradient, unrecorded. One without is skipped entirely, even for weight decay; a
  /// gradient of zeros is a gradient. All gradients are checked before the first write. What DetectAnomaly finds in the
  /// parameters that were written, it says after the last: the step is then made.
  void step(Source at = Source::here());
  /// Calls the closure while ops are recorded, steps, and returns what the closure did.
  virtual Tensor step(const Closure& closure, Source at = Source::here());
  /// Drops the gradients of all parameters.
  void zero_grad() const;

  /// The learning rate of the first group.
  [[nodiscard]] double lr() const;
  /// Sets the learning rate of every group. It must be finite and not negative; 0, which schedules reach, changes no
  /// parameter (except in Rprop, whose steps do not follow it).
  void set_lr(double lr);
  /// All parameters, group after group.
  const std::vector<Tensor>& parameters() const;
  [[nodiscard]] std::vector<ParamGroup> param_groups() const;
  /// Adds parameters to train from now on. What construction refuses is refused.
  virtual void add_param_group(const Group& group);
  /// The name of the class, as messages have it.
  [[nodiscard]] const char* name() const;

  /// The state to save with the model, so that a resumed training gives the same results as one that was not stopped.
  /// PyTorch's layout with the keys joined by dots: "param_groups.<g>.<option>", "param_groups.<g>.params", the indices
  /// of the group's parameters; and what is kept for parameter i, "state.<i>.<name>". A pair of numbers has shape (2).
  /// tools/torch_optimizer.py makes torch.optim's state_dict of it and back. Copies; later steps do not change them.
  [[nodiscard]] StateDict state_dict() const;
  /// Loads such a state, or one of earlier versions, with the learning rate of one group as "lr" alone. Missing or
  /// unknown keys and other shapes are errors, and then nothing has changed. "maximize" and "decoupled_weight_decay",
  /// which not every version of PyTorch has, may be missing. What is kept with some options only, such as
  /// "momentum_buffer", may be there without them and be missing with them: they may have been changed between steps.
  void load_state_dict(const StateDict& state);

 protected:
  /// Refused: an empty list, the same parameter twice, an empty tensor, one that an op made or that requires no
  /// gradient, and options out of range or unknown. `defaults` are the options of all groups that do not set them.
  Optimizer(detail::Description description, const Groups& groups, double lr, const detail::Given& defaults);

  /// A parameter that this step updates.
  struct Moving {
    std::size_t index;  ///< among all parameters
    std::size_t group;
    const double* options;  ///< of its group, in the order of the description
    const Tensor* parameter;
    Tensor gradient;           ///< of the parameter's shape and dtype
    bool is_new;               ///< nothing is kept for it yet
    std::int64_t step;         ///< the number of its step, from 1
    std::size_t staged_until;  ///< what it is to keep, in staged_, ends here
  };
  /// Does what a step can do before its first write, and what can fail. By default nothing.
  virtual void prepare(const std::vector<Moving>& moving, Source at);
  /// The pass that writes one parameter and what is kept for it. The passes of all are then run as one. The tensors
  /// that it reads must live until then: `moving.gradient` may be set to what takes the gradient's place.
  virtual kernels::UpdatePass update(Moving& moving, Source at) = 0;

  /// What is kept in a slot for a parameter; undefined where the slot is absent.
  const Tensor& slot(std::size_t which, const Moving& moving) const { return slots_[which][moving.index]; }
  /// The same in prepare(), before what is new is kept.
  Tensor coming(std::size_t which, const Moving& moving) const;
  /// Keeps `values` from now on; for use in update().
  void keep(std::size_t which, const Moving& moving, Tensor values) { slots_[which][moving.index] = std::move(values); }
  double& number(std::size_t which, const Moving& moving) { return numbers_[which][moving.index]; }

  /// Further state, for optimisers that keep more than slots: written as, and read from, "state.<i>.<name>". What is
  /// read is taken out of `state`, and kept only when the function that load_more() returns is called.
  virtual void save_more(StateDict& state) const;
  virtual std::function<void()> load_more(StateDict& state);

  /// Throws an error that begins with the optimiser's name.
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  struct Staged {
    std::size_t index, slot;
    Tensor values;
  };
  struct Loaded;
  class GivenState;

  void check_parameters(const std::vector<Tensor>& added) const;
  std::string which(std::size_t i) const;
  void stage(Moving& moving);
  void write(bool together, Source at);
  void check_keys(const StateDict& state) const;
  void load_groups(StateDict& state, Loaded& loaded) const;
  void load_slots(StateDict& state, Loaded& loaded) const;
  void load_slots_of(std::size_t i, std::size_t group, GivenState& given, Loaded& loaded) const;

  detail::GroupsHandle list_;
  std::vector<std::vector<Tensor>> slots_;    // slot, then parameter
  std::vector<std::vector<double>> numbers_;  // number, then parameter
  std::vector<std::int64_t> steps_;
  std::vector<Moving> moving_;  // empty between steps; kept for its memory
  std::vector<Staged> staged_;
  std::vector<kernels::UpdatePass> passes_;
};

}  // namespace xgrad::optim
