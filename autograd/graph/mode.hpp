#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <xgrad/autograd/graph/source.hpp>

namespace xgrad {

class Node;

namespace detail {

class Calling;
class Observer;

/// Thread-local state of graph recording. It uses the initial-exec TLS model: an access makes no __tls_get_addr call,
/// even in a shared library.
struct ThreadState {
  bool paused;                  // recording is off
  bool deleting;                // release() is deleting nodes further up the stack
  bool guarding;                // new nodes are guarded (Node::guarded)
  bool saved_apart;             // saved values are restored as constants, even where recording is on
  bool checking_writes;         // new nodes keep checksums of what they save (DetectWrites)
  std::uint32_t watch;          // number of the active RuleWatch while its rule's own code runs, else 0
  std::uint32_t watch_in_op;    // number of the active RuleWatch while an op called by its rule runs, else 0
  bool entered_paused;          // whether recording was off when that op began
  std::uint32_t watched_reads;  // recorded values whose raw numbers the rule has read and not yet passed to record()
  Node* pending_deletion;       // linked list of nodes that wait to be deleted
  Source line_for_all;          // source line of new nodes while a SourceScope exists
  const Calling* calling;       // the function that the user called (graph/calling.hpp), or null
  Observer* observer;           // the innermost observer of ops (graph/observe.hpp), or null
  std::uint64_t counter;        // the last node number that was given out
  std::uint64_t counter_bound;  // numbers up to this one are below the bound of the process (NewerNodes)
  std::atomic<std::int64_t>* live;  // this thread's count of live nodes; null before its first node and after its exit
};
extern __thread ThreadState thread_state __attribute__((tls_model("initial-exec")));

class ModeScope {
 public:
  [[nodiscard]] explicit ModeScope(bool enabled) noexcept : before_(thread_state.paused) {
    thread_state.paused = !enabled;
  }
  ~ModeScope() { thread_state.paused = before_; }
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  bool before_;
};

/// While an object exists, saved values are restored as constants (or not, in a scope within), though recording is on.
class SavedApartScope {
 public:
  [[nodiscard]] explicit SavedApartScope(bool apart) noexcept : before_(thread_state.saved_apart) {
    thread_state.saved_apart = apart;
  }
  ~SavedApartScope() { thread_state.saved_apart = before_; }
  SavedApartScope(const SavedApartScope&) = delete;
  SavedApartScope& operator=(const SavedApartScope&) = delete;

 private:
  bool before_;
};

/// While an object exists, nodes that this thread creates are guarded (Node::guarded).
class GuardScope {
 public:
  [[nodiscard]] GuardScope() noexcept : before_(thread_state.guarding) { thread_state.guarding = true; }
  ~GuardScope() { thread_state.guarding = before_; }
  GuardScope(const GuardScope&) = delete;
  GuardScope& operator=(const GuardScope&) = delete;

 private:
  bool before_;
};

/// While an object exists, nodes that this thread creates carry the given source line. Recorded backward uses it to
/// give its nodes the line of the op that they differentiate.
class SourceScope {
 public:
  [[nodiscard]] explicit SourceScope(Source at) noexcept : before_(thread_state.line_for_all) {
    thread_state.line_for_all = at;
  }
  ~SourceScope() { thread_state.line_for_all = before_; }
  SourceScope(const SourceScope&) = delete;
  SourceScope& operator=(const SourceScope&) = delete;

 private:
  Source before_;
};

}  // namespace detail

/// Whether ops of this thread are recorded.
inline bool grad_enabled() noexcept { return !detail::thread_state.paused; }

/// While an object exists, ops of this thread are not recorded, and leaves may be written in place.
class NoGrad : detail::ModeScope {
 public:
  [[nodiscard]] NoGrad() noexcept : ModeScope(false) {}
};

/// While an object exists, ops of this thread are recorded, also inside a NoGrad scope.
class EnableGrad : detail::ModeScope {
 public:
  [[nodiscard]] EnableGrad() noexcept : ModeScope(true) {}
};

/// While an object exists, ops of this thread keep a checksum of each value that they save for backward, and backward
/// refuses if it differs. It finds writes that no version counts: through a mutable_view or a pointer that was kept and
/// written after the op. For debugging, since it reads every saved value twice more.
class DetectWrites {
 public:
  [[nodiscard]] DetectWrites() noexcept : before_(std::exchange(detail::thread_state.checking_writes, true)) {}
  ~DetectWrites() { detail::thread_state.checking_writes = before_; }
  DetectWrites(const DetectWrites&) = delete;
  DetectWrites& operator=(const DetectWrites&) = delete;

 private:
  bool before_;
};

}  // namespace xgrad
