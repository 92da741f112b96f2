#pragma once

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/source.hpp>

namespace xgrad::detail {

/// The function that the user called and the line of the call. Code below it that is not told them, such as the
/// allocation of a result, names them in its errors. Of nested scopes the outermost counts.
class Calling {
 public:
  [[nodiscard]] explicit Calling(const char* name, Source at = Source()) noexcept : name_(name), at_(at) {
    if (thread_state.calling == nullptr) thread_state.calling = this;
  }
  ~Calling() {
    if (thread_state.calling == this) thread_state.calling = nullptr;
  }
  Calling(const Calling&) = delete;
  Calling& operator=(const Calling&) = delete;

  const char* name() const noexcept { return name_; }
  Source at() const noexcept { return at_; }

 private:
  const char* name_;
  Source at_;
};

/// The name of the function that the user called, or `otherwise` where none has a scope.
inline const char* caller_or(const char* otherwise) noexcept {
  return thread_state.calling != nullptr ? thread_state.calling->name() : otherwise;
}

}  // namespace xgrad::detail
