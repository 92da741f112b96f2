#pragma once

#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/source.hpp>

namespace xgrad::detail {

/// The function that the user called and the line of the call. Code below it that is not told them, such as the
/// allocation of a result, names them in its errors. Of nested scopes the outermost counts.
class Calling {
 public:
  [[nodiscard]] explicit Calling(const char* name, Source at = Source()) noexcept : Calling(name, at, false) {}
  ~Calling() {
    if (thread_state.calling == this) thread_state.calling = nullptr;
  }
  Calling(const Calling&) = delete;
  Calling& operator=(const Calling&) = delete;

  const char* name() const noexcept { return name_; }
  Source at() const noexcept { return Source{file_, line_}; }
  /// Whether this is the scope of one op, which tells observers of its result, and not that of a function made of ops.
  bool is_op() const noexcept { return op_; }

 protected:
  Calling(const char* name, Source at, bool op) noexcept : name_(name), file_(at.file), line_(at.line), op_(op) {
    if (thread_state.calling == nullptr) thread_state.calling = this;
  }

 private:
  const char* name_;
  const char* file_;
  int line_;
  bool op_;
};

/// The name of the function that the user called, or `otherwise` where none has a scope.
inline const char* caller_or(const char* otherwise) noexcept {
  return thread_state.calling != nullptr ? thread_state.calling->name() : otherwise;
}

/// The error of an argument: the message, and behind it the line of the call where that is known, as in
/// "add: cannot broadcast (2, 3) with (4): ... (model.cpp:12)".
std::invalid_argument argument_error(const std::string& message);

/// Whether the message ends with a line in this form.
bool ends_with_line(const std::string& message);

}  // namespace xgrad::detail
