// Reductions where squares overflow, numbers are infinite or a maximum is large: values, first derivatives by the
// ordinary and by the recorded backward, and second derivatives. Expected numbers are derived mathematically.

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "both_bodies.hpp"

using namespace xgrad;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

using Function = std::function<Tensor(const Tensor&)>;

/// The gradient of the sum of f(x), recorded if `graph` says so.
Tensor slope(const Function& f, const Tensor& x, Graph graph = retain_graph) {
  const Tensor leaf = x.detach().clone().requires_grad_();
  const Tensor y = f(leaf);
  return grad({y}, {leaf}, {ones_like(y)}, graph)[0].detach();
}

/// Checks the gradients of the ordinary and of the recorded backward.
void require_slope(const Function& f, const Tensor& x, const Tensor& expected, double tolerance = 0) {
  INFO(x);
  CHECK(difference(slope(f, x, retain_graph), expected, tolerance) == "");
  CHECK(difference(slope(f, x, create_graph), expected, tolerance) == "");
}

/// Row i of the second derivatives of the scalar f(x).
Tensor curvature(const Function& f, const Tensor& x, std::int64_t i) {
  const Tensor leaf = x.detach().clone().requires_grad_();
  const Tensor g = grad({f(leaf)}, {leaf}, {}, create_graph)[0];
  return grad({g[i]}, {leaf})[0];
}

Tensor of(std::initializer_list<xgrad::detail::Nested> numbers, DType dtype) { return Tensor(numbers, dtype); }

const Function all_logsumexp = [](const Tensor& x) { return logsumexp(x); };

}  // namespace

TEST_CASE("the slopes of logsumexp are a softmax, however large the numbers", "[rules]") {
  for (double big : {1e3, 1e7, 3e38, -1e3, -1e7, -3e38}) {
    require_slope(all_logsumexp, of({big, big}, float32), of({.5, .5}, float32));
    require_slope(all_logsumexp, of({big, big, big, big}, float32), of({.25, .25, .25, .25}, float32));
  }
  require_slope(all_logsumexp, Tensor{1e300, 1e300}, {.5, .5});
  require_slope(all_logsumexp, of({1e7, -1e7, 0.0}, float32), of({1.0, 0.0, 0.0}, float32));
  const double share = 1 / (1 + std::exp(1.0));
  require_slope(all_logsumexp, of({8388608.0, 8388609.0}, float32), of({share, 1 - share}, float32), 2e-7);
  require_slope(all_logsumexp, Tensor{1e15, 1e15 + 1}, {share, 1 - share}, 1e-15);
}

TEST_CASE("beside an infinity the finite numbers have the slope 0 in logsumexp", "[rules]") {
  const double nan = std::nan("");
  for (const Graph graph : {retain_graph, create_graph}) {
    const Tensor x = of({{inf, 100.0, 3.0}, {-100.0, 100.0, -inf}}, float32);
    const Tensor g = slope([](const Tensor& in) { return logsumexp(in, 1); }, x, graph);
    CHECK(difference(g.detach(), of({{nan, 0.0, 0.0}, {0.0, 1.0, 0.0}}, float32), 1e-6) == "");
    CHECK(difference(slope(all_logsumexp, of({1000.0, inf}, float32), graph).detach(), of({0.0, nan}, float32)) == "");
  }
}

TEST_CASE("the slopes of logsumexp along any axes add up to 1 a line", "[rules]") {
  const Tensor x = (normal({3, 5, 4, 7}, 1) * 3 + 1e6).to(float32);
  for (const std::vector<std::int64_t>& axes : std::vector<std::vector<std::int64_t>>{{0}, {1}, {3}, {1, 2}, {0, 3}})
    for (Graph graph : {retain_graph, create_graph}) {
      const Tensor g = slope([&](const Tensor& in) { return logsumexp(in, axes); }, x, graph);
      const Tensor total = sum(g, axes);
      CHECK(difference(total, ones_like(total), 1e-6) == "");
    }
}

TEST_CASE("the curvature of logsumexp holds for large numbers too", "[rules]") {
  CHECK(difference(curvature(all_logsumexp, of({1e7, 1e7}, float32), 0), of({.25, -.25}, float32)) == "");
  CHECK(difference(curvature(all_logsumexp, Tensor{-inf, 3., 3.}, 1), {0., .25, -.25}) == "");
  CHECK(difference(curvature(all_logsumexp, Tensor{-inf, 3., 3.}, 0), {0., 0., 0.}) == "");
}

TEST_CASE("logsumexp among infinities", "[rules]") {
  require_slope(all_logsumexp, Tensor{-inf, 0., 0.}, {0., .5, .5});
  require_slope(all_logsumexp, of({-inf, 1e7, -inf}, float32), of({0.0, 1.0, 0.0}, float32));
  // The slopes are NaN for -inf alone and for the infinities among +inf; a finite number beside +inf has slope 0.
  require_slope(all_logsumexp, Tensor{-inf, -inf}, {not_a_number, not_a_number});
  require_slope(all_logsumexp, Tensor{inf, 0., -inf}, {not_a_number, 0., 0.});
  require_slope(all_logsumexp, Tensor{not_a_number, 0.}, {not_a_number, not_a_number});
  const Function rows = [](const Tensor& x) { return logsumexp(x, 1); };
  require_slope(rows, Tensor({{-inf, -inf}, {1e3, 1e3}}), {{not_a_number, not_a_number}, {.5, .5}});
}

TEST_CASE("std is right wherever its dtype can represent it", "[rules]") {
  const Function f = [](const Tensor& x) { return xgrad::std(x); };
  const double root = std::sqrt(0.5);
  CHECK(f(Tensor{1e200, 0.}).item() == Approx(1e200 * root).epsilon(1e-15));
  CHECK(f(Tensor{1e-200, 3e-200}).item() == Approx(2e-200 * root).epsilon(1e-15));
  CHECK(f(Tensor{1.7e308, 1.6e308}).item() == Approx(1e307 * root).epsilon(1e-14));
  CHECK(f(Tensor{1e200, 0.}).dtype() == float64);
  CHECK(f(of({1e20, 3e20}, float32)).item() == Approx(2e20 * root).epsilon(1e-7));
  CHECK(f(of({1e-25, 3e-25}, float32)).item() == Approx(2e-25 * root).epsilon(1e-7));
  for (double scale : {1e200, 1e-200, 1.}) require_slope(f, Tensor{scale, 0.}, {root, -root}, 1e-15);
  for (double scale : {1e20, 1e-25, 1e38, 1e-37, 1.})
    require_slope(f, of({scale, 3 * scale}, float32), of({-root, root}, float32), 2e-7);
  const Function of_rows = [](const Tensor& x) { return xgrad::std(x, 1, 0); };
  const Tensor mixed({{1e200, -1e200}, {1e-200, -1e-200}, {1., -1.}, {4., 4.}});
  CHECK(difference(of_rows(mixed), {1e200, 1e-200, 1., 0.}, 1e-15) == "");
  require_slope(of_rows, mixed, {{.5, -.5}, {.5, -.5}, {.5, -.5}, {0., 0.}}, 1e-15);
}

TEST_CASE("std and var of axes that are not adjacent, of any size", "[rules]") {
  const Tensor x = normal({6, 5, 4}, 2);
  for (double scale : {1., 1e180, 1e-180}) {
    const Tensor y = xgrad::std(x * scale, {0, 2});
    CHECK(difference(y / scale, sqrt(var(reshape(transpose(x, {1, 0, 2}), {5, 24}), 1)), 1e-14) == "");
  }
  CHECK(difference(var(x, {0, 2}, 0), mean(square(x - mean(x, {0, 2}, keepdims)), {0, 2}), 1e-14) == "");
  CHECK(difference(var(x), var(reshape(x, {120}), 0), 1e-14) == "");
}

TEST_CASE("var is right wherever its dtype can represent it", "[rules]") {
  // A hundred squares of 1e19 do not fit into float32, nor four of 1e154 into float64.
  Tensor wide = zeros({100});
  for (int i = 0; i < 100; ++i) Raw::write<float>(wide)[i] = i % 2 == 0 ? 1e19f : -1e19f;
  CHECK(var(wide, {}, 0).item() == Approx(1e38).epsilon(1e-6));
  CHECK(var(Tensor{1e154, -1e154, 1e154, -1e154}, {}, 0).item() == Approx(1e308).epsilon(1e-14));
  CHECK(var(Tensor{1e-160, -1e-160}, {}, 0).item() == Approx(1e-320).margin(5e-324));
  CHECK(var(Tensor{1e200, 0.}).item() == inf);
  require_slope([](const Tensor& x) { return var(x); }, Tensor{1e200, 0.}, {1e200, -1e200}, 1e-15);
  require_slope([](const Tensor& x) { return var(x, {}, 0); }, Tensor{1.7e308, 1.7e308, 1.7e308}, {0., 0., 0.}, 0);
  require_slope([](const Tensor& x) { return var(x); }, of({1e20, 3e20}, float32), of({-2e20, 2e20}, float32), 2e-7);
}

TEST_CASE("equal numbers have std 0, and all its derivatives are 0 there", "[rules]") {
  const Function f = [](const Tensor& x) { return xgrad::std(x); };
  for (DType dtype : {float32, float64})
    for (double number : {0.1, 1e6 + 0.1, 1e-30})
      for (std::int64_t n : {2, 3, 7, 1000, 100000}) {
        const Tensor x = full({n}, number, dtype);
        INFO(n << " times " << number << ", " << dtype);
        CHECK(f(x).item() == 0);
        CHECK(var(x).item() == 0);
        require_slope(f, x, zeros_like(x));
        if (n < 100) CHECK(difference(curvature(f, x, 1), zeros_like(x)) == "");
      }
}

TEST_CASE("the slopes of var and std stay accurate for a large mean, recorded or not", "[rules]") {
  const Tensor wide = normal({50, 40}, 3), far = (wide + 1e6).to(float32), same = far.to(float64);
  for (const auto& f :
       {+[](const Tensor& x) { return xgrad::std(x, 0); }, +[](const Tensor& x) { return var(x, 1); }}) {
    for (Graph graph : {retain_graph, create_graph}) {
      const Tensor expected = slope(f, same), got = slope(f, far, graph).to(float64);
      CHECK(difference(got, expected, 0, 1e-6 * largest(expected)) == "");
    }
  }
}

TEST_CASE("var and std propagate infinity and NaN", "[rules]") {
  for (const Tensor& x : {Tensor{not_a_number, 1.}, Tensor{inf, 1.}, Tensor{1., -inf}, of({inf, 1.0}, float32)}) {
    CHECK(std::isnan(var(x).item()));
    CHECK(std::isnan(xgrad::std(x).item()));
  }
  CHECK(std::isnan(var(zeros({0})).item()));
  CHECK(std::isnan(xgrad::std(Tensor{5.}).item()));
  CHECK(difference(var(zeros({0, 2}), 0), full({2}, not_a_number, float32)) == "");
  CHECK(var(zeros({3, 0}), 0).shape() == Shape{0});
}

TEST_CASE("a mean is right where its sum overflows", "[rules]") {
  CHECK(mean(Tensor{1.7e308, 1.7e308}).item() == 1.7e308);
  CHECK(difference(mean(Tensor({{1.5e308, 1.7e308, 1e308}, {1., 2., 3.}}), 1), {1.4e308, 2.}, 1e-15) == "");
  CHECK(mean(of({3e38, 3e38, 3e38}, float32)).item() == Approx(3e38));
  CHECK(mean(Tensor{inf, 1.}).item() == inf);
  CHECK(std::isnan(mean(Tensor{inf, -inf}).item()));
  const double nan = std::nan("");
  CHECK(difference(nanmean(Tensor({{1.5e308, nan, 1.7e308}, {1., nan, nan}, {nan, nan, nan}}), 1), {1.6e308, 1., nan},
                   1e-15) == "");
  CHECK(nanmean(Tensor{1e308, 1e308}).item() == 1e308);
  CHECK(nanmean(Tensor{3e38f, 3e38f, std::nanf("")}).item() == 3e38f);
  CHECK(std::isinf(nanmean(Tensor{1e308, nan, 1e308, inf}).item()));
}

TEST_CASE("var and std have the same bits on any number of threads, and chunks combine correctly", "[rules]") {
  for (const Shape& shape : std::vector<Shape>{{200000}, {3, 70000}, {70000, 3}, {5, 300, 200}}) {
    const Tensor x = normal(shape, 4, float32);
    const auto all = [&] {
      std::vector<Numbers> result;
      for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(shape.rank()); ++axis) {
        const Function f = [axis](const Tensor& in) { return xgrad::std(in, axis); };
        result.push_back(numbers(f(x)));
        result.push_back(numbers(slope(f, x)));
      }
      return result;
    };
    const int before = num_threads();
    set_num_threads(1);
    const auto serial = all();
    set_num_threads(4);
    const auto parallel = all();
    set_num_threads(before);
    CHECK(serial == parallel);
    const Tensor wide = x.to(float64), far = wide + 1e4;
    CHECK(var(far, 0, 0).sum().item() == Approx(mean(square(wide - mean(wide, 0, keepdims)), 0).sum().item()));
  }
}
