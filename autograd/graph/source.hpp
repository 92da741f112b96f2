#pragma once

namespace xgrad {

/// A place in the user's program. Every op takes one last, defaulted to the line of its caller, so that an error
/// that surfaces in backward can name the line that made the node. Unknown where clang knows none: it gives an empty
/// file for a call in a generic lambda in the arguments of a macro.
struct Source {
  const char* file = nullptr;
  int line = 0;

  static constexpr Source here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return *file == '\0' ? Source{} : Source{file, line};
  }
};

}  // namespace xgrad
