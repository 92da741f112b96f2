#pragma once

#include <functional>
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

/// Appends the tensors that values hold: tensors themselves, and those in pairs, tuples and vectors.
template <class T>
void append_tensors(std::vector<Tensor>& all, const T& value);
template <class... T>
void append_tensors(std::vector<Tensor>& all, const std::tuple<T...>& values) {
  std::apply([&](const auto&... each) { (append_tensors(all, each), ...); }, values);
}
template <class A, class B>
void append_tensors(std::vector<Tensor>& all, const std::pair<A, B>& values) {
  append_tensors(all, values.first);
  append_tensors(all, values.second);
}
template <class T>
void append_tensors(std::vector<Tensor>& all, const std::vector<T>& values) {
  for (const T& each : values) append_tensors(all, each);
}
template <class T>
void append_tensors([[maybe_unused]] std::vector<Tensor>& all, [[maybe_unused]] const T& value) {
  if constexpr (std::is_base_of_v<Tensor, T>) all.push_back(value);
}
template <class... T>
std::vector<Tensor> tensors_in(const T&... values) {
  std::vector<Tensor> all;
  (append_tensors(all, values), ...);
  return all;
}

}  // namespace detail
}  // namespace xgrad::nn
