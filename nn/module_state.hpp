#pragma once

// For this room's sources only: the state that the handles of one module share.

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <xgrad/nn/generators.hpp>
#include <xgrad/nn/module.hpp>
#include <xgrad/nn/module_hooks.hpp>

namespace xgrad::nn::detail {

struct ModuleState;
using StatePtr = std::shared_ptr<ModuleState>;

/// The hooks of a module; one that was removed is empty.
struct ModuleHooks {
  template <class F>
  using List = std::vector<std::shared_ptr<F>>;
  List<ForwardPreHook> before;
  List<ForwardHook> after;
  List<BackwardPreHook> before_backward;
  List<BackwardHook> after_backward;
  List<CallPreHook> before_call;
  List<CallHook> after_call;
};

/// The module's forward, before and after which the hooks are called.
Tensor forward_with_hooks(const ModuleBase& module, const ModuleHooks& hooks, const Tensor& x,
                          const std::function<Tensor(const Tensor&)>& forward);

/// Where a module or tensor is registered.
struct Registration {
  struct Parent {
    std::weak_ptr<ModuleState> module;
    std::string name;
  };
  std::vector<Parent> parents;

  void add(const StatePtr& parent, const std::string& name);
  /// Forgets a parent, one entry under that name.
  void remove(const ModuleState& parent, const std::string& name) noexcept;
  /// The name under the first parent that is still alive, or null.
  const std::string* name() const;
  /// Whether a handle with this registration may be assigned one with the registration `other`: if this one is not
  /// registered anywhere, or within the assignment of a whole module, which assigns its members one after the other.
  bool gives_way_to(const Registration& other) const;
};

struct RegisteredTensor {
  std::string name;
  Tensor tensor;
  std::shared_ptr<Registration> registration;
};

/// How a class that lists parameters prints one, after its name.
using ParameterText = std::string (*)(const Tensor& parameter);

struct ModuleState {
  std::string type;  // the class, once it is known
  std::string text;  // what stands between the parentheses
  bool training = true;
  bool is_list = false;                    // made for a vector of modules: the user has no handle of it
  bool is_lazy = false;                    // its parameters have no shape before the first call
  bool is_batch_norm = false;              // of the class BatchNorm, or one derived from it
  ParameterText parameter_text = nullptr;  // prints a line for each parameter, where the class lists them
  std::vector<RegisteredTensor> parameters;
  std::vector<RegisteredTensor> buffers;
  std::vector<std::pair<std::string, StatePtr>> children;
  std::vector<OwnGenerator> generators;
  Registration registration;
  std::unique_ptr<ModuleHooks> hooks;      // made by the first
  std::weak_ptr<ModuleState> replaced_by;  // the module last assigned to a handle of this one
};

/// Access for this room's sources to the private state of handles.
struct Access {
  static const StatePtr& state(const ModuleBase& module) { return module.state_; }
  static std::shared_ptr<Registration>& registration(Registered& tensor) { return tensor.registration_; }
  static const std::shared_ptr<Registration>& registration(const Registered& tensor) { return tensor.registration_; }
  static void check_name(const ModuleBase& module, const std::string& name) { module.check_name(name); }
  static ModuleBase handle(StatePtr state) { return ModuleBase(std::move(state), nullptr); }
};

/// Throws std::logic_error, beginning with `what`, if a module from here down has parameters without a shape.
void require_shapes(const std::string& what, const StatePtr& root);

/// The clone of `original` in the scope.
StatePtr cloned(CloneScope& scope, const StatePtr& original);
RegisteredTensor cloned(CloneScope& scope, const RegisteredTensor& original);

/// Calls f(path, state) for the module and all below it, parents first; the path of the module itself is empty.
template <class F>
void for_each_module(const std::string& path, const StatePtr& state, const F& f) {
  f(path, state);
  for (const auto& [name, child] : state->children) for_each_module(path.empty() ? name : path + "." + name, child, f);
}

/// The same, but a module that is met again under another path is left out, with all below it.
template <class F>
void for_each_module_once(const StatePtr& root, const F& f) {
  std::unordered_set<const ModuleState*> seen;
  const auto visit = [&](const std::string& path, const StatePtr& state, const auto& below) -> void {
    if (!seen.insert(state.get()).second) return;
    f(path, state);
    for (const auto& [name, child] : state->children) below(path.empty() ? name : path + "." + name, child, below);
  };
  visit("", root, visit);
}

inline std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

}  // namespace xgrad::nn::detail
