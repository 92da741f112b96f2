#include <xgrad/autograd/kernels/convolution/convolution.hpp>

#include <algorithm>

#include <xgrad/autograd/kernels/convolution/by_channels.hpp>
#include <xgrad/autograd/kernels/convolution/by_columns.hpp>
#include <xgrad/autograd/kernels/convolution/by_positions.hpp>
#include <xgrad/autograd/kernels/convolution/dot_gradient.hpp>
#include <xgrad/autograd/kernels/convolution/weight_gradient.hpp>
#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {
namespace {

// A kernel of one element that meets each pixel once is a product of matrices: the axes are one.
ConvolutionSizes flattened(ConvolutionSizes s) {
  const Triple ones{1, 1, 1}, zeros{0, 0, 0};
  if (s.kernel != ones || s.stride != ones || s.padding != zeros || s.input != s.output) return s;
  s.input = s.output = {1, 1, s.pixels()};
  return s;
}

// Each remainder of division by the strides is a correlation of its own, which copies the source and the weights anew.
constexpr std::int64_t most_remainders = 16;

// How long a correlation takes by columns, for an image and a group, in products of vectors: each row of positions is
// copied for each tap of some channels, those that a convolution gathers or a transposed one scatters.
template <class T>
double time_by_columns(const Correlation& c, std::int64_t channels) {
  constexpr double product = 1.2, row = 5;  // as measured; a row takes longer than one that is staged
  constexpr auto width = static_cast<std::int64_t>(Vec<T>::width);
  const std::int64_t rows = channels * c.taps() * c.line[0].results * c.line[1].results;
  const double all = static_cast<double>(c.positions()) * static_cast<double>(c.sources * c.taps()) *
                     static_cast<double>(c.results) / static_cast<double>(width);
  return product * all + row * static_cast<double>(rows) +
         time_of_copies(rows, (c.line[2].results + width - 1) / width);
}

// The faster of the two ways by correlation, which an estimate chooses once: it takes a tenth of a microsecond for
// each.
struct Way {
  double time;
  bool channels;
};

template <class T>
Way faster_way(const Correlation& c) {
  const double by_positions = time_by_positions<T>(c), by_channels = time_by_channels<T>(c);
  return {std::min(by_positions, by_channels), by_channels < by_positions};
}

template <class T>
void correlate(const Correlation& c, Way way, const T* x, const T* w, const T* bias, T* y) {
  way.channels ? correlate_by_channels(c, x, w, bias, y) : correlate_by_positions(c, x, w, bias, y);
}

// Whether a correlation is out of the question.
bool needs_columns(const Correlation& c) {
  return Vec<float>::width < 8 || c.batch * c.groups * c.results * c.positions() == 0 || !stages_little(c);
}

template <class T>
bool transposed_suits_columns(const ConvolutionSizes& s) {
  for (const std::int64_t stride : s.stride)
    if (stride > most_remainders) return true;
  const Correlation c = transposed_correlation(s, {0, 0, 0});
  return ConvolutionSizes::volume(s.stride) > most_remainders || needs_columns(c) ||
         time_by_columns<T>(c, s.in) < faster_way<T>(c).time;
}

}  // namespace

template <class T>
void convolve(const ConvolutionSizes& sizes, const T* x, const T* w, const T* bias, T* y) {
  const ConvolutionSizes s = flattened(sizes);
  const Correlation c = forward_correlation(s);
  if (needs_columns(c)) return convolve_by_columns(s, x, w, bias, y);
  const Way way = faster_way<T>(c);
  if (time_by_columns<T>(c, s.in) < way.time) return convolve_by_columns(s, x, w, bias, y);
  correlate(c, way, x, w, bias, y);
}

template <class T>
void convolve_transposed(const ConvolutionSizes& sizes, const T* g, const T* w, const T* bias, T* gx) {
  const ConvolutionSizes s = flattened(sizes);
  if (transposed_suits_columns<T>(s)) return convolve_transposed_by_columns(s, g, w, bias, gx);
  Triple r;
  for (r[0] = 0; r[0] < std::min(s.stride[0], s.input[0]); ++r[0])
    for (r[1] = 0; r[1] < std::min(s.stride[1], s.input[1]); ++r[1])
      for (r[2] = 0; r[2] < std::min(s.stride[2], s.input[2]); ++r[2]) {
        const Correlation c = transposed_correlation(s, r);
        correlate(c, faster_way<T>(c), g, w, bias, gx);
      }
}

template <class T>
void convolve_weight(const ConvolutionSizes& sizes, const T* x, const T* g, T* gw) {
  const ConvolutionSizes s = flattened(sizes);
  const Correlation c = forward_correlation(s);
  if (stages_little(c)) {
    if (suits_weight_gradient<T>(s)) return weight_gradient(s, c, x, g, gw);
    if (suits_dot_gradient<T>(s)) return dot_gradient(s, c, x, g, gw);
  }
  convolve_weight_by_columns(s, x, g, gw);
}

#define XGRAD_CONVOLUTION(T)                                                                    \
  template void convolve(const ConvolutionSizes&, const T*, const T*, const T*, T*);            \
  template void convolve_transposed(const ConvolutionSizes&, const T*, const T*, const T*, T*); \
  template void convolve_weight(const ConvolutionSizes&, const T*, const T*, T*);
XGRAD_CONVOLUTION(float)
XGRAD_CONVOLUTION(double)
#undef XGRAD_CONVOLUTION

}  // namespace xgrad::kernels
