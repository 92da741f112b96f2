#pragma once

#include <xgrad/autograd/graph/source.hpp>

namespace xgrad {

/// Whether ops of this thread are recorded.
bool grad_enabled() noexcept;

namespace detail {

class ModeScope {
 public:
  explicit ModeScope(bool enabled) noexcept;
  ~ModeScope();
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  bool before_;
};

/// While it lives, nodes that this thread makes carry the given line: those of a recorded backward that of the op they
/// differentiate.
class SourceScope {
 public:
  explicit SourceScope(Source at) noexcept;
  ~SourceScope();
  SourceScope(const SourceScope&) = delete;
  SourceScope& operator=(const SourceScope&) = delete;

 private:
  Source before_;
};

}  // namespace detail

/// While it lives, ops of this thread record nothing, and leaves may be written in place.
class NoGrad : detail::ModeScope {
 public:
  NoGrad() noexcept : ModeScope(false) {}
};

/// While it lives, ops of this thread are recorded, also inside a NoGrad scope.
class EnableGrad : detail::ModeScope {
 public:
  EnableGrad() noexcept : ModeScope(true) {}
};

}  // namespace xgrad
