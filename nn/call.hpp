#pragma once

#include <functional>
#include <stdexcept>
#include <string>

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

/// While set, is notified of every module that this thread calls; summary() uses it.
using CallObserver = std::function<void(const ModuleBase& module, const Tensor& output)>;
CallObserver*& call_observer() noexcept;

}  // namespace detail
}  // namespace xgrad::nn
