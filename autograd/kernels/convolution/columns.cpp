#include <xgrad/autograd/kernels/convolution/columns.hpp>

#include <algorithm>

namespace xgrad::kernels {
namespace {

// The outputs i of an axis for which i stride + offset lies in 0 .. size-1, cut to first .. last-1.
struct Range {
  std::int64_t first, last;
};

Range inside(std::int64_t offset, std::int64_t stride, std::int64_t size, std::int64_t first, std::int64_t last) {
  const std::int64_t least = offset >= 0 ? 0 : quotient_up(-offset, stride);
  const std::int64_t past = offset >= size ? 0 : quotient_up(size - offset, stride);
  first = std::min(last, std::max(first, least));
  return {first, std::max(first, std::min(last, past))};
}

// Calls f(p, i0, i1, first, last) for each row of the output that the positions touch: its elements first .. last-1,
// of which the first is position p.
template <class F>
void each_row(const ConvolutionSizes& s, Positions at, F&& f) {
  const std::int64_t width = s.output[2];
  std::int64_t p = 0;
  while (p < at.count) {
    const std::int64_t row = (at.begin + p) / width, first = (at.begin + p) % width;
    const std::int64_t last = std::min(width, first + at.count - p);
    f(p, row / s.output[1], row % s.output[1], first, last);
    p += last - first;
  }
}

// Calls f(tap, offsets of the tap) for the taps of the kernel in order.
template <class F>
void each_tap(const ConvolutionSizes& s, F&& f) {
  std::int64_t tap = 0;
  for (std::int64_t a = 0; a < s.kernel[0]; ++a)
    for (std::int64_t b = 0; b < s.kernel[1]; ++b)
      for (std::int64_t c = 0; c < s.kernel[2]; ++c)
        f(tap++,
          Triple{a * s.dilation[0] - s.padding[0], b * s.dilation[1] - s.padding[1], c * s.dilation[2] - s.padding[2]});
}

bool outside(std::int64_t i, std::int64_t size) { return i < 0 || i >= size; }

}  // namespace

template <class T>
void gather_columns(const ConvolutionSizes& s, const T* x, Positions at, T* columns, std::int64_t step) {
  const std::int64_t pixels = s.pixels(), taps = s.taps();
  each_tap(s, [&](std::int64_t tap, const Triple& offset) {
    each_row(s, at, [&](std::int64_t p, std::int64_t i0, std::int64_t i1, std::int64_t first, std::int64_t last) {
      const std::int64_t from0 = i0 * s.stride[0] + offset[0], from1 = i1 * s.stride[1] + offset[1];
      const bool empty = outside(from0, s.input[0]) || outside(from1, s.input[1]);
      const Range r = empty ? Range{first, first} : inside(offset[2], s.stride[2], s.input[2], first, last);
      for (std::int64_t c = 0; c < s.in; ++c) {
        T* const to = columns + (c * taps + tap) * step + p - first;
        std::fill(to + first, to + r.first, T(0));
        std::fill(to + r.last, to + last, T(0));
        if (r.first == r.last) continue;
        // Of the first element that is read, since an offset alone may be far outside.
        const T* const from =
            x + c * pixels + (from0 * s.input[1] + from1) * s.input[2] + (offset[2] + r.first * s.stride[2]);
        if (s.stride[2] == 1)
          std::copy(from, from + (r.last - r.first), to + r.first);
        else
          for (std::int64_t i = r.first; i < r.last; ++i) to[i] = from[(i - r.first) * s.stride[2]];
      }
    });
  });
}

template <class T>
void add_columns(const ConvolutionSizes& s, const T* columns, std::int64_t step, Positions at, T* x) {
  const std::int64_t pixels = s.pixels(), taps = s.taps();
  each_tap(s, [&](std::int64_t tap, const Triple& offset) {
    each_row(s, at, [&](std::int64_t p, std::int64_t i0, std::int64_t i1, std::int64_t first, std::int64_t last) {
      const std::int64_t to0 = i0 * s.stride[0] + offset[0], to1 = i1 * s.stride[1] + offset[1];
      if (outside(to0, s.input[0]) || outside(to1, s.input[1])) return;
      const Range r = inside(offset[2], s.stride[2], s.input[2], first, last);
      if (r.first == r.last) return;
      const std::int64_t count = r.last - r.first;
      for (std::int64_t c = 0; c < s.in; ++c) {
        const T* const from = columns + (c * taps + tap) * step + p - first + r.first;
        T* const to = x + c * pixels + (to0 * s.input[1] + to1) * s.input[2] + (offset[2] + r.first * s.stride[2]);
        if (s.stride[2] == 1)
          for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
        else
          for (std::int64_t i = 0; i < count; ++i) to[i * s.stride[2]] += from[i];
      }
    });
  });
}

template void gather_columns(const ConvolutionSizes&, const float*, Positions, float*, std::int64_t);
template void gather_columns(const ConvolutionSizes&, const double*, Positions, double*, std::int64_t);
template void add_columns(const ConvolutionSizes&, const float*, std::int64_t, Positions, float*);
template void add_columns(const ConvolutionSizes&, const double*, std::int64_t, Positions, double*);

}  // namespace xgrad::kernels
