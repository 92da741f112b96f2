// Norms and their gradients, beside numbers of PyTorch 2.13.

#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/func.hpp>
#include <xgrad/linalg.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

const double inf = std::numeric_limits<double>::infinity(), not_a_number = std::nan("");

struct Known {
  double p;
  Tensor value, slope;  // of the rows of x, with upstream gradients 1 and 2
};

Tensor slope_of_rows(const Tensor& x, double p) {
  const Tensor leaf = x.clone().requires_grad_();
  return grad({norm(leaf, p, 1)}, {leaf}, {Tensor{1.0, 2.0}.to(x.dtype())})[0];
}

Tensor slope(const Tensor& x, double p) {
  const Tensor leaf = x.clone().requires_grad_();
  return grad({norm(leaf, p)}, {leaf})[0];
}

}  // namespace

TEST_CASE("norms of every order have the known values and gradients") {
  const Tensor x({{3.0, -4.0, 1.0}, {2.0, 2.0, -0.5}});
  const std::vector<Known> all = {{0.5,
                                   {22.392304845413257, 12.500000000000002},
                                   {{2.732050807568877, -2.3660254037844384, 4.732050807568877}, {5.0, 5.0, -10.0}}},
                                  {1, {8.0, 4.5}, {{1.0, -1.0, 1.0}, {2.0, 2.0, -2.0}}},
                                  {1.5,
                                   {5.862917311846354, 3.3057445092289726},
                                   {{0.715325558807779, -0.8259868078717815, 0.41299340393589073},
                                    {1.555644474931281, 1.555644474931281, -0.7778222374656405}}},
                                  {2,
                                   {5.0990195135927845, 2.8722813232690143},
                                   {{0.5883484054145521, -0.7844645405527362, 0.19611613513818404},
                                    {1.3926212476455828, 1.3926212476455828, -0.3481553119113957}}},
                                  {3,
                                   {4.514357435474001, 2.5263871736042804},
                                   {{0.4416219230355002, -0.7851056409520003, 0.04906910255950002},
                                    {1.2534013884548367, 1.2534013884548367, -0.0783375867784273}}},
                                  {inf, {4.0, 2.0}, {{0.0, -1.0, 0.0}, {1.0, 1.0, 0.0}}},
                                  {-inf, {1.0, 0.5}, {{0.0, 0.0, 1.0}, {0.0, 0.0, -2.0}}},
                                  {-1.5,
                                   {0.8321032515512563, 0.43088693800637673},
                                   {{0.04051724531449343, -0.019737542100216, 0.631601347206912},
                                    {0.04308869380063767, 0.04308869380063767, -1.3788382016204055}}}};
  for (const Known& known : all) {
    INFO("p = " << known.p);
    CHECK(difference(norm(x, known.p, 1), known.value, 1e-14) == "");
    CHECK(difference(slope_of_rows(x, known.p), known.slope, 1e-13) == "");
    const Tensor narrow = x.to(float32);
    CHECK(difference(norm(narrow, known.p, 1).to(float64), known.value, 1e-6) == "");
  }
  CHECK(difference(norm(x, 0, 1), Tensor{3.0, 3.0}) == "");
}

TEST_CASE("the gradient of a norm is 0 where it is 0, and at elements that are 0") {
  for (const double p : {0.5, 1.0, 1.5, 2.0, 3.0, inf, -inf, -1.5, 0.0}) {
    INFO("p = " << p);
    const Tensor g = slope_of_rows(Tensor({{0.0, 0.0, -0.0}, {2.0, 0.0, -0.5}}), p);
    CHECK(difference(g[0], zeros({3}, float64)) == "");
    CHECK(g[1][1].item() == 0);
  }
}

TEST_CASE("the second derivative of a norm, a hypotenuse, a distance or an angle is 0 where its slope is set to 0") {
  const DType dtype = GENERATE(DType::float32, DType::float64);
  using F = std::function<Tensor(const Tensor&)>;
  const std::vector<std::pair<const char*, F>> functions = {
      {"norm", [](const Tensor& x) { return norm(x); }},
      {"vector_norm", [](const Tensor& x) { return vector_norm(x); }},
      {"linalg::norm", [](const Tensor& x) { return linalg::norm(x); }},
      {"linalg::norm of a matrix", [](const Tensor& x) { return linalg::norm(x, "fro"); }},
      {"matrix_norm", [](const Tensor& x) { return linalg::matrix_norm(x); }},
      {"matrix_norm of a multiple", [](const Tensor& x) { return linalg::matrix_norm(1e3 * x); }},
      {"hypot", [](const Tensor& x) { return sum(hypot(x(0), x(1))); }},
      {"hypot in a lambda",
       [](const Tensor& x) { return sum(elementwise([](auto a, auto b) { return hypot(a, b); }, x(0), x(1))); }},
      {"atan2", [](const Tensor& x) { return sum(atan2(x(0), x(1))); }},
      {"cdist", [](const Tensor& x) { return sum(cdist(x, x.detach())); }},
  };
  const Tensor origin = zeros({2, 2}, dtype);
  for (const auto& [name, f] : functions) {
    INFO(name);
    CHECK(sum(func::grad(f)(origin) != 0.0).item() == 0);
    CHECK(sum(func::hessian(f)(origin) != 0.0).item() == 0);
  }
}

TEST_CASE("norms of huge and tiny numbers are finite") {
  const double root = std::sqrt(2.0);
  CHECK(std::abs(norm(Tensor{1e200, 1e200}).item() / 1e200 - root) < 1e-15);
  CHECK(std::abs(norm(Tensor{-1e-200, 1e-200}).item() / 1e-200 - root) < 1e-15);
  CHECK(std::abs(norm(Tensor{1.5e-323, 2e-323}).item() - 2.5e-323) < 1e-323);
  CHECK(std::abs(norm(Tensor{1e300, 1e300}, 5).item() / 1e300 - std::pow(2.0, 0.2)) < 1e-15);
  CHECK(std::abs(norm(Tensor{1e-300, 1e-300}, -3).item() / 1e-300 - std::pow(2.0, -1.0 / 3)) < 1e-15);
  CHECK(std::abs(norm(Tensor{1e30f, 1e30f}).item() / 1e30 - root) < 1e-6);
  CHECK(std::abs(norm(Tensor{1e-40f, 1e-40f}, 3).item() / 1e-40 - std::cbrt(2.0)) < 1e-4);
  CHECK(difference(slope(Tensor{1e200, -1e200}, 2), Tensor{1 / root, -1 / root}, 1e-15) == "");
  CHECK(difference(slope(Tensor{1e-200, 1e-200}, 3), full({2}, std::pow(2.0, -2.0 / 3)), 1e-15) == "");
}

TEST_CASE("norms and distances of subnormal numbers, and of every order, are no less exact") {
  for (const double size : {5e-324, 1e-310, 2.3e-308, 1.0, 1.7e308})
    for (const double p : {0.5, 1.0, 2.0, 2.5, 100.0, 512.0, 1100.0, 1e6}) {
      INFO("size " << size << ", p = " << p);
      CHECK(norm(Tensor{size}, p).item() == Approx(size).epsilon(1e-13));
      CHECK(norm(Tensor{0.0, size, 0.0}, p).item() == Approx(size).epsilon(1e-13));
      CHECK(cdist(Tensor{{0.0}}, Tensor{{size}}, p).item() == Approx(size).epsilon(1e-13));
      CHECK(cdist(Tensor{{0.0, 1.0}}, Tensor{{size, 1.0}}, p).item() == Approx(size).epsilon(1e-13));
    }
  const Tensor a = Tensor{{2.0, 0.0}}.requires_grad_();
  CHECK(difference(grad(sum(cdist(a, zeros({1, 2}, float64), 1100.0)), a), Tensor{{1.0, 0.0}}) == "");
}

TEST_CASE("norms of very large orders come close to the extremes") {
  const Tensor x{1.99, -0.5, 1.25};
  for (const double scale : {1.0, 1e300, 1e-300}) {
    for (const double p : {500.0, 520.0, 1100.0, 1e6, 1e300}) {
      INFO("scale " << scale << ", p = " << p);
      CHECK(std::abs(norm(x * scale, p).item() / scale - 1.99) < 1e-14);
      CHECK(std::abs(norm(x * scale, -p).item() / scale - 0.5) < 1e-14);
      CHECK(difference(slope(x * scale, p), Tensor{1.0, 0.0, 0.0}, 1e-12, 1e-12) == "");
      CHECK(difference(slope(x * scale, -p), Tensor{0.0, -1.0, 0.0}, 1e-12, 1e-12) == "");
    }
    // Equal elements count as often as there are.
    CHECK(std::abs(norm(full({8}, 1.75) * scale, 600).item() / scale / 1.75 - std::pow(8.0, 1.0 / 600)) < 1e-14);
  }
  CHECK(norm(Tensor{1.99}, 1100).item() == 1.99);
  CHECK(norm(Tensor{1.99f}, -1100).item() == 1.99f);
  CHECK(norm(Tensor{0.0, 2.0}, 1100).item() == 2);
  CHECK(norm(Tensor{0.0, 2.0}, -1100).item() == 0);
  CHECK(norm(Tensor{inf, 2.0}, 1100).item() == inf);
  CHECK(std::isnan(norm(Tensor{not_a_number, 2.0}, -1100).item()));
}

TEST_CASE("infinite elements and NaN reach the norm") {
  CHECK(norm(Tensor{inf, 2.0}).item() == inf);
  CHECK(norm(Tensor{-inf, 2.0}, 0.5).item() == inf);
  CHECK(norm(Tensor{inf, 2.0}, -2).item() == 2);
  CHECK(norm(Tensor{inf, inf}, -2).item() == inf);
  CHECK(norm(Tensor{0.0, 2.0}, -2).item() == 0);
  CHECK(norm(Tensor{not_a_number, 0.0, 2.0}, 0).item() == 2);
  for (const double p : {0.5, 1.0, 2.0, 3.0, inf, -inf, -2.0}) {
    INFO("p = " << p);
    CHECK(std::isnan(norm(Tensor{0.0, inf, not_a_number, 1.0}, p).item()));
    CHECK(std::isnan(norm(Tensor{not_a_number, 0.0, 1.0}, p).item()));
  }
}

TEST_CASE("a norm of nothing is 0, and an error where it would be an extreme") {
  for (const double p : {0.0, 0.5, 2.0}) CHECK(norm(zeros({0}), p).item() == 0);
  CHECK_THROWS_AS(norm(zeros({0}), inf), std::invalid_argument);
  CHECK_THROWS_AS(norm(zeros({2, 0}), -1, 1), std::invalid_argument);
  CHECK(norm(zeros({0, 3}), inf, 1).shape() == Shape{0});
}

TEST_CASE("norms over axes that are not neighbours are those of the flattened slices") {
  Generator generator(5);
  const Tensor x = randn({3, 70, 4}, generator, float64);
  const Tensor flat = transpose(x, {1, 0, 2}).reshape({70, 12});
  for (const double p : {0.5, 1.0, 2.0, 3.0, inf, -inf, -2.0, 0.0})
    CHECK(difference(norm(x, p, {0, 2}), norm(flat, p, 1), 1e-14) == "");
}

TEST_CASE("the gradient of a norm that an element of 0 makes 0 is 0") {
  CHECK(difference(slope(Tensor{0.F, 1e-25F}, -1), zeros({2}, float32)) == "");
  CHECK(difference(slope(Tensor{0., 1e-200}, -2), zeros({2}, float64)) == "");
}

TEST_CASE("the gradient of the largest size is NaN at an element that is NaN") {
  for (const double p : {inf, -inf})
    CHECK(difference(slope(Tensor{not_a_number, 1.0}, p), Tensor{not_a_number, 0.0}) == "");
}

TEST_CASE("the gradient of a norm counts elements whose quotient by the norm underflows") {
  CHECK(difference(slope(Tensor{1e20F, 1e-30F}, 1.1), Tensor{1.F, 1e-5F}, 1e-4, 0) == "");
  CHECK(difference(slope(Tensor{1e200, 1e-200}, 1.1), Tensor{1., 1e-40}, 1e-9, 0) == "");
}
