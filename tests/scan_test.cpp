// Running results, products and norms at their edges. Numbers are those of PyTorch 2.13.

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/func/transforms.hpp>
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

TEST_CASE("a product with a 0 among its factors is 0, however large the others are, and so are its derivatives") {
  const auto plain = [](const Tensor& x) { return prod(x); };
  const auto line = [](const Tensor& x) { return prod(x, 1); };
  const auto last = [](const Tensor& x) { return cumprod(x, 0)(-1); };
  for (const DType dtype : {float64, float32}) {
    // In float32 the products of two overflow, in float64 too.
    const double big = dtype == float64 ? 1e200 : 1e30;
    const auto both = [&](const auto& f, const Tensor& x, const Tensor& expected) {
      const Tensor leaf = x.to(dtype).requires_grad_();
      CHECK(sum(f(leaf)).item() == 0);
      CHECK(difference(grad(sum(f(leaf)), leaf).to(float64), expected) == "");
      CHECK(difference(grad({sum(f(leaf))}, {leaf}, {}, create_graph)[0].detach().to(float64), expected) == "");
    };
    const Tensor first{0.0, 1.0, big, big}, third{big, big, 0.0, 3.0};
    both(plain, first, Tensor{inf, 0.0, 0.0, 0.0});
    both(last, first, Tensor{inf, 0.0, 0.0, 0.0});
    both(plain, third, Tensor{0.0, 0.0, inf, 0.0});
    both(last, third, Tensor{0.0, 0.0, inf, 0.0});
    both(line, stack({first, third}, 0), Tensor{{inf, 0.0, 0.0, 0.0}, {0.0, 0.0, inf, 0.0}});
    // The second derivatives: of the gradient of element 1, which is x0 x2 x3.
    for (const bool running : {false, true}) {
      const Tensor x = first.to(dtype).requires_grad_();
      const Tensor g = grad({running ? last(x) : plain(x)}, {x}, {}, create_graph)[0];
      CHECK(difference(grad({g(1)}, {x})[0].to(float64), Tensor{inf, 0.0, 0.0, 0.0}) == "");
    }
  }
  // Of all running products at once; those before the 0 keep their slopes.
  const Tensor x = Tensor{1.0, 0.0, 1e200, 1e200}.requires_grad_();
  CHECK(difference(grad(sum(cumprod(x, 0)), x), Tensor{1.0, inf, 0.0, 0.0}) == "");
  CHECK(difference(cumprod(Tensor{1e200, 1e200, 0.0, 1e200}, 0), Tensor{1e200, inf, 0.0, 0.0}) == "");
  // Long lines, and lines that are not neighbours in memory.
  const Tensor far = concat({full({40}, 1e300), zeros({1}, float64)}, 0);
  CHECK(prod(far).item() == 0);
  CHECK(difference(prod(stack({far, far + 1}, 1), 0), Tensor{0.0, inf}) == "");
  // Infinity and NaN of one's own times 0 are NaN, as everywhere.
  for (const double bad : {inf, not_a_number}) {
    CHECK(std::isnan(prod(Tensor{0.0, bad, 2.0}).item()));
    CHECK(std::isnan(cumprod(Tensor{bad, 0.0, 2.0}, 0)(2).item()));
    const Tensor y = Tensor{0.0, bad, 2.0}.requires_grad_();
    CHECK(std::isnan(grad(prod(y), y)(2).item()));
    CHECK(std::isnan(grad(sum(cumprod(y, 0)), y)(2).item()));
  }
}

TEST_CASE("a product that leaves the range of numbers on its way comes back to it") {
  CHECK(difference(prod(Tensor{1e200, 1e200, 1e-300}), Tensor(1e100), 1e-15) == "");
  CHECK(difference(prod(Tensor{1e-200, 1e-200, 1e300}), Tensor(1e-100), 1e-15) == "");
  CHECK(prod(Tensor{1e-200, 1e-200}).item() == 0);
  CHECK(prod(Tensor{1e200, -1e200}).item() == -inf);
  CHECK(std::signbit(prod(Tensor{1e-200, -0.0, 1e300}).item()));
  const Tensor lines({{1e200, 1e200, 1e-300}, {1e-200, 1e-200, 1e300}, {1.0, 0.0, 1e300}, {inf, 1e-300, 1e-300}});
  CHECK(difference(prod(lines, 1), Tensor{1e100, 1e-100, 0.0, inf}, 1e-15) == "");
  CHECK(difference(cumprod(lines, 1),
                   Tensor({{1e200, inf, 1e100}, {1e-200, 0.0, 1e-100}, {1.0, 0.0, 0.0}, {inf, inf, inf}}),
                   1e-15) == "");
  CHECK(difference(cumprod(transpose(lines), 0)(-1), Tensor{1e100, 1e-100, 0.0, inf}, 1e-15) == "");
  // Of a long line in chunks too, whose parts are 0 and infinite.
  CHECK(prod(concat({full({50'000}, 0.5), full({50'000}, 2.0)}, 0)).item() == 1);
}

TEST_CASE("the gradient of a product that leaves the range of numbers on its way is the product of the others") {
  for (const bool reversed : {false, true}) {
    const auto ordered = [&](const Tensor& each) { return reversed ? flip(each, 0) : each; };
    const Tensor x = ordered(Tensor{1e-200, 1e-200, 2.0, 1e200, 1e200}).clone().requires_grad_();
    CHECK(difference(grad(prod(x), x), ordered(Tensor{2e200, 2e200, 1.0, 2e-200, 2e-200}), 1e-14) == "");
    const Tensor one_zero = ordered(Tensor{1e-200, 1e-200, 0.0, 1e200, 1e200}).clone().requires_grad_();
    CHECK(difference(grad(prod(one_zero), one_zero), ordered(Tensor{0.0, 0.0, 1.0, 0.0, 0.0}), 1e-14) == "");
  }
  const Tensor tiny = Tensor{1e-200, 1e-115, 3.0, 1e300}.requires_grad_();
  CHECK(difference(grad(prod(tiny), tiny), Tensor{3e185, 3e100, 1e-15, 3e-315}, 1e-14, 1e-322) == "");
}

TEST_CASE("the gradient of a product of tiny and huge numbers is the product of the others") {
  const Tensor expected{3e200, 3e200, 1.0, 3e-200, 3e-200};
  const Tensor x = Tensor{1e-200, 1e-200, 3.0, 1e200, 1e200}.requires_grad_();
  CHECK(difference(grad(prod(x), x), expected, 1e-14) == "");
  const Tensor turned = flip(x.detach(), 0).requires_grad_();
  CHECK(difference(grad(prod(turned), turned), flip(expected, 0), 1e-14) == "");
  // In float32 also where it is recorded, of the last of the running products, and with its derivatives.
  const Tensor narrow_expected{3e20, 3e20, 1.0, 3e-20, 3e-20};
  const Tensor narrow = Tensor{1e-20, 1e-20, 3.0, 1e20, 1e20}.to(float32).requires_grad_();
  for (const bool running : {false, true})
    for (const Graph graph : {retain_graph, create_graph}) {
      const Tensor y = running ? cumprod(narrow, 0)(-1) : prod(narrow);
      const Tensor g = grad({y}, {narrow}, {}, graph)[0];
      CHECK(difference(g.detach().to(float64), narrow_expected, 1e-6) == "");
      if (graph == create_graph)  // d(x1 x2 x3 x4)/dx
        CHECK(difference(grad({g(0)}, {narrow})[0].to(float64),
                         Tensor{0.0, 3e40, 1e20, 3.0, 3.0}.to(float32).to(float64), 1e-6) == "");
    }
  // An upstream gradient of 0 stays 0 beside a product that overflows.
  const Tensor large = full({4}, 1e300).requires_grad_();
  CHECK(difference(grad(prod(large) * 0.0, large), zeros({4}, float64)) == "");
}

TEST_CASE("an upstream gradient that is not finite is not swallowed beside a factor of 0, and stays on its line") {
  const Tensor x = Tensor{{0.0, 2.0}, {0.0, 3.0}}.requires_grad_();
  const Tensor seed{{0.0, not_a_number}, {0.0, 1.0}};
  for (const Graph graph : {retain_graph, create_graph}) {
    const Tensor g = grad({cumprod(x, 1)}, {x}, {seed}, graph)[0].detach();
    CHECK(difference(g, Tensor{{not_a_number, not_a_number}, {3.0, 0.0}}) == "");
    const Tensor y = Tensor{{0.0, 0.0, 2.0}, {0.0, 1e200, 1e200}}.requires_grad_();
    const Tensor of_prod = grad({prod(y, 1)}, {y}, {Tensor{not_a_number, 1.0}}, graph)[0].detach();
    CHECK(difference(of_prod(0), full({3}, not_a_number)) == "");
    CHECK(difference(of_prod(1), Tensor{inf, 0.0, 0.0}) == "");
  }
}

TEST_CASE("a line has the gradient that it has alone, whatever its neighbours hold") {
  const Tensor tiny = full({5}, 1e-200), huge = full({5}, 1e300), bad{not_a_number, 0.0, 1e200, 1e200, inf};
  const Tensor own{1e-160, 1e-160, 3.0, 1e155, 1e150};
  const auto slope = [](const Tensor& x) {
    const Tensor leaf = x.detach().requires_grad_();
    return grad(sum(prod(leaf, -1)), leaf);
  };
  for (const Tensor& other : {tiny, huge, bad}) CHECK(difference(slope(stack({own, other}, 0))(0), slope(own)) == "");
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

TEST_CASE("the slope of logcumsumexp of one element is that of logsumexp") {
  const auto f = [](const Tensor& x) { return logcumsumexp(x, 0); };
  const auto g = [](const Tensor& x) { return logsumexp(x, 0); };
  for (const double x : {-inf, -1.0, 0.0, 2.0, inf, not_a_number})
    CHECK(close(slope(f, Tensor{x}), slope(g, Tensor{x})) == "");
  CHECK(slope(f, Tensor{3.0}).item() == 1);
}

TEST_CASE("the slopes of logcumsumexp keep their digits for numbers far from 0") {
  const auto f = [](const Tensor& x) { return logcumsumexp(x, 0); };
  const auto pulled = [&](const Tensor& x, const Tensor& seed) {
    const Tensor leaf = x.clone().requires_grad_();
    return grad({f(leaf)}, {leaf}, {seed})[0];
  };
  CHECK(difference(pulled(Tensor{1e4f, 1e4f}, Tensor{0.0f, 1.0f}), Tensor{0.5f, 0.5f}) == "");
  CHECK(close(pulled(Tensor{1e16, 1e16}, Tensor{0.0, 1.0}), Tensor{0.5, 0.5}) == "");
  CHECK(close(pulled(Tensor{-1e300, -1e300}, Tensor{0.0, 1.0}), Tensor{0.5, 0.5}) == "");
  Generator generator(7);
  const Tensor near = randn({40}, generator, float64), seed = randn({40}, generator, float64);
  const Tensor shifted = (near + 4096.0).to(float32);
  const Tensor expected = pulled((shifted.to(float64) - 4096.0), seed);
  CHECK(difference(pulled(shifted, seed.to(float32)).to(float64), expected, 1e-6, 1e-7) == "");
}

TEST_CASE("an element of -inf has a slope of 0 in logcumsumexp from the first finite one on") {
  const Tensor x = Tensor{-inf, 0.0, 1.0, -inf}.requires_grad_();
  const Tensor g = grad({logcumsumexp(x, 0)}, {x}, {Tensor{0.0, 0.0, 1.0, 0.0}}, create_graph)[0];
  CHECK(close(g, Tensor{0.0, 1 / (1 + std::exp(1.0)), 1 / (1 + std::exp(-1.0)), 0.0}) == "");
  const double p = g[1].item() * g[2].item();
  CHECK(close(grad({g}, {x}, {Tensor{1.0, 1.0, 0.0, 3.0}})[0], Tensor{0.0, p, -p, 0.0}) == "");
}

TEST_CASE("the second slopes of logcumsumexp keep their digits for numbers far from 0, forward mode too") {
  const Tensor x = Tensor{1e16, 1e16}.requires_grad_();
  const Tensor g = grad({logcumsumexp(x, 0)}, {x}, {Tensor{0.0, 1.0}}, create_graph)[0];
  CHECK(close(grad({g}, {x}, {Tensor{1.0, 0.0}})[0], Tensor{0.25, -0.25}) == "");
  const Tensor pushed =
      func::jvp([](const Tensor& in) { return logcumsumexp(in, 0); }, Tensor{1e16, 1e16}, Tensor{1.0, 0.0}).second;
  CHECK(close(pushed, Tensor{1.0, 0.5}) == "");
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
