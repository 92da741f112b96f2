#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace xgrad::nn {

class ModuleBase;
class Layer;

namespace detail {

/// During its lifetime, the copy constructors of modules, parameters, buffers and Shared, called on this thread, clone
/// the state instead of sharing it; copies of the same original share one clone. Nested scopes share the clones of the
/// outermost one.
class CloneScope {
 public:
  [[nodiscard]] CloneScope() noexcept;
  ~CloneScope();
  CloneScope(const CloneScope&) = delete;
  CloneScope& operator=(const CloneScope&) = delete;

  /// The scope that this thread is in, or null.
  static CloneScope* current() noexcept;

  /// The copy that remember() was given for the original, or null. T must be the type of that copy.
  template <class T>
  std::shared_ptr<T> find(const void* original) const {
    return std::static_pointer_cast<T>(find_any(original));
  }
  void remember(const void* original, std::shared_ptr<void> copy);

 private:
  struct Memo;
  std::shared_ptr<void> find_any(const void* original) const;

  bool outermost_;
  Memo* memo_ = nullptr;  // made when there is something to remember
};

/// Outside of a scope `original` itself; inside one, its clone.
template <class T>
std::shared_ptr<T> shared_or_cloned(const std::shared_ptr<T>& original) {
  CloneScope* scope = CloneScope::current();
  if (scope == nullptr || original == nullptr) return original;
  if (auto known = scope->find<T>(original.get())) return known;
  auto copy = std::make_shared<T>(std::as_const(*original));
  scope->remember(original.get(), copy);
  scope->remember(copy.get(), copy);
  return copy;
}

}  // namespace detail

/// A part of a module's state that is not a tensor, such as a Generator or a list of layers. Copies of the module share
/// it; its clones have their own.
template <class T>
class Shared {
 public:
  explicit Shared(T value = T()) : value_(std::make_shared<T>(std::move(value))) {}
  Shared(const Shared& other) : value_(detail::shared_or_cloned(other.value_)) {}
  Shared(Shared&& other) noexcept : value_(other.value_) {}
  Shared& operator=(const Shared& other) noexcept {
    value_ = other.value_;
    return *this;
  }
  ~Shared() = default;

  T& operator*() const noexcept { return *value_; }
  T* operator->() const noexcept { return value_.get(); }

 private:
  std::shared_ptr<T> value_;
};

/// A module of the same class with parameters, buffers, mode and generators of its own and the same values: what
/// copy.deepcopy is in PyTorch. Weights that are tied stay tied to each other; gradients are not copied.
///
/// It calls M's copy constructor in a CloneScope, in which handles copy their state: members and vectors of modules are
/// cloned without any code of the user's. Plain Tensor members stay shared; make them nn::Parameter or nn::Buffer.
template <class M, std::enable_if_t<std::is_base_of_v<ModuleBase, M> || std::is_same_v<Layer, M>, int> = 0>
[[nodiscard]] M clone(const M& module) {
  const detail::CloneScope scope;
  return M(module);
}

}  // namespace xgrad::nn
