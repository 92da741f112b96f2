#include <xgrad/autograd/kernels/convolution/convolution.hpp>

#include <algorithm>
#include <numeric>

#include <xgrad/autograd/kernels/convolution/by_columns.hpp>
#include <xgrad/autograd/kernels/convolution/correlation.hpp>
#include <xgrad/autograd/kernels/convolution/dot_gradient.hpp>
#include <xgrad/autograd/kernels/convolution/weight_gradient.hpp>

namespace xgrad::kernels {
namespace {

// A kernel of one element that meets each pixel once is a product of matrices: the axes are one.
ConvolutionSizes flattened(ConvolutionSizes s) {
  const Triple ones{1, 1, 1}, zeros{0, 0, 0};
  if (s.kernel != ones || s.stride != ones || s.padding != zeros || s.input != s.output) return s;
  s.input = s.output = {1, 1, s.pixels()};
  return s;
}

Correlation common(const ConvolutionSizes& s) {
  Correlation c{};
  c.batch = s.batch;
  c.groups = s.groups;
  c.kernel = s.kernel;
  c.w_group = s.out * s.depth();
  c.y_step = {1, 1, 1};
  return c;
}

Correlation forward(const ConvolutionSizes& s) {
  Correlation c = common(s);
  c.sources = s.in;
  c.results = s.out;
  c.w_result = s.depth();
  c.w_source = s.taps();
  for (std::size_t k = 0; k < 3; ++k)
    c.line[k] = {s.input[k], s.output[k], s.stride[k], s.kernel[k], 0, 1, -s.padding[k], s.dilation[k]};
  c.y_size = s.output;
  return c;
}

// The elements r, r + stride, ... of the gradient of the input along an axis: for j = i stride + r, element j gets g at
// i + (r + padding - k dilation) / stride from each k for which that is whole, every (stride / gcd)-th one.
Line transposed_line(const ConvolutionSizes& s, std::size_t axis, std::int64_t r) {
  const std::int64_t stride = s.stride[axis], dilation = s.dilation[axis], kernel = s.kernel[axis];
  const std::int64_t jump = stride / std::gcd(stride, dilation), from = r + s.padding[axis];
  const std::int64_t results = quotient_up(s.input[axis] - r, stride);
  for (std::int64_t k = 0; k < std::min(jump, kernel); ++k)
    if ((from - k * dilation) % stride == 0)
      return {s.output[axis],
              results,
              1,
              (kernel - 1 - k) / jump + 1,
              k,
              jump,
              (from - k * dilation) / stride,
              -(jump * dilation / stride)};
  return {s.output[axis], results, 1, 0, 0, 1, 0, 1};
}

Correlation transposed(const ConvolutionSizes& s, const Triple& r) {
  Correlation c = common(s);
  c.sources = s.out;
  c.results = s.in;
  c.w_result = s.taps();
  c.w_source = s.depth();
  for (std::size_t k = 0; k < 3; ++k) c.line[k] = transposed_line(s, k, r[k]);
  c.y_size = s.input;
  c.y_step = s.stride;
  c.y_first = r;
  return c;
}

// Output channels of a group with which a band of x stays in the nearest cache.
constexpr std::int64_t most_dots = 8;

// Each remainder of division by the strides is a correlation of its own, which copies the source and the weights anew.
constexpr std::int64_t most_remainders = 16;

template <class T>
bool transposed_suits(const ConvolutionSizes& s) {
  for (const std::int64_t stride : s.stride)
    if (stride > most_remainders) return false;
  return ConvolutionSizes::volume(s.stride) <= most_remainders && suits_correlation<T>(transposed(s, {0, 0, 0}));
}

}  // namespace

template <class T>
void convolve(const ConvolutionSizes& sizes, const T* x, const T* w, const T* bias, T* y) {
  const ConvolutionSizes s = flattened(sizes);
  const Correlation c = forward(s);
  if (!suits_correlation<T>(c)) return convolve_by_columns(s, x, w, bias, y);
  correlate(c, x, w, bias, y);
}

template <class T>
void convolve_transposed(const ConvolutionSizes& sizes, const T* g, const T* w, const T* bias, T* gx) {
  const ConvolutionSizes s = flattened(sizes);
  if (!transposed_suits<T>(s)) return convolve_transposed_by_columns(s, g, w, bias, gx);
  Triple r;
  for (r[0] = 0; r[0] < std::min(s.stride[0], s.input[0]); ++r[0])
    for (r[1] = 0; r[1] < std::min(s.stride[1], s.input[1]); ++r[1])
      for (r[2] = 0; r[2] < std::min(s.stride[2], s.input[2]); ++r[2]) correlate(transposed(s, r), g, w, bias, gx);
}

template <class T>
void convolve_weight(const ConvolutionSizes& sizes, const T* x, const T* g, T* gw) {
  const ConvolutionSizes s = flattened(sizes);
  const Correlation c = forward(s);
  if (stages_little(c)) {
    if (suits_weight_gradient<T>(s)) return weight_gradient(s, c, x, g, gw);
    if (s.out <= most_dots && fills_vectors<T>(s.output[2])) return dot_gradient(s, c, x, g, gw);
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
