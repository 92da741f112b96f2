// Running results, products and norms at their edges. Numbers are those of PyTorch 2.13.

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

const double inf = std::numeric_limits<double>::infinity(), not_a_number = std::nan("");

/// The gradient at x for the upstream gradient 1, 2, 3, ...
template <class F>
Tensor slope(const F& f, const Tensor& x) {
  const Tensor leaf = x.clone().requires_grad_();
  const Tensor y = f(leaf);
  return grad({y}, {leaf}, {reshape(arange(1, y.size() + 1).to(y.dtype()), y.shape())})[0];
}

std::string close(const Tensor& got, const Tensor& expected) { return difference(got, expected, 1e-13, 1e-300); }

}  // namespace

TEST_CASE("the gradients of products are right where elements are 0") {
  const auto running = [](const Tensor& x) { return cumprod(x, 0); };
  CHECK(close(slope(running, Tensor{2.0, 0.0, 3.0, -1.0, 5.0}), Tensor{1.0, -152.0, 0.0, 0.0, 0.0}) == "");
  CHECK(close(slope(running, Tensor{2.0, 0.0, 3.0, 0.0, 5.0}), Tensor{1.0, 22.0, 0.0, 0.0, 0.0}) == "");
  const Tensor x({{2.0, 0.0, 3.0}, {0.0, 4.0, 0.0}, {1.5, -2.0, 3.0}});
  CHECK(close(slope([](const Tensor& in) { return prod(in, 1); }, x),
              Tensor({{0.0, 6.0, 0.0}, {0.0, 0.0, 0.0}, {-18.0, 13.5, -9.0}})) == "");
}

TEST_CASE("the Hessian of a product of three numbers, one of them 0, has the third off its diagonal") {
  const Tensor x = Tensor{2.0, 0.0, 5.0}.requires_grad_();
  for (const bool running : {false, true}) {
    const Tensor y = running ? cumprod(x, 0)(2) : prod(x);
    const Tensor g = grad({y}, {x}, {}, create_graph)[0];
    CHECK(close(g.detach(), Tensor{0.0, 10.0, 0.0}) == "");
    CHECK(close(grad({g(0)}, {x}, {}, retain_graph)[0], Tensor{0.0, 5.0, 0.0}) == "");
    CHECK(close(grad({g(1)}, {x}, {}, retain_graph)[0], Tensor{5.0, 0.0, 2.0}) == "");
    CHECK(close(grad({g(2)}, {x}, {}, retain_graph)[0], Tensor{0.0, 2.0, 0.0}) == "");
  }
}

TEST_CASE("a third derivative of a product is exact") {
  const Tensor x = Tensor{2.0, 3.0, 5.0, 0.0}.requires_grad_();
  Tensor y = prod(x);
  for (const int i : {3, 0, 1}) y = grad({y}, {x}, {}, create_graph)[0](i);
  CHECK(y.item() == 5);  // of x0 x1 x2 x3, with respect to x3, x0 and x1
}

TEST_CASE("products and running sums of whole numbers and bools are int64 and wrap around") {
  CHECK(difference(prod(Tensor({{true, true}, {true, false}}), 1), Tensor{1, 0}) == "");
  CHECK(difference(cumsum(Tensor{true, true, false}, 0), Tensor{1, 2, 2}) == "");
  CHECK(difference(cumprod(Tensor{true, false}, -1), Tensor{1, 0}) == "");
  const std::int64_t half = std::int64_t{1} << 32;
  CHECK(prod(Tensor{half, half}).item<std::int64_t>() == 0);
  CHECK(prod(zeros({0})).item() == 1);
  CHECK(difference(prod(zeros({0, 2}, float64), 0), Tensor{1.0, 1.0}) == "");
}

TEST_CASE("long products, sums and counts agree with those of their parts") {
  Generator generator(3);
  const Tensor x = uniform(0.999, 1.001, {100001}, generator, float64);
  CHECK(std::abs(std::log(prod(x).item()) - sum(log(x)).item()) < 1e-11);
  CHECK(close(cumsum(x, 0)(-1), sum(x)) == "");
  CHECK(difference(cumsum(x.to(float32), 0)(-1), sum(x.to(float32)), 1e-7) == "");
  CHECK(count_nonzero(x > 1).item() == sum((x > 1).to(int64)).item());
  CHECK(std::abs(norm(x, 3).item() - std::cbrt(sum(x * x * x).item())) < 1e-9);
}

TEST_CASE("running extremes take the last of several, and the last NaN") {
  const Tensor x{1.0, 3.0, 3.0, not_a_number, 2.0, not_a_number};
  const auto [most, where_most] = cummax(x, 0);
  CHECK(difference(most, Tensor{1.0, 3.0, 3.0, not_a_number, not_a_number, not_a_number}) == "");
  CHECK(difference(where_most, Tensor{0, 1, 2, 3, 3, 5}) == "");
  CHECK(difference(cummin(Tensor{2, 1, 1, 4}, 0).indices, Tensor{0, 1, 2, 2}) == "");
  CHECK(difference(cummax(Tensor{false, true, false}, 0).values, Tensor{false, true, true}) == "");
  CHECK(close(slope([](const Tensor& in) { return cummax(in, 0).values; }, Tensor{1.0, 3.0, 3.0, 2.0}),
              Tensor{1.0, 2.0, 7.0, 0.0}) == "");
}

TEST_CASE("logcumsumexp is stable, and infinite elements stay by themselves") {
  const auto f = [](const Tensor& x) { return logcumsumexp(x, 0); };
  const Tensor x{1.0, -2.0, 3.0, 0.5, 700.0, 2.0};
  CHECK(close(f(x), Tensor{1.0, 1.048587351573742, 3.1328452337275756, 3.2022534476793516, 700.0, 700.0}) == "");
  CHECK(difference(slope(f, x),
                   Tensor{3.702862218696852, 0.1345675860711766, 5.894353238669526, 0.2682169565624459, 11.0,
                          4.3712221859490944e-303},
                   1e-12) == "");
  CHECK(close(f(Tensor{-inf, -inf, 1.0, inf, inf, 2.0}), Tensor{-inf, -inf, 1.0, inf, inf, inf}) == "");
  CHECK(close(f(Tensor{-1e300, -1e300}), Tensor{-1e300, -1e300}) == "");
  CHECK(close(slope(f, Tensor{0.0, inf, 0.0}), Tensor{1.0, not_a_number, 0.0}) == "");
  CHECK(logcumsumexp(Tensor{1, 2}, 0).dtype() == float32);
}

TEST_CASE("running results along any axis are those of each line") {
  Generator generator(4);
  const Tensor x = randn({3, 70, 5}, generator, float64);
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    INFO("axis " << axis);
    const Tensor y = cumsum(x, axis), e = logcumsumexp(x, axis), p = cumprod(x, axis);
    for (std::int64_t k = 0; k < x.shape(axis); ++k) {
      const Tensor before = narrow(x, axis, 0, k + 1);
      CHECK(difference(select(y, axis, k), sum(before, axis), 1e-12, 1e-13) == "");
      CHECK(difference(select(e, axis, k), logsumexp(before, axis), 1e-13, 1e-13) == "");
      CHECK(difference(select(p, axis, k), prod(before, axis), 1e-12, 1e-300) == "");
    }
  }
}
