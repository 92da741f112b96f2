// Convolutions: identities with other ops, the same bits on any number of threads, memory, layers, and a network of
// PyTorch. Gradients are checked by the table of cases and by the goldens.

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/kernels/runtime/page_heap.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "folder.hpp"

using namespace xgrad;

namespace {

Tensor drawn(const Shape& shape, Generator& generator, DType dtype = float64) { return randn(shape, generator, dtype); }

struct Setting {
  std::int64_t batch, groups, in, out, height, width;  // channels of a group
  std::vector<std::int64_t> kernel, stride, padding, dilation;

  Shape input() const { return {batch, groups * in, height, width}; }
  Shape weight() const { return {groups * out, in, kernel[0], kernel[1]}; }
  Tensor convolved(const Tensor& x, const Tensor& w, const Tensor& b = {}) const {
    return conv2d(x, w, b, stride, padding, dilation, groups);
  }
};

// Sizes at which the kernels differ: rows that fill vectors, alone or together, and rows that do not, strides, several
// bands and blocks of channels, one channel for each group, images of one pixel.
const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = {
      {3, 1, 1, 30, 28, 28, {5, 5}, {1, 1}, {0, 0}, {1, 1}},  {5, 1, 16, 32, 14, 14, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
      {9, 1, 4, 8, 4, 4, {3, 3}, {1, 1}, {0, 0}, {1, 1}},     {2, 1, 3, 20, 61, 67, {7, 7}, {2, 2}, {3, 3}, {1, 1}},
      {2, 1, 3, 9, 47, 50, {11, 11}, {4, 4}, {2, 2}, {1, 1}}, {2, 12, 1, 1, 20, 33, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
      {2, 6, 1, 2, 13, 16, {3, 3}, {2, 2}, {1, 1}, {2, 2}},   {2, 3, 5, 7, 12, 19, {2, 3}, {1, 3}, {1, 0}, {2, 1}},
      {2, 1, 130, 20, 9, 9, {3, 3}, {1, 1}, {1, 1}, {1, 1}},  {1, 1, 2, 3, 3, 2000, {1, 9}, {1, 1}, {0, 4}, {1, 1}},
      {4, 1, 64, 48, 10, 13, {1, 1}, {1, 1}, {0, 0}, {1, 1}}, {3, 1, 6, 5, 9, 8, {1, 1}, {2, 2}, {0, 0}, {1, 1}},
      {3, 2, 20, 24, 7, 7, {3, 3}, {1, 1}, {1, 1}, {1, 1}},   {2, 1, 8, 9, 12, 5, {3, 1}, {1, 1}, {0, 0}, {1, 1}},
      {20, 1, 7, 40, 1, 1, {1, 1}, {1, 1}, {0, 0}, {1, 1}},   {2, 1, 2, 17, 8, 9, {3, 3}, {5, 5}, {4, 4}, {3, 3}}};
  return all;
}

std::string text(const Setting& s) { return to_string(s.input()) + " with " + to_string(s.weight()); }

// y[n, o, i, j] as a sum over the taps of products of the weights with a slice of the padded input.
Tensor sum_over_taps(const Setting& s, const Tensor& x, const Tensor& w) {
  const Tensor padded = pad(x, Dims{s.padding[1], s.padding[1], s.padding[0], s.padding[0]});
  const std::int64_t rows = (padded.shape(2) - s.dilation[0] * (s.kernel[0] - 1) - 1) / s.stride[0] + 1;
  const std::int64_t columns = (padded.shape(3) - s.dilation[1] * (s.kernel[1] - 1) - 1) / s.stride[1] + 1;
  const Tensor weight = reshape(w, {s.groups, s.out, s.in, s.kernel[0], s.kernel[1]});
  Tensor y = zeros({s.batch, s.groups, s.out, rows * columns}, x.dtype());
  for (std::int64_t a = 0; a < s.kernel[0]; ++a)
    for (std::int64_t b = 0; b < s.kernel[1]; ++b) {
      const std::int64_t top = a * s.dilation[0], left = b * s.dilation[1];
      const Tensor seen = padded(xt::all(), xt::all(), xt::range(top, top + (rows - 1) * s.stride[0] + 1, s.stride[0]),
                                 xt::range(left, left + (columns - 1) * s.stride[1] + 1, s.stride[1]));
      y = y + matmul(weight(xt::all(), xt::all(), xt::all(), a, b),
                     reshape(seen, {s.batch, s.groups, s.in, rows * columns}));
    }
  return reshape(y, {s.batch, s.groups * s.out, rows, columns});
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const std::size_t bytes = static_cast<std::size_t>(a.size()) * (a.dtype() == float32 ? 4 : 8);
  return a.dtype() == float32 ? std::memcmp(a.view<float>().data(), b.view<float>().data(), bytes) == 0
                              : std::memcmp(a.view<double>().data(), b.view<double>().data(), bytes) == 0;
}

// The value and the gradients of input, weight and bias.
std::vector<Tensor> results(const Setting& s, DType dtype) {
  Generator generator(3);
  const Tensor x = drawn(s.input(), generator, dtype).requires_grad_();
  const Tensor w = drawn(s.weight(), generator, dtype).requires_grad_();
  const Tensor b = drawn({s.groups * s.out}, generator, dtype).requires_grad_();
  const Tensor y = s.convolved(x, w, b);
  y.backward(drawn(y.shape(), generator, dtype));
  return {y.detach(), x.grad(), w.grad(), b.grad()};
}

}  // namespace

TEST_CASE("a convolution is the sum over its taps of products with slices of the padded input", "[conv]") {
  for (const Setting& s : settings()) {
    INFO(text(s));
    Generator generator(1);
    const Tensor x = drawn(s.input(), generator).requires_grad_(), w = drawn(s.weight(), generator).requires_grad_();
    const Tensor y = s.convolved(x, w), expected = sum_over_taps(s, x, w);
    const double scale = 1e-13 * std::sqrt(static_cast<double>(w.size()));
    REQUIRE(difference(y, expected, 0, 10 * scale) == "");
    const Tensor seed = drawn(y.shape(), generator);
    const std::vector<Tensor> got = grad({y}, {x, w}, {seed}), other = grad({expected}, {x, w}, {seed});
    REQUIRE(difference(got[0], other[0], 0, 10 * scale) == "");
    REQUIRE(difference(got[1], other[1], 0, 1e-12 * std::sqrt(static_cast<double>(y.size()))) == "");
  }
}

TEST_CASE("float32 convolutions agree with float64 ones", "[conv]") {
  for (const Setting& s : settings()) {
    INFO(text(s));
    Generator generator(2);
    const Tensor x = drawn(s.input(), generator, float32), w = drawn(s.weight(), generator, float32);
    const Tensor y = s.convolved(x, w), exact = s.convolved(x.to(float64), w.to(float64));
    // Rounding errors grow with the root of the number of terms, here up to 1,170.
    CHECK(difference(y.to(float64), exact, 0, 3e-6 * largest(exact)) == "");
  }
}

TEST_CASE("convolutions have the same bits on 1, 2, 3, 4 and 8 threads", "[conv]") {
  for (const Setting& s : settings())
    for (const DType dtype : {float32, float64}) {
      INFO(text(s) << ", " << name_of(dtype));
      kernels::set_threads(1);
      const std::vector<Tensor> expected = results(s, dtype);
      for (const int threads : {2, 3, 4, 8}) {
        kernels::set_threads(threads);
        const std::vector<Tensor> got = results(s, dtype);
        for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(same_bits(got[i], expected[i]));
      }
    }
  kernels::set_threads(kernels::usable_cpus());
}

TEST_CASE("a transposed convolution is the adjoint of a convolution", "[conv]") {
  for (const Setting& s : settings()) {
    INFO(text(s));
    Generator generator(4);
    const Tensor x = drawn(s.input(), generator), w = drawn(s.weight(), generator);
    const Tensor y = s.convolved(x, w), g = drawn(y.shape(), generator);
    // The weight of a transposed convolution has the axes of its own input first, which those of the output are here.
    const auto rest = [&](std::size_t axis, std::size_t k) {
      return s.input()[axis] -
             ((y.shape()[axis] - 1) * s.stride[k] - 2 * s.padding[k] + s.dilation[k] * (s.kernel[k] - 1) + 1);
    };
    const Tensor back =
        conv_transpose2d(g, w, {}, s.stride, s.padding, Dims{rest(2, 0), rest(3, 1)}, s.groups, s.dilation);
    REQUIRE(back.shape() == x.shape());
    const double a = sum(y * g).item(), b = sum(x * back).item();
    CHECK(std::abs(a - b) <= 1e-9 * std::sqrt(static_cast<double>(y.size() * w.size())));
  }
}

TEST_CASE("infinity and NaN reach the results that see them, and no others", "[conv]") {
  for (const DType dtype : {float32, float64}) {
    Tensor x = ones({1, 1, 6, 11}, dtype);
    x.put({0, 0, 2, 0}, INFINITY);
    x.put({0, 0, 5, 10}, NAN);
    const Tensor w = ones({9, 1, 2, 2}, dtype).requires_grad_();
    const Tensor y = conv2d(x, w);
    for (std::int64_t i = 0; i < 5; ++i)
      for (std::int64_t j = 0; j < 10; ++j) {
        const double value = y.detach()(0, 3, i, j).item();
        if (i == 4 && j == 9)
          CHECK(std::isnan(value));
        else
          CHECK(std::isinf(value) == ((i == 1 || i == 2) && j == 0));
      }
    // Of the weights those of the left column meet the infinity, the last one the NaN.
    sum(y).backward();
    CHECK(std::isinf(w.grad()(0, 0, 0, 0).item()));
    CHECK(w.grad()(0, 0, 0, 1).item() == 50);
    CHECK(std::isinf(w.grad()(0, 0, 1, 0).item()));
    CHECK(std::isnan(w.grad()(0, 0, 1, 1).item()));
  }
}

TEST_CASE("a convolution of nothing", "[conv]") {
  CHECK(conv2d(ones({0, 3, 5, 5}), ones({4, 3, 3, 3})).shape() == Shape{0, 4, 3, 3});
  CHECK(difference(conv2d(ones({1, 0, 2, 2}), ones({2, 0, 1, 1}), Tensor{1.f, 2.f}),
                   Tensor{{{{1.f, 1.f}, {1.f, 1.f}}, {{2.f, 2.f}, {2.f, 2.f}}}}) == "");
  const Tensor w = ones({4, 3, 3, 3}).requires_grad_();
  sum(conv2d(ones({0, 3, 5, 5}), w)).backward();
  CHECK(largest_of_all(w.grad()) == 0);
}

TEST_CASE("a convolution and its backward need memory for what they return, and little more", "[conv]") {
  namespace page_heap = detail::page_heap;
  kernels::set_threads(1);
  const auto peak_of = [](const std::function<void()>& f) {
    f();  // fills the caches
    release_cached_memory();
    const std::size_t before = page_heap::held().now;
    page_heap::reset_peak();
    f();
    return page_heap::held().peak - before;
  };
  const Tensor x = ones({20, 32, 40, 40}).requires_grad_(), w = ones({32, 32, 3, 3}).requires_grad_();
  const std::size_t image = 20u * 32 * 40 * 40 * 4;  // the columns of all patches would be nine times as much
  const std::size_t work = 1u << 20;
  CHECK(peak_of([&] {
          const NoGrad off;
          static_cast<void>(conv2d(x, w, {}, 1, 1));
        }) <= image + work);
  Tensor y;
  CHECK(peak_of([&] {
          y = {};
          y = conv2d(x, w, {}, 1, 1);
        }) <= 2 * image + work);
  const Tensor seed = ones(y.shape());
  CHECK(peak_of([&] { static_cast<void>(grad({y}, {x, w}, {seed}, retain_graph)); }) <= image + work);
  kernels::set_threads(kernels::usable_cpus());
}

TEST_CASE("layers are the ops with weights of their own, in PyTorch's ranges", "[conv]") {
  nn::Conv2d layer(6, 9, {3, 2}, nn::Conv2d::Options().stride({1, 2}).padding({2, 1}).groups(3));
  CHECK(layer.weight.shape() == Shape{9, 2, 3, 2});
  CHECK(layer.bias.shape() == Shape{9});
  const double bound = 1 / std::sqrt(12.0);
  CHECK(largest_of_all(layer.weight) <= bound);
  CHECK(largest_of_all(layer.weight) >= 0.9 * bound);
  CHECK(largest_of_all(layer.bias) <= bound);
  const Tensor x = randn({2, 6, 7, 8});
  CHECK(difference(layer(x), conv2d(x, layer.weight, layer.bias, {1, 2}, {2, 1}, 1, 3)) == "");

  nn::ConvTranspose1d back(4, 6, 3, nn::ConvTranspose1d::Options().stride(2).padding(1).output_padding(1).bias(false));
  CHECK(back.weight.shape() == Shape{4, 6, 3});
  CHECK(!back.bias.defined());
  CHECK(largest_of_all(back.weight) <= 1 / std::sqrt(18.0));
  CHECK(back(zeros({2, 4, 5})).shape() == Shape{2, 6, 10});
  CHECK(back.state_dict().size() == 1);
}

TEST_CASE("a layer pads in four ways", "[conv]") {
  using Options = nn::Conv2d::Options;
  const Tensor x = randn({2, 3, 5, 6});
  const std::pair<nn::PaddingMode, PadMode> modes[] = {{nn::PaddingMode::reflect, PadMode::reflect},
                                                       {nn::PaddingMode::replicate, PadMode::replicate},
                                                       {nn::PaddingMode::circular, PadMode::circular}};
  for (const auto& [mode, by_pad] : modes) {
    const nn::Conv2d layer(3, 4, {3, 2}, Options().padding({2, 1}).padding_mode(mode));
    CHECK(difference(layer(x), conv2d(pad(x, {1, 1, 2, 2}, by_pad), layer.weight, layer.bias)) == "");
    const nn::Conv2d same(3, 4, {3, 2}, Options().padding("same").padding_mode(mode));
    CHECK(difference(same(x), conv2d(pad(x, {0, 1, 1, 1}, by_pad), same.weight, same.bias)) == "");
    CHECK(same(x[0]).shape() == Shape{4, 5, 6});
  }
}

TEST_CASE("a padding beyond all numbers is refused", "[conv]") {
  using Options = nn::Conv1d::Options;
  const std::int64_t vast = std::int64_t{1} << 62;
  for (const auto& [kernel, dilation] : {std::pair(3, vast), std::pair(5, vast + 1)}) {
    const nn::Conv1d layer(1, 1, kernel,
                           Options().dilation(dilation).padding("same").padding_mode(nn::PaddingMode::replicate));
    CHECK_THROWS_WITH(layer(zeros({1, 1, 5})), Catch::Contains("kernel_size is (" + std::to_string(kernel)) &&
                                                   Catch::Contains(": the padding exceeds 2^63 - 1"));
  }
}

TEST_CASE("a lazy convolution takes its channels from the first input", "[conv]") {
  nn::LazyConv2d layer(4, 3, nn::Conv2d::Options().groups(2));
  CHECK_THROWS_AS(layer.parameters(), std::logic_error);
  CHECK_THROWS_WITH(layer(zeros({2, 3, 5, 5})), Catch::Contains("3 channels cannot be split into 2 groups"));
  CHECK(layer(zeros({2, 6, 5, 5})).shape() == Shape{2, 4, 3, 3});
  CHECK(layer.in_channels() == 6);
  CHECK(layer.weight.shape() == Shape{4, 3, 3, 3});
  CHECK(layer.type_name() == "Conv2d");
  nn::LazyConvTranspose2d back(4, 3);
  CHECK(back(zeros({6, 5, 5})).shape() == Shape{4, 7, 7});
  CHECK(back.weight.shape() == Shape{6, 4, 3, 3});
  CHECK(back.in_channels() == 6);
}

TEST_CASE("every handle of a lazy convolution knows the channels that one of them took", "[conv]") {
  const nn::LazyConv2d layer(4, 3, nn::Conv2d::Options().groups(2));
  const nn::LazyConvTranspose1d back(5, 2);
  CHECK(layer.in_channels() == 0);
  CHECK(back.in_channels() == 0);
  nn::Sequential{layer}(zeros({2, 6, 5, 5}));
  nn::Sequential{back}(zeros({2, 3, 5}));
  CHECK(layer.in_channels() == 6);
  CHECK(back.in_channels() == 3);
  const nn::ConvTranspose2d grouped(6, 4, 3, nn::ConvTranspose2d::Options().groups(2));
  CHECK(grouped.in_channels() == 6);
  CHECK(grouped.out_channels() == 4);
}

TEST_CASE("the summary counts the multiply-adds of convolutions", "[conv]") {
  const nn::Sequential model{nn::Conv2d(4, 6, 3, nn::Conv2d::Options().groups(2)), nn::ConvTranspose2d(6, 5, 2)};
  const nn::Summary summary = nn::summary(model, {1, 4, 8, 8});
  CHECK(summary.rows[0].multiply_adds == 6 * 36 * 2 * 9);
  CHECK(summary.rows[1].multiply_adds == 6 * 36 * 5 * 4);
}

TEST_CASE("a convolution net of PyTorch loads, gives PyTorch's outputs, and goes back unchanged", "[conv]") {
  const std::filesystem::path root = XGRAD_SOURCE_DIR;
  const StateDict file = io::load_safetensors((root / "tests/golden/files/convolution_net.safetensors").string());
  StateDict state;
  Tensor input, output;
  for (const auto& [name, value] : file)
    if (name == "input")
      input = value;
    else if (name == "output")
      output = value;
    else
      state.emplace_back(name, value);
  nn::Sequential net{
      nn::Conv2d(2, 6, 3, nn::Conv2d::Options().padding(1)),
      nn::BatchNorm2d(6),
      nn::ReLU(),
      nn::Conv2d(6, 6, 3, nn::Conv2d::Options().stride(2).padding(1).groups(3).padding_mode(nn::PaddingMode::reflect)),
      nn::ReLU(),
      nn::ConvTranspose2d(6, 4, 3, nn::ConvTranspose2d::Options().stride(2).padding(1).output_padding(1)),
      nn::Conv2d(4, 3, 1, nn::Conv2d::Options().bias(false)),
      nn::Flatten(),
      nn::Linear(3 * 8 * 8, 5)};
  net.load_state_dict(state);
  net.eval();
  CHECK(difference(net(input), output, 1e-5, 1e-6) == "");
  const Folder folder;
  io::save_safetensors(net.state_dict(), folder.file("net.safetensors"));
  const StateDict again = io::load_safetensors(folder.file("net.safetensors"));
  REQUIRE(again.size() == state.size());
  for (const auto& [name, value] : state) {
    INFO(name);
    CHECK(difference(again.at(name), value) == "");
  }
}

TEST_CASE("a kernel may reach as far beyond its input as numbers go", "[conv]") {
  // Padding as large as the dilation: the middle taps alone meet the input.
  const Tensor x = arange(0, 2 * 4 * 20 * 20).to(float64).reshape({2, 4, 20, 20}), w = ones({6, 4, 3, 3}, float64);
  const Tensor middle = conv2d(x, ones({6, 4, 1, 1}, float64));
  for (const std::int64_t far : {std::int64_t{100}, std::int64_t{1} << 40, std::int64_t{1} << 60}) {
    INFO(far);
    Tensor a = x.clone().requires_grad_(), b = w.clone().requires_grad_();
    const Tensor y = conv2d(a, b, {}, 1, far, far);
    CHECK(difference(y, middle, 0, 0) == "");
    sum(y).backward();
    CHECK(difference(a.grad(), full(x.shape(), 6, float64), 0, 0) == "");
    CHECK(largest_of_all(b.grad()(xt::all(), xt::all(), 0)) == 0);
    CHECK(largest_of_all(b.grad()(xt::all(), xt::all(), 1, 1)) > 0);
    CHECK(difference(conv_transpose2d(x, ones({4, 6, 3, 3}, float64), {}, 1, far, 0, 1, far), middle, 0, 0) == "");
    CHECK(conv2d(ones({1, 1, 5, 5}), ones({1, 1, 3, 3}), {}, 1, far, far).shape() == Shape{1, 1, 5, 5});
  }
}
