#include <xgrad/autograd/kernels/convolution/correlation.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace xgrad::kernels {
namespace {

Correlation common(const ConvolutionSizes& s) {
  Correlation c{};
  c.batch = s.batch;
  c.groups = s.groups;
  c.kernel = s.kernel;
  c.w_group = s.out * s.depth();
  c.y_step = {1, 1, 1};
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

}  // namespace

Correlation forward_correlation(const ConvolutionSizes& s) {
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

Correlation transposed_correlation(const ConvolutionSizes& s, const Triple& r) {
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

bool stages_little(const Correlation& c) {
  for (const Line& l : c.line) {
    const double span = std::fabs(static_cast<double>(l.taps - 1) * static_cast<double>(l.offset_jump));
    const auto step = static_cast<double>(l.step), results = static_cast<double>(l.results);
    const double phases = std::min(step, static_cast<double>(l.taps));
    if (phases * (results + span / step + 2) > 4 * (static_cast<double>(l.size) + results * step) + 64) return false;
  }
  return true;
}

}  // namespace xgrad::kernels
