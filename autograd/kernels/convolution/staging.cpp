#include <xgrad/autograd/kernels/convolution/staging.hpp>

#include <algorithm>
#include <numeric>

#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels {

StagedLine::StagedLine(const Line& line, std::int64_t band) : line_(line), band_(band) {
  if (line.taps == 0) {
    length_ = band;
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

// count elements from x[first], x[first + step], ...; 0 where the index is outside 0 .. size-1.
template <class T>
void copy_line(const T* x, std::int64_t size, std::int64_t first, std::int64_t step, std::int64_t count, T* to) {
  std::int64_t begin = 0, end = 0;
  if (step == 1) {
    begin = std::clamp<std::int64_t>(-first, 0, count);
    end = std::max(begin, std::min(count, size - first));
    copy_run(x + first + begin, end - begin, to + begin);
  } else {
    begin = first >= 0 ? 0 : std::min(count, quotient_up(-first, step));
    const std::int64_t past = first >= size ? 0 : quotient_up(size - first, step);
    end = std::max(begin, std::min(count, past));
    for (std::int64_t i = begin; i < end; ++i) to[i] = x[first + i * step];
  }
  for (std::int64_t i = 0; i < begin; ++i) to[i] = T(0);
  for (std::int64_t i = end; i < count; ++i) to[i] = T(0);
}

}  // namespace

Bands::Bands(const Line (&lines)[3], std::int64_t channels, std::int64_t most_elements, std::int64_t most_positions,
             std::int64_t multiple) {
  for (std::size_t k = 0; k < 3; ++k) size_[k] = lines[k].results;
  for (;;) {
    for (std::size_t k = 0; k < 3; ++k) line_[k] = StagedLine(lines[k], size_[k]);
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
  const std::int64_t* const first = to;
  for (std::int64_t m0 = 0; m0 < taps0; ++m0)
    for (std::int64_t m1 = 0; m1 < taps1; ++m1) {
      const std::int64_t line = place(line_[0].place(m0), line_[1].place(m1), 0);
      for (std::int64_t m2 = 0; m2 < taps2; ++m2) *to++ = line + line_[2].place(m2);
    }
  const std::int64_t taps = taps0 * taps1 * taps2, one = volume();
  for (std::int64_t i = 0; i < (channels - 1) * taps; ++i) *to++ = first[i] + one;
}

template <class T>
void Bands::stage(const T* x, std::int64_t channels, const Triple& begin, T* to) const {
  const std::int64_t size0 = line_[0].line().size, size1 = line_[1].line().size, size2 = line_[2].line().size;
  const auto index = [&](int axis, std::int64_t e) {
    const StagedLine& l = line_[axis];
    return l.source(e / l.length(), begin[static_cast<std::size_t>(axis)]) + e % l.length() * l.line().step;
  };
  const std::int64_t rows0 = line_[0].extent(), rows1 = line_[1].extent(), row = line_[2].extent();
  const std::int64_t first1 = line_[1].source(0, begin[1]);
  const bool whole =
      line_[1].line().step == 1 && line_[2].line().step == 1 && row == size2 && line_[2].source(0, begin[2]) == 0;
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t a = 0; a < rows0; ++a) {
      const std::int64_t i0 = index(0, a);
      if (whole && i0 >= 0 && i0 < size0) {  // rows that lie together in x too
        copy_line(x + (c * size0 + i0) * size1 * size2, size1 * size2, first1 * size2, 1, rows1 * row, to);
        to += rows1 * row;
        continue;
      }
      for (std::int64_t b = 0; b < rows1; ++b, to += row) {
        const std::int64_t i1 = index(1, b);
        if (i0 < 0 || i0 >= size0 || i1 < 0 || i1 >= size1) {
          std::fill_n(to, row, T(0));
          continue;
        }
        const T* const from = x + ((c * size0 + i0) * size1 + i1) * size2;
        const std::int64_t length = line_[2].length();
        for (std::int64_t phase = 0; phase < line_[2].phases(); ++phase)
          copy_line(from, size2, line_[2].source(phase, begin[2]), line_[2].line().step, length, to + phase * length);
      }
    }
}

template void Bands::stage(const float*, std::int64_t, const Triple&, float*) const;
template void Bands::stage(const double*, std::int64_t, const Triple&, double*) const;

}  // namespace xgrad::kernels
