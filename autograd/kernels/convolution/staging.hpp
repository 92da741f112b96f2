#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/convolution/sizes.hpp>

namespace xgrad::kernels {

/// One axis of a correlation: result i is a sum over taps m of the source elements i step + offset(m), with the
/// element tap(m) of the kernel. Sources outside 0 .. size-1 are 0.
struct Line {
  std::int64_t size, results, step;
  std::int64_t taps, first_tap, tap_jump, first_offset, offset_jump;

  std::int64_t tap(std::int64_t m) const { return first_tap + m * tap_jump; }
  std::int64_t offset(std::int64_t m) const { return first_offset + m * offset_jump; }
};

/// The source elements that a band of results needs along an axis, in an order in which those that a tap reads for
/// neighbouring results are neighbours: in `phases` of `length` elements. A phase is the elements with the same
/// remainder of division by step; or, if taps are apart, those that one tap reads, copied for each of them.
class StagedLine {
 public:
  StagedLine() = default;
  StagedLine(const Line& line, std::int64_t band, bool apart = false);

  std::int64_t band() const { return band_; }
  std::int64_t length() const { return length_; }
  std::int64_t phases() const { return phases_; }
  std::int64_t extent() const { return phases_ * length_; }
  /// The phase of the element that tap m reads for result 0 of the band, and its place there.
  std::int64_t phase(std::int64_t m) const { return m % phases_; }
  std::int64_t place(std::int64_t m) const { return floor_of(line_.offset(m)) - low(m); }
  /// The source index of the first staged element of a phase, for the band that begins with result `begin`.
  std::int64_t source(std::int64_t phase, std::int64_t begin) const {
    return line_.step * (begin + low(phase) - floor_of(line_.offset(phase))) + line_.offset(phase);
  }
  const Line& line() const { return line_; }

 private:
  std::int64_t floor_of(std::int64_t offset) const {
    return line_.step == 1 ? offset : offset / line_.step - (offset % line_.step < 0 ? 1 : 0);
  }
  std::int64_t low(std::int64_t m) const { return apart_ ? floor_of(line_.offset(m)) : low_; }

  Line line_{};
  std::int64_t band_ = 0, low_ = 0, length_ = 0, phases_ = 1;
  bool apart_ = false;
};

/// The bands that the results of an image are cut into, by sizes alone, and how the source of a band is staged: the
/// channels in order, each a volume of the extents of the three lines. If the taps of the last axis are apart, that is
/// a volume for each of them, in which rows have the length of the results' and follow each other: what a tap reads for
/// results that follow each other are neighbours then, also from one row to the next.
class Bands {
 public:
  /// Bands of at most `most_positions` results whose source has at most `most_elements` elements in so many channels,
  /// but of at least some results of a row. `multiple` divides the length of a part of a row.
  Bands(const Line (&lines)[3], std::int64_t channels, std::int64_t most_elements, std::int64_t most_positions,
        std::int64_t multiple, bool apart = false);

  std::int64_t count() const { return count_[0] * count_[1] * count_[2]; }
  /// The results of a band: its first, and their number along each axis.
  void band(std::int64_t index, Triple& begin, Triple& size) const;
  /// The sizes of a whole band.
  const Triple& size() const { return size_; }
  /// Whether bands hold whole rows.
  bool whole_rows() const { return count_[2] == 1; }
  bool apart() const { return apart_; }

  std::int64_t row() const { return apart_ ? line_[2].length() : line_[2].extent(); }
  std::int64_t plane() const { return line_[1].extent() * row(); }
  std::int64_t volume() const { return (apart_ ? line_[2].phases() : 1) * line_[0].extent() * plane(); }
  /// Where result (i0, i1, i2) of a band reads, before the offset of a tap is added.
  std::int64_t place(std::int64_t i0, std::int64_t i1, std::int64_t i2) const { return i0 * plane() + i1 * row() + i2; }
  /// The offsets of all taps of some channels, in order.
  void write_offsets(std::int64_t channels, std::int64_t* to) const;
  /// Copies channels of x for the band that begins with these results. Behind them less than a vector is written too.
  template <class T>
  void stage(const T* x, std::int64_t channels, const Triple& begin, T* to) const;

 private:
  static std::int64_t place_in(const StagedLine& line, std::int64_t m) {
    return line.phase(m) * line.length() + line.place(m);
  }
  // Calls f(index) for the staged elements of an axis, in order.
  template <class F>
  void each_source(std::size_t axis, const Triple& begin, F&& f) const {
    const StagedLine& l = line_[axis];
    for (std::int64_t phase = 0; phase < l.phases(); ++phase) {
      const std::int64_t first = l.source(phase, begin[axis]), step = l.line().step;
      for (std::int64_t e = 0; e < l.length(); ++e) f(first + e * step);
    }
  }
  template <class T>
  T* stage_rows(const T* plane, std::int64_t phase, const Triple& begin, T* to) const;
  template <class T>
  T* stage_row(const T* line, const Triple& begin, T* to) const;

  StagedLine line_[3];
  Triple size_{}, count_{};
  bool apart_ = false;
};

/// Calls f(m0, m1, m2) for all taps of three axes, in order.
template <class F>
void each_tap(const Line (&line)[3], F&& f) {
  for (std::int64_t m0 = 0; m0 < line[0].taps; ++m0)
    for (std::int64_t m1 = 0; m1 < line[1].taps; ++m1)
      for (std::int64_t m2 = 0; m2 < line[2].taps; ++m2) f(m0, m1, m2);
}

inline std::int64_t rounded_up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

}  // namespace xgrad::kernels
