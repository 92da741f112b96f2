#pragma once

#include <functional>

namespace xgrad::detail {

template <class F>
struct IsNull {
  static bool of(const F&) { return false; }
};
template <class R, class... A>
struct IsNull<std::function<R(A...)>> {
  static bool of(const std::function<R(A...)>& f) { return !f; }
};
template <class R, class... A>
struct IsNull<R (*)(A...)> {
  static bool of(R (*f)(A...)) { return f == nullptr; }
};

/// Throws "<op>: got an empty function for <what>: ...".
[[noreturn]] void refuse_empty_function(const char* op, const char* what);

/// Refuses an empty std::function and a null pointer, in the call that takes them from a user.
template <class F>
void require_function(const char* op, const char* what, const F& f) {
  if (IsNull<F>::of(f)) refuse_empty_function(op, what);
}
/// The function, if it is not refused.
template <class F>
F checked_function(const char* op, const char* what, F f) {
  require_function(op, what, f);
  return f;
}

}  // namespace xgrad::detail
