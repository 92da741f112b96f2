#pragma once

#include <algorithm>
#include <cstdint>

namespace xgrad::kernels {

/// The numbers first .. past-1.
struct Range {
  std::int64_t first, past;
};

/// Windows that slide over an axis of n elements: window o of `count` has `size` places, of which place k stands at
/// element o stride - padding + k dilation. Places before and behind the axis hold nothing.
struct SlidingAxis {
  std::int64_t n = 1, count = 1, size = 1, stride = 1, padding = 0, dilation = 1;

  std::int64_t start(std::int64_t o) const { return o * stride - padding; }

  /// The places of window o that hold an element.
  Range places(std::int64_t o) const {
    const std::int64_t from = start(o), first = from < 0 ? (dilation - 1 - from) / dilation : 0;
    const std::int64_t past = from >= n ? 0 : std::min(size, (n - 1 - from) / dilation + 1);
    return {first, std::max(first, past)};
  }
  /// The windows whose place k holds an element.
  Range windows(std::int64_t k) const {
    const std::int64_t before = padding - k * dilation, last = n - 1 + before;
    const std::int64_t first = before > 0 ? std::min(count, (before - 1) / stride + 1) : 0;
    return {first, std::max(first, last < 0 ? 0 : std::min(count, last / stride + 1))};
  }
};

/// Windows over the last three axes of an array of `planes` planes. With fewer axes, the first ones have one element
/// and one window.
struct SlidingWindows {
  std::int64_t planes = 0;
  SlidingAxis axis[3];

  /// The elements and the windows of a plane: 0 if there is no plane, whose axes may then be too large for a product.
  std::int64_t elements() const { return planes == 0 ? 0 : axis[0].n * axis[1].n * axis[2].n; }
  std::int64_t windows() const { return planes == 0 ? 0 : axis[0].count * axis[1].count * axis[2].count; }
  /// The places of a window, or INT64_MAX where these are more.
  std::int64_t places() const {
    std::int64_t all = axis[0].size;
    const bool over =
        __builtin_mul_overflow(all, axis[1].size, &all) || __builtin_mul_overflow(all, axis[2].size, &all);
    return over ? INT64_MAX : all;
  }
  /// The rows of windows of one plane. Numbered over all planes, row r is row r % rows_of_a_plane() of its plane.
  std::int64_t rows_of_a_plane() const { return axis[0].count * axis[1].count; }

  /// Whether a window may lie in padding as a whole: only if it can step over the axis.
  bool may_be_empty() const {
    return std::any_of(axis, axis + 3, [](const SlidingAxis& a) { return a.padding > 0 && a.dilation > 1; });
  }
  /// Whether these are windows of 2 x 2 places in a plane that touch: those of most networks.
  bool are_squares_of_two() const {
    const auto of_two = [](const SlidingAxis& a) {
      return a.size == 2 && a.stride == 2 && a.padding == 0 && a.dilation == 1 && 2 * a.count <= a.n;
    };
    return axis[0].n == 1 && axis[0].size == 1 && axis[0].count == 1 && of_two(axis[1]) && of_two(axis[2]);
  }
};

}  // namespace xgrad::kernels
