#include <xgrad/autograd/kernels/convolution/staging.hpp>

#include <algorithm>
#include <numeric>

#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels {

StagedLine::StagedLine(const Line& line, std::int64_t band, bool apart) : line_(line), band_(band), apart_(apart) {
  if (line.taps == 0 || apart) {
    length_ = band;
    phases_ = std::max<std::int64_t>(1, line.taps);
    return;
  }
  const std::int64_t last = line.offset(line.taps - 1);
  low_ = floor_of(std::min(line.first_offset, last));
  length_ = band + floor_of(std::max(line.first_offset, last)) - low_;
  const std::int64_t period = line.step / std::gcd(line.step, line.offset_jump);
  phases_ = std::min(period, line.taps);
}

namespace {

// Rows are too short for a call of memmove each.
template <class T>
void copy_run(const T* from, std::int64_t count, T* to) {
  constexpr std::int64_t width = static_cast<std::int64_t>(Vec<T>::width);
  std::int64_t i = 0;
  for (; i + width <= count; i += width) Vec<T>::load(from + i).store(to + i);
  if (i < count) store(load(from + i, Partial{count - i}, T(0)), to + i, Partial{count - i});
}

// Which of first, first + step, ... (count of them) are indices of an axis: those from begin to end-1. The step has
// no bound: the first index that is not negative is the remainder of a division by it.
struct Inside {
  Inside(std::int64_t size, std::int64_t first, std::int64_t step, std::int64_t count) {
    begin = first >= 0 ? 0 : std::min(count, quotient_up(-first, step));
    const std::int64_t rest = first >= 0 || step == 1 ? 0 : -first % step;
    const std::int64_t least = first >= 0 ? first : rest == 0 ? 0 : step - rest;
    end = least >= size ? begin : std::min(count, begin + quotient_up(size - least, step));
  }
  std::int64_t begin, end;
};

// count elements from x[first], x[first + step], ...; 0 where the index is outside 0 .. size-1.
template <class T>
void copy_line(const T* x, std::int64_t size, std::int64_t first, std::int64_t step, std::int64_t count, T* to) {
  const Inside inside(size, first, step, count);
  for (std::int64_t i = inside.begin; i < inside.end; ++i) to[i] = x[first + i * step];
  std::fill(to, to + inside.begin, T(0));
  std::fill(to + inside.end, to + count, T(0));
}

// Lines that lie `jump` apart, of which the elements outside are 0, are copied to where they follow each other. A line
// may spill over the next one, and the last one by less than a vector.
template <class T>
T* copy_lines(const T* x, std::int64_t lines, std::int64_t jump, const Inside& inside, std::int64_t first,
              std::int64_t step, std::int64_t count, T* to) {
  constexpr std::int64_t width = static_cast<std::int64_t>(Vec<T>::width);
  const Vec<T> zero(T(0));
  const std::int64_t some = inside.end - inside.begin;
  if (some == 0) return std::fill_n(to, lines * count, T(0));
  x += first + inside.begin * step;
  if (step == 1 && count <= width) {
    T* data = to + inside.begin;
    for (std::int64_t k = 0; k < lines; ++k, x += jump, data += count) {
      if (inside.begin > 0) zero.store(data - inside.begin);
      load(x, Partial{some}, T(0)).store(data);
    }
    return to + lines * count;
  }
  for (std::int64_t k = 0; k < lines; ++k, x += jump, to += count) {
    std::int64_t i = 0;
    for (; i < inside.begin; i += width) zero.store(to + i);
    if (step == 1) {
      T* const data = to + inside.begin;
      for (i = 0; i + width <= some; i += width) Vec<T>::load(x + i).store(data + i);
      if (i < some) load(x + i, Partial{some - i}, T(0)).store(data + i);
      i = inside.begin + rounded_up(some, width);
    } else {
      for (i = 0; i < some; ++i) to[inside.begin + i] = x[i * step];
      i = inside.end;
    }
    for (; i < count; i += width) zero.store(to + i);
  }
  return to;
}

}  // namespace

Bands::Bands(const Line (&lines)[3], std::int64_t channels, std::int64_t most_elements, std::int64_t most_positions,
             std::int64_t multiple, bool apart)
    : apart_(apart) {
  for (std::size_t k = 0; k < 3; ++k) size_[k] = lines[k].results;
  for (;;) {
    for (std::size_t k = 0; k < 3; ++k) line_[k] = StagedLine(lines[k], size_[k], apart && k == 2);
    if (channels * volume() <= most_elements && size_[0] * size_[1] * size_[2] <= most_positions) break;
    if (size_[0] > 1)
      size_[0] = (size_[0] + 1) / 2;
    else if (size_[1] > 1)
      size_[1] = (size_[1] + 1) / 2;
    else if (size_[2] > 8 * multiple)
      size_[2] = rounded_up((size_[2] + 1) / 2, multiple);
    else
      break;
  }
  for (std::size_t k = 0; k < 3; ++k) count_[k] = size_[k] == 0 ? 0 : (lines[k].results + size_[k] - 1) / size_[k];
}

void Bands::band(std::int64_t index, Triple& begin, Triple& size) const {
  for (std::size_t k = 3; k-- > 0; index /= count_[k]) {
    begin[k] = index % count_[k] * size_[k];
    size[k] = std::min(size_[k], line_[k].line().results - begin[k]);
  }
}

void Bands::write_offsets(std::int64_t channels, std::int64_t* to) const {
  if (channels == 0) return;
  const std::int64_t taps0 = line_[0].line().taps, taps1 = line_[1].line().taps, taps2 = line_[2].line().taps;
  const std::int64_t jump = apart_ ? line_[0].extent() * plane() : line_[2].length();
  const std::int64_t* const first = to;
  for (std::int64_t m0 = 0; m0 < taps0; ++m0)
    for (std::int64_t m1 = 0; m1 < taps1; ++m1) {
      const std::int64_t line = place(place_in(line_[0], m0), place_in(line_[1], m1), 0);
      for (std::int64_t m2 = 0; m2 < taps2; ++m2) *to++ = line + line_[2].phase(m2) * jump + line_[2].place(m2);
    }
  const std::int64_t taps = taps0 * taps1 * taps2, one = volume();
  for (std::int64_t i = 0; i < (channels - 1) * taps; ++i) *to++ = first[i] + one;
}

// What each phase reads of all rows, one phase after the other.
template <class T>
T* Bands::stage_rows(const T* plane, std::int64_t phase, const Triple& begin, T* to) const {
  const std::int64_t size = line_[2].line().size, count = line_[2].length(), step = line_[2].line().step;
  const std::int64_t first = line_[2].source(phase, begin[2]);
  const Inside inside(size, first, step, count);
  for (std::int64_t k = 0; k < line_[1].phases(); ++k) {
    const std::int64_t row = line_[1].source(k, begin[1]), jump = line_[1].line().step, rows = line_[1].length();
    const Inside there(line_[1].line().size, row, jump, rows);
    to = std::fill_n(to, there.begin * count, T(0));
    const std::int64_t some = there.end - there.begin;
    const T* const from = some > 0 ? plane + (row + there.begin * jump) * size : plane;
    if (jump == 1 && step == 1 && inside.begin == 0 && inside.end == count &&
        count == size) {  // lines follow each other
      copy_run(from, some * count, to);
      to += some * count;
    } else {
      // With two lines or more, jump * size is a distance within x. With one it is not used, and could overflow.
      to = copy_lines(from, some, some > 1 ? jump * size : 0, inside, first, step, count, to);
    }
    to = std::fill_n(to, (rows - there.end) * count, T(0));
  }
  return to;
}

// What all phases read of a row, one row after the other.
template <class T>
T* Bands::stage_row(const T* line, const Triple& begin, T* to) const {
  const std::int64_t size = line_[2].line().size, count = line_[2].length(), step = line_[2].line().step;
  for (std::int64_t phase = 0; phase < line_[2].phases(); ++phase, to += count)
    copy_line(line, size, line_[2].source(phase, begin[2]), step, count, to);
  return to;
}

template <class T>
void Bands::stage(const T* x, std::int64_t channels, const Triple& begin, T* to) const {
  const std::int64_t size0 = line_[0].line().size, size1 = line_[1].line().size, size2 = line_[2].line().size;
  const bool rows_follow = apart_ || line_[2].phases() == 1;
  for (std::int64_t c = 0; c < channels; ++c, x += size0 * size1 * size2)
    for (std::int64_t phase = 0; phase < (rows_follow ? line_[2].phases() : 1); ++phase)
      each_source(0, begin, [&](std::int64_t i0) {
        if (i0 < 0 || i0 >= size0) {
          to = std::fill_n(to, plane(), T(0));
          return;
        }
        const T* const from = x + i0 * size1 * size2;
        if (rows_follow) {
          to = stage_rows(from, phase, begin, to);
          return;
        }
        each_source(1, begin, [&](std::int64_t i1) {
          to = i1 >= 0 && i1 < size1 ? stage_row(from + i1 * size2, begin, to) : std::fill_n(to, row(), T(0));
        });
      });
}

template void Bands::stage(const float*, std::int64_t, const Triple&, float*) const;
template void Bands::stage(const double*, std::int64_t, const Triple&, double*) const;

}  // namespace xgrad::kernels
