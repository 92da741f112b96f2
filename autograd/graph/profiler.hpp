#pragma once

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/source.hpp>

namespace xgrad {

/// Measures every op, forward and backward, of all threads, from its construction to stop() or its destruction. One at
/// a time; a second one is an error. While none exists, the cost to an op is one test of a flag.
///
///     Profiler profiler;
///     for (...) train();
///     std::cout << profiler;                // a table, the costliest op first
///     profiler.save_trace("trace.json");    // for chrome://tracing or ui.perfetto.dev
class Profiler {
 public:
  [[nodiscard]] Profiler();
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  /// Stops measuring; the results stay available.
  void stop() noexcept;

  /// The cost of one kind of op. An op called by another op, or by a rule, counts as a part of its caller.
  struct Row {
    std::string name;
    std::int64_t forward_calls = 0, backward_calls = 0;
    double forward_seconds = 0, backward_seconds = 0;
    std::int64_t bytes = 0;  ///< of the memory taken for results and gradients
  };
  /// The costliest first.
  std::vector<Row> rows() const;
  /// The rows as text, with their share of the time that was spent in ops.
  std::string table() const;
  /// Every call as an event of Chrome's trace format (JSON), with the line that made it; a file that cannot be written,
  /// or a pipe, is an error.
  void save_trace(const std::string& path) const;
};

std::ostream& operator<<(std::ostream& out, const Profiler& profiler);

namespace detail {

extern std::atomic<bool> profiling;

/// The scope of an op. While a Profiler exists, it measures the time to its end under the op's name. Inside a watched
/// rule (graph/watch.hpp) it also marks raw reads as the op's own, for which the rule is not responsible.
class Timed : Calling {
 public:
  [[nodiscard]] Timed(const char* name, Source at, bool backward = false) noexcept : Calling(name, at, true) {
    if (profiling.load(std::memory_order_relaxed)) begin(backward);
    if (thread_state.watch != 0) enter();
  }
  ~Timed() {
    if (measured_ || entered_) finish();
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  void begin(bool backward) noexcept;
  void enter() noexcept;
  void finish() noexcept;
  void add_event() const noexcept;

  bool measured_ = false, entered_ = false;
  // Set by begin() only, since a Timed is constructed for every op.
  bool backward_;
  std::int64_t start_, bytes_;
};

/// Counts memory allocated for tensors while ops are measured.
void count_bytes(std::size_t bytes) noexcept;

}  // namespace detail
}  // namespace xgrad
