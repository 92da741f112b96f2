#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::nn {

class ModuleBase;

namespace detail {

/// One module being called by this thread, inside the one that called it.
class CallScope {
 public:
  CallScope(const ModuleBase& module, Source at) noexcept;
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  /// The line that called the innermost module.
  static Source call_site() noexcept;
  /// The innermost module, or null.
  static const ModuleBase* current() noexcept;
  /// Throws the error again with the module's path in front, unless an inner module has put its own there.
  [[noreturn]] void rethrow(const std::logic_error& error) const;
  [[noreturn]] void rethrow(const OutOfMemory& error) const;

 private:
  std::string path() const;
  std::string located(const std::exception& error) const;
  /// The path of the module that this thread calls.
  static std::string innermost_path();
  friend struct PathForObservers;

  const ModuleBase& module_;
  CallScope* outer_;
  Source at_;
};

/// While set, is notified of every module that this thread has called, with the tensors that the call returned;
/// summary() uses it.
using CallObserver = std::function<void(const ModuleBase& module, const std::vector<Tensor>& outputs)>;
CallObserver*& call_observer() noexcept;

template <class T>
struct HeldTensors;

/// Calls f with each tensor that a value holds: with itself where it is one, and with those in pairs, tuples, vectors,
/// arrays and optionals.
template <class Value, class F>
void each_tensor([[maybe_unused]] Value& value, [[maybe_unused]] const F& f) {
  using Held = HeldTensors<std::remove_const_t<Value>>;
  if constexpr (Held::any) Held::each(value, f);
}

/// Whether values of a class can hold tensors, and where.
template <class T>
struct HeldTensors {
  static constexpr bool any = std::is_base_of_v<Tensor, T>;
  template <class Value, class F>
  static void each(Value& value, const F& f) {
    f(value);
  }
};
template <class... T>
struct HeldTensors<std::tuple<T...>> {
  static constexpr bool any = (HeldTensors<std::decay_t<T>>::any || ...);
  template <class Value, class F>
  static void each(Value& values, const F& f) {
    std::apply([&](auto&... value) { (each_tensor(own<T>(value), f), ...); }, values);
  }

 private:
  /// Elements of a tuple of references are not owned by the tuple, and are not replaced.
  template <class E, class Value>
  static auto& own(Value& value) {
    if constexpr (std::is_reference_v<E>)
      return std::as_const(value);
    else
      return value;
  }
};
template <class A, class B>
struct HeldTensors<std::pair<A, B>> : HeldTensors<std::tuple<A, B>> {};
template <class T>
struct HeldTensors<std::vector<T>> {
  static constexpr bool any = HeldTensors<T>::any;
  template <class Value, class F>
  static void each(Value& values, const F& f) {
    for (auto& value : values) each_tensor(value, f);
  }
};
template <class T, std::size_t N>
struct HeldTensors<std::array<T, N>> : HeldTensors<std::vector<T>> {};
template <class T>
struct HeldTensors<std::optional<T>> {
  static constexpr bool any = HeldTensors<T>::any;
  template <class Value, class F>
  static void each(Value& value, const F& f) {
    if (value) each_tensor(*value, f);
  }
};

template <class... T>
std::vector<Tensor> tensors_in(const T&... values) {
  std::vector<Tensor> all;
  (each_tensor(values, [&](const Tensor& each) { all.push_back(each); }), ...);
  return all;
}

}  // namespace detail
}  // namespace xgrad::nn
