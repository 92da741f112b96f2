// Reductions where squares overflow, numbers are infinite or a maximum is large: values, and gradients of the first
// order, of the first order recorded, and of the second. Expected numbers are those of mathematics.

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "both_bodies.hpp"

using namespace xgrad;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

using Function = std::function<Tensor(const Tensor&)>;

/// The gradient of the sum of f(x); the recorded walk's if `graph` says so.
Tensor slope(const Function& f, const Tensor& x, Graph graph = retain_graph) {
  const Tensor leaf = x.detach().clone().requires_grad_();
  const Tensor y = f(leaf);
  return grad({y}, {leaf}, {ones_like(y)}, graph)[0].detach();
}

/// Both walks give these slopes.
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
  // Nothing can be said of -inf alone, nor of how infinities share; what is finite beside one has no part.
  require_slope(all_logsumexp, Tensor{-inf, -inf}, {not_a_number, not_a_number});
  require_slope(all_logsumexp, Tensor{inf, 0., -inf}, {not_a_number, 0., 0.});
  require_slope(all_logsumexp, Tensor{not_a_number, 0.}, {not_a_number, not_a_number});
  const Function rows = [](const Tensor& x) { return logsumexp(x, 1); };
  require_slope(rows, Tensor({{-inf, -inf}, {1e3, 1e3}}), {{not_a_number, not_a_number}, {.5, .5}});
}
