#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace xgrad {

/// Removes a hook. It does not keep alive what the hook is on; copies are handles of the same hook.
class HookHandle {
 public:
  HookHandle() = default;
  /// Of a hook that is kept as a shared std::function and skipped once it is empty.
  template <class F>
  explicit HookHandle(const std::shared_ptr<std::function<F>>& hook)
      : hook_(hook), clear_([](void* kept) { *static_cast<std::function<F>*>(kept) = nullptr; }) {}

  /// From now on the hook is not called, and what it captured is released. Again, or after the tensor or module is
  /// gone, it does nothing.
  void remove() {
    if (const std::shared_ptr<void> kept = hook_.lock()) clear_(kept.get());
    hook_.reset();
  }

 private:
  std::weak_ptr<void> hook_;
  void (*clear_)(void*) = nullptr;
};

namespace detail {

/// Adds a hook to those of a tensor or module. Those that were removed are dropped before the list would grow: a hook
/// that is registered and removed in every step takes one place.
template <class F>
HookHandle add_hook(std::vector<std::shared_ptr<std::function<F>>>& hooks, std::function<F> hook) {
  if (hooks.size() == hooks.capacity())
    hooks.erase(std::remove_if(hooks.begin(), hooks.end(), [](const auto& each) { return !*each; }), hooks.end());
  hooks.push_back(std::make_shared<std::function<F>>(std::move(hook)));
  return HookHandle(hooks.back());
}

}  // namespace detail

}  // namespace xgrad
