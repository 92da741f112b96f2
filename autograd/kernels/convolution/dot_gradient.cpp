#include <xgrad/autograd/kernels/convolution/dot_gradient.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>
#include <xgrad/autograd/kernels/simd/unrolled.hpp>

namespace xgrad::kernels {
namespace {

template <class T>
constexpr std::int64_t width = static_cast<std::int64_t>(Vec<T>::width);

// The rows of a band, and of the gradient of one channel of y.
template <class T>
struct Rows {
  const T* band;
  std::int64_t plane, row;  // distances in the band
  const T* slope;
  std::int64_t slope_plane, slope_row;
  Triple size;
};

// sums[i] += Σ over positions x[position + offsets[i]] slope[position] for `Taps` taps, of which the first `taps`
// exist.
template <int Taps, class T>
[[gnu::noinline]] void dot_tile(const Rows<T>& s, const std::int64_t* offsets, std::int64_t taps, T* sums) {
  using B = Vec<T>;
  B sum[Taps];
  each<Taps>(XGRAD_INLINE(i) { sum[i] = B(T(0)); });
  const std::int64_t whole = s.size[2] / width<T> * width<T>;
  const Partial rest{s.size[2] - whole};
  for (std::int64_t i0 = 0; i0 < s.size[0]; ++i0)
    for (std::int64_t i1 = 0; i1 < s.size[1]; ++i1) {
      const T* const g = s.slope + i0 * s.slope_plane + i1 * s.slope_row;
      const T* x[Taps];
      each<Taps>(XGRAD_INLINE(i) { x[i] = s.band + i0 * s.plane + i1 * s.row + offsets[i < taps ? i : taps - 1]; });
      for (std::int64_t i2 = 0; i2 < whole; i2 += width<T>) {
        const B slope = B::load(g + i2);
        each<Taps>(XGRAD_INLINE(i) { sum[i] = fma(B::load(x[i] + i2), slope, sum[i]); });
      }
      if (rest.count > 0) {
        const B slope = load(g + whole, rest, T(0));
        each<Taps>(XGRAD_INLINE(i) { sum[i] = fma(load(x[i] + whole, rest, T(0)), slope, sum[i]); });
      }
    }
  each<Taps>(XGRAD_INLINE(i) {
    if (i < taps) sums[i] += total(sum[i]);
  });
}

constexpr std::int64_t most_elements = 32 << 10;  // of a staged band
constexpr std::int64_t most_parts = 8, most_sums = 1 << 20;

}  // namespace

template <class T>
bool suits_dot_gradient(const ConvolutionSizes& s) {
  constexpr std::int64_t most_dots = 8;  // output channels of a group with which a band of x stays in the nearest cache
  const std::int64_t row = s.output[2];
  return width<float> >= 8 && s.out <= most_dots && 5 * row >= 3 * rounded_up(row, width<T>);
}

template <class T>
void dot_gradient(const ConvolutionSizes& s, const Correlation& forward, const T* x, const T* g, T* gw) {
  const std::int64_t depth = s.depth(), size = s.groups * s.out * depth, positions = s.positions();
  if (size == 0) return;
  const Bands bands(forward.line, s.in, most_elements, INT64_MAX, width<T>);
  const detail::Scratch<std::int64_t> offsets(depth);
  bands.write_offsets(s.in, offsets.data());
  const std::int64_t most = std::min(most_parts, std::max<std::int64_t>(1, most_sums / size));
  const std::int64_t each = std::max<std::int64_t>(1, (s.batch + most - 1) / most);
  const std::int64_t parts = std::max<std::int64_t>(1, (s.batch + each - 1) / each);
  const detail::Scratch<T> sums(parts * size);
  const auto run = [&](std::int64_t unit, T* band) {
    const std::int64_t part = unit / s.groups, group = unit % s.groups;
    T* const sum = sums.data() + part * size + group * s.out * depth;
    std::fill_n(sum, s.out * depth, T(0));
    for (std::int64_t n = part * each; n < std::min(s.batch, (part + 1) * each); ++n)
      for (std::int64_t k = 0; k < bands.count(); ++k) {
        Triple begin, rows;
        bands.band(k, begin, rows);
        bands.stage(x + (n * s.groups + group) * s.in * s.pixels(), s.in, begin, band);
        const std::int64_t first = (begin[0] * s.output[1] + begin[1]) * s.output[2] + begin[2];
        for (std::int64_t o = 0; o < s.out; ++o) {
          const T* const slope = g + ((n * s.groups + group) * s.out + o) * positions + first;
          const Rows<T> all{band, bands.plane(), bands.row(), slope, s.output[1] * s.output[2], s.output[2], rows};
          for (std::int64_t i = 0; i < depth; i += 9)
            dot_tile<9>(all, offsets.data() + i, std::min<std::int64_t>(9, depth - i), sum + o * depth + i);
        }
      }
  };
  constexpr std::int64_t enough = std::int64_t{1} << 20;
  const std::int64_t work = std::max<std::int64_t>(1, each * positions * s.out * depth);
  parallel_ranges(parts * s.groups, std::max<std::int64_t>(1, enough / work),
                  [&](std::int64_t begin, std::int64_t end) {
                    const detail::Scratch<T> band(s.in * bands.volume() + width<T>);
                    for (std::int64_t unit = begin; unit < end; ++unit) run(unit, band.data());
                  });
  for (std::int64_t i = 0; i < size; ++i) {
    T sum = sums.data()[i];
    for (std::int64_t part = 1; part < parts; ++part) sum += sums.data()[part * size + i];
    gw[i] = sum;
  }
}

template bool suits_dot_gradient<float>(const ConvolutionSizes&);
template bool suits_dot_gradient<double>(const ConvolutionSizes&);
template void dot_gradient(const ConvolutionSizes&, const Correlation&, const float*, const float*, float*);
template void dot_gradient(const ConvolutionSizes&, const Correlation&, const double*, const double*, double*);

}  // namespace xgrad::kernels
