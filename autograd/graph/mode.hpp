#pragma once

#include <atomic>
#include <cstdint>

#include <xgrad/autograd/graph/source.hpp>

namespace xgrad {

class Node;

namespace detail {

/// What a thread knows of the graph. Reached without a call, also in a shared library.
struct ThreadState {
  bool paused;                  // ops are not recorded
  bool burying;                 // nodes are being deleted
  bool guarding;                // nodes are made with Node::guarded()
  std::uint32_t watch;          // the number of the RuleWatch at work, outside of ops; 0 where there is none
  std::uint32_t watch_in_op;    // the same within an op that the watched rule calls
  bool entered_paused;          // whether ops were not recorded when that op began
  std::uint32_t watched_reads;  // values with a place in the graph whose raw numbers the rule has read
  Node* dead_nodes;             // that await deletion
  Source line_for_all;          // of nodes made while a SourceScope lives
  std::uint64_t counter;
  std::atomic<std::int64_t>* live;  // the thread's count of nodes, where it has one
};
extern __thread ThreadState thread_state __attribute__((tls_model("initial-exec")));

class ModeScope {
 public:
  explicit ModeScope(bool enabled) noexcept : before_(thread_state.paused) { thread_state.paused = !enabled; }
  ~ModeScope() { thread_state.paused = before_; }
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  bool before_;
};

/// While it lives, nodes that this thread makes are guarded (Node::guarded).
class GuardScope {
 public:
  GuardScope() noexcept : before_(thread_state.guarding) { thread_state.guarding = true; }
  ~GuardScope() { thread_state.guarding = before_; }
  GuardScope(const GuardScope&) = delete;
  GuardScope& operator=(const GuardScope&) = delete;

 private:
  bool before_;
};

/// While it lives, nodes that this thread makes carry the given line: those of a recorded backward that of the op they
/// differentiate.
class SourceScope {
 public:
  explicit SourceScope(Source at) noexcept : before_(thread_state.line_for_all) { thread_state.line_for_all = at; }
  ~SourceScope() { thread_state.line_for_all = before_; }
  SourceScope(const SourceScope&) = delete;
  SourceScope& operator=(const SourceScope&) = delete;

 private:
  Source before_;
};

}  // namespace detail

/// Whether ops of this thread are recorded.
inline bool grad_enabled() noexcept { return !detail::thread_state.paused; }

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
