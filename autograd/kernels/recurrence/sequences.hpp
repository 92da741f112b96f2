#pragma once

#include <algorithm>
#include <cstdint>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {

/// Sequences side by side, in the order of their lengths, the longest first. Their rows lie step after step: step t has
/// sizes[t] of them, those of the first sequences, and sizes do not rise. There is at least one step. A reversed
/// recurrence begins at the end of each sequence.
class Sequences {
 public:
  Sequences(std::int64_t steps, const std::int64_t* sizes, bool reversed)
      : steps_(steps), sizes_(sizes), reversed_(reversed), offsets_(steps + 1) {
    offsets_.data()[0] = 0;
    for (std::int64_t t = 0; t < steps; ++t) offsets_.data()[t + 1] = offsets_.data()[t] + sizes[t];
  }

  std::int64_t batch() const { return sizes_[0]; }
  std::int64_t rows() const { return offset(steps_); }
  bool reversed() const { return reversed_; }
  /// Whether all have the same length.
  bool uniform() const { return sizes_[steps_ - 1] == sizes_[0]; }

  /// Rows of one step whose states before lie side by side too.
  struct Segment {
    std::int64_t row, count;
    std::int64_t before;    ///< the row of the first state before, or -1 where the sequences begin
    std::int64_t sequence;  ///< the first one
  };

  /// Calls f(segment) for the sequences begin .. end-1, step after step in the order of the recurrence, or backwards.
  template <class F>
  void each(std::int64_t begin, std::int64_t end, bool backwards, F&& f) const {
    for (std::int64_t i = 0; i < steps_; ++i) {
      const std::int64_t t = backwards == reversed_ ? i : steps_ - 1 - i;
      const std::int64_t going = t == (reversed_ ? steps_ - 1 : 0) ? 0 : sizes_[reversed_ ? t + 1 : t - 1];
      const std::int64_t stop = std::min(end, sizes_[t]), middle = std::clamp(going, begin, std::max(begin, stop));
      const std::int64_t before = offset(reversed_ ? t + 1 : t - 1 + (t == 0));
      if (begin < middle) f(Segment{offset(t) + begin, middle - begin, before + begin, begin});
      if (middle < stop) f(Segment{offset(t) + middle, stop - middle, -1, middle});
    }
  }

  /// Calls f(begin, end) for groups of sequences, on several threads. Groups depend on the sizes alone; where a step of
  /// one costs too little, there is one group.
  template <class F>
  void in_groups(std::int64_t multiply_adds_of_row, F&& f) const {
    constexpr std::int64_t most = 16, enough = std::int64_t{1} << 20;
    const std::int64_t n = batch();
    const bool small = rows() * multiply_adds_of_row < enough;
    const std::int64_t groups = small ? 1 : (n + most - 1) / most;
    parallel_for(groups, [&](std::int64_t i) { f(n * i / groups, n * (i + 1) / groups); });
  }

 private:
  std::int64_t offset(std::int64_t t) const { return offsets_.data()[t]; }

  std::int64_t steps_;
  const std::int64_t* sizes_;
  bool reversed_;
  detail::Scratch<std::int64_t> offsets_;
};

}  // namespace xgrad::kernels
