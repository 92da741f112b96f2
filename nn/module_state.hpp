#pragma once

// For this room's sources only: what the handles of one module share.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/nn/module.hpp>

namespace xgrad::nn::detail {

struct ModuleState;
using StatePtr = std::shared_ptr<ModuleState>;

/// Where a module or tensor is registered.
struct Registration {
  struct Parent {
    std::weak_ptr<ModuleState> module;
    std::string name;
  };
  std::vector<Parent> parents;

  void add(const StatePtr& parent, const std::string& name);
  /// The name under the first parent that is still alive, or null.
  const std::string* name() const;
  /// Whether a handle registered so may be bound to something registered as `other` is. That is right when nothing is
  /// registered here, and within the assignment of a whole module, whose members follow it one by one.
  bool gives_way_to(const Registration& other) const;
};

struct RegisteredTensor {
  std::string name;
  Tensor tensor;
  std::shared_ptr<Registration> registration;
};

struct ModuleState {
  std::string type;  // the class, once it is known
  std::string text;  // what stands between the parentheses
  bool training = true;
  bool is_list = false;  // registered from a vector: no handle of a user's stands for it
  std::vector<RegisteredTensor> parameters;
  std::vector<RegisteredTensor> buffers;
  std::vector<std::pair<std::string, StatePtr>> children;
  Registration registration;
  std::weak_ptr<ModuleState> replaced_by;  // what a handle of this module was assigned last
};

/// The way from the room's sources into the handles.
struct Access {
  static const StatePtr& state(const ModuleBase& module) { return module.state_; }
  static std::shared_ptr<Registration>& registration(Registered& tensor) { return tensor.registration_; }
  static ModuleBase handle(StatePtr state) { return ModuleBase(std::move(state), nullptr); }
};

/// The copy that stands for `original` in the current CloneScope.
StatePtr cloned(CloneScope& scope, const StatePtr& original);
RegisteredTensor cloned(CloneScope& scope, const RegisteredTensor& original);

/// Calls f(path, state) for the module and all below it, parents first; the path of the module itself is empty.
template <class F>
void for_each_module(const std::string& path, const StatePtr& state, const F& f) {
  f(path, state);
  for (const auto& [name, child] : state->children) for_each_module(path.empty() ? name : path + "." + name, child, f);
}

inline std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

}  // namespace xgrad::nn::detail
