// Pooling and resizing where they are easily wrong: NaN, infinities, ties, windows that are not full, threads.

#include <cmath>
#include <limits>
#include <string>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "module_words.hpp"

using namespace xgrad;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN(), endless = std::numeric_limits<double>::infinity();

Tensor gradient_of_maximum(const Tensor& values) {
  Tensor x = values.clone().requires_grad_();
  sum(max_pool2d(x, 2)).backward();
  return x.grad();
}

std::string bytes(const Tensor& x) {
  return std::string(static_cast<const char*>(Raw::bytes(x)), static_cast<std::size_t>(x.size()) * size_of(x.dtype()));
}

/// Everything that the ops on these pictures give, as bytes.
std::string all_bytes(const Shape& shape, DType dtype) {
  Generator generator(4);
  Tensor x = randn(shape, generator, dtype).requires_grad_();
  std::string all;
  const auto add = [&](const Tensor& y) {
    const Tensor seed = arange(y.size()).to(dtype).reshape(y.shape());
    all += bytes(y) + bytes(grad(sum(y * seed), x));
  };
  add(max_pool2d(x, 2));
  add(max_pool2d(x, 3, MaxPoolOptions().stride(2).padding(1)));
  add(avg_pool2d(x, 2));
  add(avg_pool2d(x, 3, AvgPoolOptions().stride(1).padding(1)));
  add(adaptive_avg_pool2d(x, 5));
  add(adaptive_max_pool2d(x, 5));
  add(interpolate(x, InterpolateOptions().scale_factor(1.5).mode(InterpolateMode::bilinear)));
  add(interpolate(x, InterpolateOptions().size(7)));
  add(nn::unfold(x, 3, nn::FoldOptions().padding(1)));
  add(nn::fold(nn::unfold(x, 2), {shape[2], shape[3]}, 2));
  return all;
}

}  // namespace

TEST_CASE("the first of equal elements gets the gradient of a maximum, in the order of rows") {
  CHECK(difference(gradient_of_maximum(Tensor({{{1., 7., 3., 3.}, {7., 7., 3., 3.}}})),
                   Tensor({{{0., 1., 1., 0.}, {0., 0., 0., 0.}}})) == "");
  // Blocks of vectors see the same as single numbers.
  for (const std::int64_t width : {2, 6, 8, 12, 16, 18, 24, 38}) {
    const Tensor g = gradient_of_maximum(full({1, 2, width}, 5.0));
    CHECK(sum(g[0][0]).item() == static_cast<double>(width) / 2);
    CHECK(g(0, 0, 0).item() == 1);
    CHECK(g(0, 0, width - 2).item() == 1);
    CHECK(sum(g[0][1]).item() == 0);
  }
}

TEST_CASE("NaN travels through maxima, and the last one gets the gradient") {
  for (const std::int64_t width : {2, 8, 16, 22}) {
    Tensor x = zeros({1, 2, width}, float64);
    x.put({0, 0, 1}, missing);
    x.put({0, 1, 0}, missing);
    const Tensor y = max_pool2d(x, 2);
    CHECK(std::isnan(y(0, 0, 0).item()));
    if (width > 2) CHECK(y(0, 0, 1).item() == 0);
    const Tensor g = gradient_of_maximum(x);
    CHECK(g(0, 1, 0).item() == 1);
    CHECK(g(0, 0, 1).item() == 0);
  }
  CHECK(std::isnan(adaptive_max_pool1d(Tensor({{1., missing, 2.}}), 1).item()));
  CHECK(std::isnan(max_pool1d(Tensor({{missing, 1., 2.}}), 3).item()));
}

TEST_CASE("padding never wins, not even over -inf") {
  const Tensor x = full({1, 4}, -endless);
  const auto [values, indices] = max_pool1d_with_indices(x, 3, MaxPoolOptions().stride(2).padding(1));
  CHECK(difference(values, full({1, 2}, -endless)) == "");
  CHECK(difference(indices, Tensor({{0, 1}})) == "");
  CHECK(max_pool1d(Tensor({{-3., -2.}}), 2, MaxPoolOptions().padding(1))(0, 0).item() == -3);
}

TEST_CASE("a window of many places has its maximum and gradient too") {
  Generator generator(3);
  Tensor x = randn({2, 3, 20, 20}, generator, float64).requires_grad_();
  const Tensor y = max_pool2d(x, 20), expected = amax(x, {2, 3}, keepdims);
  CHECK(difference(y.detach(), expected.detach()) == "");
  CHECK(difference(grad(sum(y), x), grad(sum(expected), x)) == "");
}

TEST_CASE("max pooling over touching windows is the maximum of a reshaped tensor") {
  Generator generator(5);
  for (const std::int64_t width : {2, 4, 6, 8, 10, 14, 16, 24, 28, 50}) {
    for (const DType dtype : {float32, float64}) {
      Tensor x = randn({3, 2, 6, width}, generator, dtype).requires_grad_();
      const Tensor expected = amax(x.reshape({3, 2, 3, 2, width / 2, 2}), {3, 5});
      const Tensor y = max_pool2d(x, 2), seed = randn(y.shape(), generator, dtype);
      CHECK(difference(y.detach(), expected.detach()) == "");
      CHECK(difference(grad(sum(y * seed), x), grad(sum(expected * seed), x)) == "");
      const NoGrad off;
      CHECK(difference(max_pool2d(x, 2), y.detach()) == "");
    }
  }
}

TEST_CASE("a mean of four numbers is right where their sum overflows") {
  for (const std::int64_t width : {2, 6, 8, 14, 16, 38}) {
    INFO("width " << width);
    CHECK(difference(avg_pool2d(full({1, 2, 4, width}, 2e38f), 2), full({1, 2, 2, width / 2}, 2e38f)) == "");
    CHECK(difference(avg_pool2d(full({1, 1, 2, width}, 1.5e308), 2), full({1, 1, 1, width / 2}, 1.5e308)) == "");
    const Tensor rows = Tensor({{3e38f}, {-3e38f}}) * ones({1, 1, 2, width});
    CHECK(difference(avg_pool2d(rows, 2), zeros({1, 1, 1, width / 2})) == "");
  }
}

TEST_CASE("the mean of a window is finite where the sum of its elements is not") {
  const Tensor x({{1e308, 1e308, 1e308, -1e308}, {1e308, 1e308, 1e308, -1e308}, {1e308, 1e308, endless, 1.0}});
  const Tensor line = reshape(x[0], {1, 4});
  CHECK(difference(avg_pool1d(line, 3, AvgPoolOptions().stride(1)), Tensor{{1e308, 1e308 / 3}}, 1e-15) == "");
  CHECK(difference(adaptive_avg_pool1d(line, 1), Tensor{{5e307}}, 1e-15) == "");
  const Tensor image = reshape(x, {1, 1, 3, 4});
  CHECK(difference(avg_pool2d(image, 3, AvgPoolOptions().stride(1)).reshape({2}), Tensor{endless, endless}) == "");
  CHECK(difference(avg_pool2d(image, {2, 3}, AvgPoolOptions().stride(1))[0][0][0], Tensor{1e308, 1e308 / 3}, 1e-15) ==
        "");
  CHECK(avg_pool2d(image, {2, 3}, AvgPoolOptions().divisor_override(1))(0, 0, 0, 0).item() == endless);
  CHECK(difference(interpolate(image, InterpolateOptions().size({1, 2}).mode(InterpolateMode::area)).reshape({2}),
                   Tensor{1e308, endless}, 1e-15) == "");
  const Tensor huge = avg_pool1d(Tensor({{3e38f, 3e38f, 3e38f}}), 3);
  CHECK(difference(huge, Tensor{{3e38f}}) == "");
}

TEST_CASE("a mean of four subnormal numbers is rounded once") {
  const double least = std::numeric_limits<double>::denorm_min();
  for (const std::int64_t width : {2, 8, 16, 38}) {
    CHECK(difference(avg_pool2d(full({1, 1, 2, width}, least), 2), full({1, 1, 1, width / 2}, least)) == "");
    CHECK(difference(avg_pool2d(full({1, 1, 2, width}, 3 * least), 2), full({1, 1, 1, width / 2}, 3 * least)) == "");
  }
}

TEST_CASE("rows and columns that no window has get a gradient of 0") {
  Tensor x = ones({1, 1, 5, 19}, float64).requires_grad_();
  for (const bool maximum : {true, false}) {
    const Tensor g = grad(sum(maximum ? max_pool2d(x, 2) : avg_pool2d(x, 2)), x);
    CHECK(sum(g).item() == 18);
    CHECK(sum(g(0, 0, 4)).item() == 0);
    CHECK(sum(g(0, 0, xt::all(), 18)).item() == 0);
  }
}

TEST_CASE("pooling to one element is the mean or the maximum") {
  Generator generator(6);
  const Tensor x = randn({2, 3, 7, 5}, generator, float64);
  CHECK(difference(adaptive_avg_pool2d(x, 1), mean(x, {2, 3}, keepdims), 0, 1e-14) == "");
  CHECK(difference(adaptive_max_pool2d(x, 1), amax(x, {2, 3}, keepdims)) == "");
}

TEST_CASE("power pooling of negative numbers: p = 1 is the sum, the root of a negative sum is NaN") {
  const Tensor x = Tensor({{-1., -2., 3., -1., -4., 1.}}).requires_grad_();
  const Tensor y = lp_pool1d(x, 1, 2);
  CHECK(difference(y.detach(), Tensor({{-3., 2., -3.}})) == "");
  CHECK(difference(grad(sum(y), x), ones({1, 6}, float64)) == "");
  const Tensor overlapping = lp_pool1d(x, 1, 3, LPPoolOptions().stride(1));
  CHECK(difference(overlapping.detach(), 3 * avg_pool1d(x.detach(), 3, AvgPoolOptions().stride(1)), 1e-14) == "");
  // The lengths of vectors do not know a sign.
  const Tensor v = Tensor({{-3., 4., 5., -12.}}).requires_grad_();
  const Tensor lengths = lp_pool1d(v, 2, 2);
  CHECK(difference(lengths.detach(), Tensor({{5., 13.}}), 1e-14) == "");
  CHECK(difference(grad(sum(lengths), v), Tensor({{-3. / 5, 4. / 5, 5. / 13, -12. / 13}}), 1e-14) == "");
  const Tensor w = Tensor({{-1., -2., -1., 2.}}).requires_grad_();
  const Tensor roots = lp_pool1d(w, 3, 2);
  CHECK(difference(roots.detach(), Tensor({{missing, std::cbrt(7.)}}), 1e-14) == "");
  CHECK(difference(grad(sum(roots), w), Tensor({{missing, missing, std::pow(7., -2. / 3), 4 * std::pow(7., -2. / 3)}}),
                   1e-14) == "");
}

TEST_CASE("power pooling has the gradient 0 where its sum is 0") {
  for (const double p : {1., 2., 3., 2.5}) {
    const Tensor x = zeros({1, 4}, float64).requires_grad_();
    const Tensor y = lp_pool1d(x, p, 2);
    CHECK(difference(y.detach(), zeros({1, 2}, float64)) == "");
    CHECK(difference(grad(sum(y), x), zeros({1, 4}, float64)) == "");
  }
  const Tensor x = Tensor({{-2., 2.}}).requires_grad_();  // which cancel
  CHECK(difference(grad(sum(lp_pool1d(x, 3, 2)), x), zeros({1, 2}, float64)) == "");
  const Tensor some = Tensor({{0., 0., 3., 4.}}).requires_grad_();
  {
    const DetectAnomaly watched;
    CHECK(difference(grad(sum(lp_pool1d(relu(some), 2, 2)), some), Tensor({{0., 0., .6, .8}}), 1e-14) == "");
  }
  const Tensor nan = Tensor({{missing, 2.}}).requires_grad_();
  CHECK(difference(grad(sum(lp_pool1d(nan, 2, 2)), nan), Tensor({{missing, missing}})) == "");
}

TEST_CASE("max_unpool puts the maxima back where they came from") {
  Generator generator(7);
  const Tensor x = abs(randn({2, 3, 6, 8}, generator, float64)) + 0.1;
  const auto [values, indices] = max_pool2d_with_indices(x, 2);
  const Tensor back = max_unpool2d(values, indices, 2);
  CHECK(difference(max_pool2d(back, 2), values) == "");
  CHECK(sum(back != 0).item() == static_cast<double>(values.size()));
  CHECK(sum((back != 0) & (back != x)).item() == 0);
  // Of equal indices the last one writes, and has the gradient.
  Tensor two = Tensor({{3., 4.}}).requires_grad_();
  const Tensor y = max_unpool1d(two, zeros({1, 2}, int64), 2);
  CHECK(difference(y.detach(), Tensor({{4., 0., 0., 0.}})) == "");
  CHECK(difference(grad(sum(y), two), Tensor({{0., 1.}})) == "");
}

TEST_CASE("max_unpool takes the whole shape of what was pooled") {
  const Tensor x = arange(2 * 3 * 5 * 7).to(float64).reshape({2, 3, 5, 7});
  const auto [y, indices] = max_pool2d_with_indices(x, 2);
  const Tensor whole = max_unpool2d(y, indices, 2, MaxUnpoolOptions().output_size({2, 3, 5, 7}));
  CHECK(whole.shape() == x.shape());
  CHECK(difference(whole, max_unpool2d(y, indices, 2, MaxUnpoolOptions().output_size({5, 7}))) == "");
  CHECK_THROWS_WITH(
      max_unpool2d(y, indices, 2, MaxUnpoolOptions().output_size({2, 4, 5, 7})),
      Catch::Contains("max_unpool2d: output_size is (2, 4, 5, 7), the input has shape (2, 3, 2, 3): a whole "
                      "shape must begin as that of the input"));
}

TEST_CASE("resizing to the same size changes nothing, and corners stay with align_corners") {
  Generator generator(8);
  const Tensor x = randn({1, 2, 5, 6}, generator, float64);
  for (const InterpolateMode mode : {InterpolateMode::nearest, InterpolateMode::nearest_exact,
                                     InterpolateMode::bilinear, InterpolateMode::bicubic, InterpolateMode::area})
    CHECK(difference(interpolate(x, InterpolateOptions().size({5, 6}).mode(mode)), x, 0, 1e-14) == "");
  const Tensor y = interpolate(x, InterpolateOptions().size(9).mode(InterpolateMode::bilinear).align_corners(true));
  for (const std::int64_t i : {0, -1})
    for (const std::int64_t j : {0, -1}) CHECK(y[0](1, i, j).item() == Approx(x[0](1, i, j).item()));
}

TEST_CASE("an infinite neighbour of weight 0 does not reach an interpolated element") {
  const Tensor x = Tensor({{{1., endless, 3.}}});
  const Tensor y = interpolate(x, InterpolateOptions().size(5).mode(InterpolateMode::linear).align_corners(true));
  CHECK(y[0](0, 0).item() == 1);
  CHECK(y[0](0, 4).item() == 3);
}

TEST_CASE("unfold and fold are adjoint, and fold counts how many blocks have an element") {
  Generator generator(9);
  const Tensor x = randn({2, 3, 7, 6}, generator, float64);
  const auto options = nn::FoldOptions().padding(1).stride(2).dilation({1, 2});
  const Tensor columns = nn::unfold(x, {3, 2}, options), c = randn(columns.shape(), generator, float64);
  CHECK(sum(columns * c).item() == Approx(sum(x * nn::fold(c, {7, 6}, {3, 2}, options)).item()));
  CHECK(difference(nn::fold(nn::unfold(ones({1, 1, 3, 3}), 2), 3, 2),
                   Tensor({{{{1.f, 2.f, 1.f}, {2.f, 4.f, 2.f}, {1.f, 2.f, 1.f}}}})) == "");
}

TEST_CASE("fold and unfold name what windows do not fit") {
  using Catch::Matchers::StartsWith;
  CHECK_THROWS_WITH(nn::fold(zeros({1, 25, 1}), {4, 4}, 5),
                    StartsWith("fold: windows of 5 places with padding 0 and dilation 1 do not fit axis 0 of "
                               "output_size (4, 4)"));
  CHECK_THROWS_WITH(nn::fold(zeros({1, 25, 1}), {8, 3}, 5),
                    StartsWith("fold: windows of 5 places with padding 0 and dilation 1 do not fit axis 1 of "
                               "output_size (8, 3)"));
  CHECK_THROWS_WITH(nn::unfold(zeros({2, 3, 4, 7}), 5, nn::FoldOptions().dilation(2).padding(1)),
                    StartsWith("unfold: windows of 5 places with padding 1 and dilation 2 do not fit axis 2 of shape "
                               "(2, 3, 4, 7)"));
}

TEST_CASE("a size leaves no factor that interpolate could compute anew") {
  const Tensor x = zeros({1, 2, 3, 4});
  for (const InterpolateMode mode : {InterpolateMode::nearest, InterpolateMode::bilinear, InterpolateMode::area})
    CHECK_THROWS_WITH(interpolate(x, InterpolateOptions().size({6, 8}).mode(mode).recompute_scale_factor(true)),
                      Catch::Matchers::StartsWith("interpolate: size (6, 8) and recompute_scale_factor are given for "
                                                  "input of shape (1, 2, 3, 4)"));
  CHECK(interpolate(x, InterpolateOptions().scale_factor(2).recompute_scale_factor(true)).shape() == Shape{1, 2, 6, 8});
  CHECK(interpolate(x, InterpolateOptions().size(2).recompute_scale_factor(false)).shape() == Shape{1, 2, 2, 2});
}

TEST_CASE("pooling and resizing give the same bits on any number of threads") {
  const int before = num_threads();
  for (const DType dtype : {float32, float64}) {
    set_num_threads(1);
    const std::string one = all_bytes({9, 40, 18, 26}, dtype);
    for (const int threads : {2, 3, 8}) {
      set_num_threads(threads);
      CHECK(all_bytes({9, 40, 18, 26}, dtype) == one);
    }
  }
  set_num_threads(before);
}

TEST_CASE("a write between forward and backward to what pooling keeps is noticed") {
  Tensor x = ones({1, 2, 4}, float64).requires_grad_();
  auto [values, indices] = max_pool2d_with_indices(x, 2);
  indices.fill_(0);
  CHECK_THROWS_AS(sum(values).backward(), std::logic_error);
}

TEST_CASE("pooling layers refuse at construction what is wrong for every input, and name themselves in errors") {
  CHECK_THROWS_WITH(nn::MaxPool2d(2, nn::MaxPool2d::Options().padding(2)),
                    Catch::Matchers::StartsWith("MaxPool2d: the padding 2 is more than half"));
  CHECK_THROWS_WITH(nn::AvgPool1d({2, 3}), Catch::Matchers::StartsWith("AvgPool1d: kernel_size must be one number"));
  const nn::Sequential net{nn::ReLU(), nn::MaxPool2d(8)};
  CHECK_THROWS_WITH(net(zeros({1, 1, 4, 4})), Catch::Matchers::Contains("do not fit axis 2 of shape (1, 1, 4, 4)"));
  CHECK(nn::MaxPool2d({3, 2})(zeros({1, 1, 6, 6})).shape() == Shape{1, 1, 2, 3});
  CHECK(nn::AvgPool2d({3, 2}, {1, 2})(zeros({1, 1, 6, 6})).shape() == Shape{1, 1, 4, 3});
  CHECK(keys(net) == "");
  CHECK(nn::summary(nn::Sequential{nn::MaxPool2d(2)}, {2, 3, 8, 8}).total == 0);
}

TEST_CASE("blocks that reach beyond the image on every side hold zeros there") {
  for (const std::int64_t far : {std::int64_t{5}, std::int64_t{6}, std::int64_t{9}, std::int64_t{1} << 40}) {
    INFO(far);
    const auto options = nn::FoldOptions().padding(far).dilation(far);
    const Tensor y = nn::unfold(ones({1, 1, 5, 5}), 3, options);
    CHECK(y.shape() == Shape{1, 9, 25});
    CHECK(sum(y).item() == 25);  // of the tap in the middle
    const Tensor x = ones({1, 9, 25}).requires_grad_();
    const Tensor image = nn::fold(x, 5, 3, options);
    CHECK(sum(image).item() == 25);
    sum(image).backward();
    CHECK(sum(x.grad()).item() == 25);
  }
  CHECK(sum(nn::unfold(ones({1, 1, 1, 1}), {1, 3}, nn::FoldOptions().padding({0, 2}).dilation({1, 2}))).item() == 1);
}
