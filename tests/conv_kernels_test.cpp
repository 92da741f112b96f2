// The kernels of convolution compute the same, whichever is the fastest for some sizes.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/kernels/convolution/by_channels.hpp>
#include <xgrad/autograd/kernels/convolution/by_columns.hpp>
#include <xgrad/autograd/kernels/convolution/by_positions.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using kernels::ConvolutionSizes;
using kernels::Correlation;
using kernels::Triple;

namespace {

ConvolutionSizes sizes(std::int64_t batch, std::int64_t groups, std::int64_t in, std::int64_t out, const Triple& input,
                       const Triple& kernel, const Triple& stride = {1, 1, 1}, const Triple& padding = {0, 0, 0},
                       const Triple& dilation = {1, 1, 1}) {
  ConvolutionSizes s{};
  s.batch = batch;
  s.groups = groups;
  s.in = in;
  s.out = out;
  s.input = input;
  s.kernel = kernel;
  s.stride = stride;
  s.padding = padding;
  s.dilation = dilation;
  for (std::size_t k = 0; k < 3; ++k)
    s.output[k] = (input[k] + 2 * padding[k] - dilation[k] * (kernel[k] - 1) - 1) / stride[k] + 1;
  return s;
}

// Tiny images, of which some share tiles and the last group is not full; rows of any length; several bands, also of
// parts of rows; several blocks of source channels; groups; strides, dilation, padding beyond the kernel; three axes.
const std::vector<ConvolutionSizes>& all_sizes() {
  static const std::vector<ConvolutionSizes> all = {
      sizes(7, 1, 5, 17, {1, 3, 3}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}),
      sizes(100, 1, 3, 20, {1, 1, 1}, {1, 1, 1}),
      sizes(1, 1, 6, 16, {1, 14, 14}, {1, 5, 5}),
      sizes(3, 2, 9, 5, {1, 7, 7}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}),
      sizes(2, 1, 150, 40, {1, 8, 9}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}),
      sizes(2, 1, 3, 33, {1, 61, 67}, {1, 7, 7}, {1, 2, 2}, {0, 3, 3}),
      sizes(1, 1, 40, 100, {1, 40, 41}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}),
      sizes(1, 1, 2, 9, {1, 1, 30000}, {1, 1, 9}, {1, 1, 1}, {0, 0, 4}),
      sizes(1, 1, 300, 9, {1, 2, 700}, {1, 1, 3}),
      sizes(2, 12, 1, 1, {1, 20, 33}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}),
      sizes(3, 1, 4, 10, {1, 12, 12}, {1, 2, 3}, {1, 3, 2}, {0, 2, 1}, {1, 2, 3}),
      sizes(2, 1, 4, 6, {5, 6, 7}, {3, 2, 3}, {1, 1, 1}, {1, 0, 2}),
      sizes(1, 1, 20, 30, {9, 20, 22}, {3, 3, 3}, {2, 1, 1}, {1, 1, 1}),
      sizes(1, 1, 8, 6, {6, 3, 3}, {6, 3, 3}, {2, 1, 1}, {5, 1, 1}),
      sizes(1, 1, 8, 6, {8, 3, 3}, {3, 3, 3}, {2, 1, 1}, {1, 1, 1}),
      sizes(1, 1, 8, 6, {8, 2, 7}, {3, 3, 5}, {2, 1, 1}, {1, 1, 2}),
      sizes(1, 1, 6, 8, {8, 3, 3}, {3, 3, 3}, {3, 1, 1}, {1, 1, 1}),
      sizes(2, 1, 20, 30, {9, 5, 1}, {3, 3, 1}, {2, 1, 1}, {1, 1, 0}),
      sizes(2, 1, 3, 4, {1, 4, 5}, {1, 3, 3}, {1, 1, 1}, {0, 6, 6}),
      sizes(2, 1, 7, 24, {1, 14, 14}, {1, 5, 5}, {1, 1, 1}, {0, 2, 2}),
  };
  return all;
}

// Small sizes at random, in which rows end within vectors in many ways.
std::vector<ConvolutionSizes> random_sizes(int count) {
  kernels::Philox random(5);
  const auto number = [&](int from, int to) {
    return from + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(to - from + 1)));
  };
  std::vector<ConvolutionSizes> all;
  while (static_cast<int>(all.size()) < count) {
    Triple input, kernel, stride, padding, dilation;
    bool fits = true;
    for (std::size_t k = 0; k < 3; ++k) {
      const bool flat = number(0, 3) == 0;
      input[k] = flat ? 1 : number(1, 11);
      kernel[k] = flat ? 1 : number(1, 4);
      stride[k] = number(0, 1) == 0 ? 1 : number(1, 3);
      padding[k] = flat ? 0 : number(0, 3);
      dilation[k] = number(0, 1) == 0 ? 1 : number(1, 3);
      fits = fits && input[k] + 2 * padding[k] > dilation[k] * (kernel[k] - 1);
    }
    if (fits)
      all.push_back(
          sizes(number(1, 3), number(1, 2), number(1, 9), number(1, 20), input, kernel, stride, padding, dilation));
  }
  return all;
}

std::vector<ConvolutionSizes> chosen_and_random_sizes() {
  std::vector<ConvolutionSizes> all = all_sizes();
  for (const ConvolutionSizes& s : random_sizes(scaled(400, 40))) all.push_back(s);
  return all;
}

std::string text(const ConvolutionSizes& s) {
  const auto three = [](const Triple& t) {
    return std::to_string(t[0]) + "x" + std::to_string(t[1]) + "x" + std::to_string(t[2]);
  };
  return std::to_string(s.batch) + " of " + std::to_string(s.groups) + "*(" + std::to_string(s.in) + " to " +
         std::to_string(s.out) + ") " + three(s.input) + " by " + three(s.kernel) + ", stride " + three(s.stride) +
         ", padding " + three(s.padding) + ", dilation " + three(s.dilation);
}

template <class T>
std::vector<T> some_numbers(std::int64_t count, double seed) {
  std::vector<T> all(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<T>(std::sin(seed + 1.7 * static_cast<double>(i)));
  return all;
}

template <class T>
double largest_difference(const std::vector<T>& a, const std::vector<T>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    largest = difference <= largest ? largest : difference;  // a NaN stays
  }
  return largest;
}

template <class T>
using Kernel = void (*)(const Correlation&, const T*, const T*, const T*, T*);

std::int64_t image_of(const ConvolutionSizes& s) { return s.groups * s.in * s.pixels(); }
std::int64_t result_of(const ConvolutionSizes& s) { return s.groups * s.out * s.positions(); }

template <class T>
struct Case {
  explicit Case(const ConvolutionSizes& s)
      : x(some_numbers<T>(s.batch * image_of(s), 1)),
        w(some_numbers<T>(s.groups * s.out * s.depth(), 2)),
        g(some_numbers<T>(s.batch * result_of(s), 3)),
        bias(some_numbers<T>(s.groups * std::max(s.in, s.out), 4)) {}
  std::vector<T> x, w, g, bias;
};

}  // namespace

TEMPLATE_TEST_CASE("convolutions by positions and by channels are those by columns", "[conv]", float, double) {
  const double epsilon = static_cast<double>(std::numeric_limits<TestType>::epsilon());
  for (const ConvolutionSizes& s : chosen_and_random_sizes()) {
    INFO(text(s));
    const Case<TestType> c(s);
    std::vector<TestType> expected(c.g.size()), got(c.g.size());
    const Correlation forward = kernels::forward_correlation(s);
    for (const TestType* bias : {c.bias.data(), static_cast<const TestType*>(nullptr)}) {
      kernels::convolve_by_columns(s, c.x.data(), c.w.data(), bias, expected.data());
      for (const Kernel<TestType> kernel : {Kernel<TestType>(kernels::correlate_by_positions<TestType>),
                                            Kernel<TestType>(kernels::correlate_by_channels<TestType>)}) {
        if (kernel == kernels::correlate_by_channels<TestType> &&
            !std::isfinite(kernels::time_by_channels<TestType>(forward)))
          continue;
        std::fill(got.begin(), got.end(), TestType(-99));
        kernel(forward, c.x.data(), c.w.data(), bias, got.data());
        CHECK(largest_difference(got, expected) < 4 * epsilon * static_cast<double>(s.depth() + 10));
      }
    }
  }
}

TEMPLATE_TEST_CASE("a stride may be as large as it likes", "[conv]", float, double) {
  for (const Triple& stride : {Triple{1, INT64_MAX, 1}, Triple{1, 1, INT64_MAX}, Triple{1, INT64_MAX, INT64_MAX}}) {
    const ConvolutionSizes s = sizes(2, 1, 3, 18, {1, 6, 7}, {1, 3, 3}, stride, {0, 1, 1});
    INFO(text(s));
    const Case<TestType> c(s);
    std::vector<TestType> expected(c.g.size()), got(c.g.size());
    kernels::convolve_by_columns(s, c.x.data(), c.w.data(), c.bias.data(), expected.data());
    const Correlation forward = kernels::forward_correlation(s);
    for (const Kernel<TestType> kernel : {Kernel<TestType>(kernels::correlate_by_positions<TestType>),
                                          Kernel<TestType>(kernels::correlate_by_channels<TestType>)}) {
      std::fill(got.begin(), got.end(), TestType(-99));
      kernel(forward, c.x.data(), c.w.data(), c.bias.data(), got.data());
      CHECK(largest_difference(got, expected) < 100 * static_cast<double>(std::numeric_limits<TestType>::epsilon()));
    }
  }
}

TEMPLATE_TEST_CASE("transposed convolutions by positions and by channels are those by columns", "[conv]", float,
                   double) {
  const double epsilon = static_cast<double>(std::numeric_limits<TestType>::epsilon());
  for (const ConvolutionSizes& s : chosen_and_random_sizes()) {
    INFO(text(s));
    const Case<TestType> c(s);
    std::vector<TestType> expected(c.x.size()), got(c.x.size());
    kernels::convolve_transposed_by_columns(s, c.g.data(), c.w.data(), c.bias.data(), expected.data());
    for (const bool channels : {false, true}) {
      std::fill(got.begin(), got.end(), TestType(-99));
      Triple r;
      for (r[0] = 0; r[0] < s.stride[0]; ++r[0])
        for (r[1] = 0; r[1] < s.stride[1]; ++r[1])
          for (r[2] = 0; r[2] < s.stride[2]; ++r[2]) {
            const Correlation part = kernels::transposed_correlation(s, r);
            if (channels && std::isfinite(kernels::time_by_channels<TestType>(part)))
              kernels::correlate_by_channels(part, c.g.data(), c.w.data(), c.bias.data(), got.data());
            else
              kernels::correlate_by_positions(part, c.g.data(), c.w.data(), c.bias.data(), got.data());
          }
      CHECK(largest_difference(got, expected) < 4 * epsilon * static_cast<double>(s.out * s.taps() + 10));
    }
  }
}

TEMPLATE_TEST_CASE("an infinite pixel reaches the results that see it, and no others", "[conv]", float, double) {
  const ConvolutionSizes s = sizes(5, 1, 2, 18, {1, 6, 7}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1});
  Case<TestType> c(s);
  for (TestType& w : c.w) w = 1;
  const std::int64_t image = 2, row = 3, column = 6;
  c.x[static_cast<std::size_t>((image * s.in * 6 + row) * 7 + column)] = std::numeric_limits<TestType>::infinity();
  const Correlation forward = kernels::forward_correlation(s);
  for (const Kernel<TestType> kernel : {Kernel<TestType>(kernels::correlate_by_positions<TestType>),
                                        Kernel<TestType>(kernels::correlate_by_channels<TestType>)}) {
    std::vector<TestType> y(c.g.size());
    kernel(forward, c.x.data(), c.w.data(), nullptr, y.data());
    int wrong = 0;
    for (std::int64_t n = 0; n < 5; ++n)
      for (std::int64_t o = 0; o < 18; ++o)
        for (std::int64_t i = 0; i < 6; ++i)
          for (std::int64_t j = 0; j < 7; ++j) {
            const bool sees = n == image && std::abs(i - row) <= 1 && std::abs(j - column) <= 1;
            const TestType value = y[static_cast<std::size_t>(((n * 18 + o) * 6 + i) * 7 + j)];
            wrong += sees ? !std::isinf(value) : !std::isfinite(value);
          }
    CHECK(wrong == 0);
  }
}
