// Products against numbers of another implementation: PyTorch 2.13, float64.

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/kernels/runtime/page_heap.hpp>
#include <xgrad/func.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "recorded.hpp"

using namespace xgrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(),
                 not_a_number = std::numeric_limits<double>::quiet_NaN();

Tensor square_matrix() { return {{2.1, -.4, .3}, {.7, 1.6, -.9}, {-.2, .5, 3.2}}; }
Tensor pair() { return {{{1.5, .3}, {-.2, .9}}, {{-.8, .6}, {.4, 2.4}}}; }
Tensor rows() { return {{0., 1., 2.}, {3., -1., .5}}; }
Tensor points() { return {{1., 1., 1.}, {0., 1., 2.}, {2., -2., 0.}}; }
Tensor right_side() { return {{1., -2.}, {.5, 0.}, {3., 1.}}; }
Tensor two() { return {{1., 2.}, {3., -4.}}; }

const std::vector<Recorded>& recorded() {
  static const std::vector<Recorded> all = {
      {"cross",
       rows(),
       [](const Tensor& x) {
         return cross(x, Tensor({{1., 2., -1.}}));
       },
       {-5, 2, -1, 0, 3.5, 7},
       {-0.29199136722614505, -0.5838531634528576, -1.4596976941318602, -0.08631924993715945, 0.7063303111372192,
        1.326341372337279}},
      {"cross along axis 0",
       square_matrix(),
       [](const Tensor& x) { return cross(x, transpose(x), 0); },
       {0.12999999999999998, -2.24, -4.48, -1.05, -0.010000000000000064, -1.6, -2.31, -1.76, -0.030000000000000027},
       {-0.5611910670151798, 2.8343219501378054, 1.7985152324743046, -3.249423019346862, -1.5857157079930309,
        -0.7577436426689996, -0.9022152798063635, -0.03401435718528045, 0.4407744784343862}},
      {"kron",
       pair(),
       [](const Tensor& x) { return kron(x, two()); },
       {1.5,
        3,
        0.3,
        0.6,
        4.5,
        -6,
        0.8999999999999999,
        -1.2,
        -0.2,
        -0.4,
        0.9,
        1.8,
        -0.6000000000000001,
        0.8,
        2.7,
        -3.6,
        -0.8,
        -1.6,
        0.6,
        1.2,
        -2.4000000000000004,
        3.2,
        1.7999999999999998,
        -2.4,
        0.4,
        0.8,
        2.4,
        4.8,
        1.2000000000000002,
        -1.6,
        7.199999999999999,
        -9.6},
       {-1.0149749927074616, -2.531229987170154, -3.065985807181276, 2.6187431729584354, 1.9071770699106705,
        1.769175546767097, 2.5109971508792457, -3.133573376694405}},
      {"inner",
       rows(),
       [](const Tensor& x) { return inner(x, points()); },
       {3, 5, -2, 2.5, 0, 8},
       {0.1677063269057152, 2.3725959789624245, 2.0806046117362795, -0.4226681256739929, -2.21096048839051,
        -2.2972797383276693}},
      {"tensordot",
       pair(),
       [](const Tensor& x) {
         return tensordot(x, x, {0, 2}, {1, 0});
       },
       {2.41, 1.3499999999999996, -0.14000000000000007, 6.6},
       {3.2453200590698703, 0.5326333416431825, -1.8876767384197044, -1.0893168720572433, 0.2117399223888976,
        0.9678229789035765, -1.2065162873441142, -4.5942413347801105}},
      {"addmm",
       rows(),
       [](const Tensor& x) {
         return addmm(Tensor{1., 2.}, x, right_side(), AddOptions().beta(0.5).alpha(-2));
       },
       {-12.5, -3, -7.5, 12},
       {0.16120922347255906, -1, -7.0806046117362795, -3.127676313307497, 0.4161468365471424, 4.476866012483745}},
      {"einsum, a bilinear form",
       square_matrix(),
       [](const Tensor& x) {
         return einsum("bi,ij,bj->b", {rows(), x, rows()});
       },
       {13.6, 20.750000000000004},
       {4.862720752813258, -1.6209069176044193, 0.8104534588022096, -1.6209069176044193, 1.5403023058681398,
        1.7298488470659301, 0.8104534588022096, 1.7298488470659301, 4.135075576467035}},
      {"einsum, diagonals and an ellipsis",
       pair(),
       [](const Tensor& x) {
         return einsum("...ii,kji->k...", {x, x});
       },
       {3.0300000000000002, 1.8399999999999999, 2.1, 7.52},
       {2.5342168899243456, 2.1967255340835354, 1.0677581553054882, 2.1482850244421083, 1.2661637387284026,
        -2.750514144733497, 0.16777374245964272, -5.072128867493066}},
      {"cdist, p = 2.0",
       rows(),
       [](const Tensor& x) { return cdist(x, points() * 1.5, 2.0); },
       {1.6583123951777, 1.118033988749895, 5.385164807134504, 3.082207001484488, 4.636809247747852,
        2.0615528128088303},
       {-0.672704451101495, -0.8522479916177002, -0.33630278423851784, -0.9046991950687087, 1.4306037119608632,
        0.7424151864874282}},
      {"cdist, p = 1.0",
       rows(),
       [](const Tensor& x) { return cdist(x, points() * 1.5, 1.0); },
       {2.5, 1.5, 9, 5, 8, 2.5},
       {-0.5838531634528576, -1.9564491424152821, 0.04355085758471783, -1.6436361174640575, 1.9272983029272837,
        1.9272983029272837}},
      {"cdist, p = 3.0",
       rows(),
       [](const Tensor& x) { return cdist(x, points() * 1.5, 3.0); },
       {1.5361584128429235, 1.040041911525952, 4.626065009182741, 2.7144176165949063, 3.876430273265911,
        2.010362879294529},
       {-0.77846651562742, -0.5419477378261941, -0.47134035423768755, -0.693804988378388, 1.392379277065836,
        0.423776609424527}},
      {"cdist, p = 0.5",
       rows(),
       [](const Tensor& x) { return cdist(x, points() * 1.5, 0.5); },
       {6.9641016151377535, 2.914213562373095, 26.484036965334248, 14.484750749158973, 23.954451150103324,
        4.500000000000001},
       {-0.9182462564216702, -6.107256780970509, 1.2953560367929302, -4.923420942538216, 4.831774849542764,
        6.642100816944562}},
      {"cdist, p = inf",
       rows(),
       [](const Tensor& x) { return cdist(x, points() * 1.5, infinity); },
       {1.5, 1, 4, 2.5, 3, 2},
       {-1, -0.4161468365471424, -0.5403023058681398, -0.6536436208636119, 1.2736546820636716, 0}}};
  return all;
}

}  // namespace

TEST_CASE("values and gradients of products are those that PyTorch gives", "[products]") {
  for (const Recorded& one : recorded()) check(one);
}

TEST_CASE("distances of as many axes as a shape can have are differentiable", "[products]") {
  const double p = GENERATE(1.0, 2.0, 3.0, infinity);
  const Tensor a = Tensor{{{.1, .7}, {-.4, 1.3}, {.9, -.2}}, {{1.1, .3}, {.5, -.6}, {-.8, .2}}};
  const Tensor b = Tensor{{.3, -.5}, {1.2, .4}};
  const auto f = [p](const Tensor& x, const Tensor& y) { return sum(exp(cdist(x, y, p))); };
  std::vector<std::int64_t> many(Shape::max_rank, 1);
  many[3] = 2, many[30] = 3, many[31] = 2;
  // A left operand of 32 axes, a right one of 2.
  const auto wide = [&](const Tensor& x, const Tensor& y) { return f(x.reshape(many), y); };
  const auto narrow_part = [&](const auto& g) { return func::grad([&](const Tensor& y) { return g(a, y); }); };
  CHECK(difference(func::grad([&](const Tensor& x) { return wide(x, b); })(a),
                   func::grad([&](const Tensor& x) { return f(x, b); })(a), 1e-14) == "");
  CHECK(difference(narrow_part(wide)(b), narrow_part(f)(b), 1e-14) == "");
  const auto twice = [&](const auto& g) {
    return func::grad([&](const Tensor& y) { return sum(square(narrow_part(g)(y))); });
  };
  CHECK(difference(twice(wide)(b), twice(f)(b), 1e-13) == "");
  CHECK(difference(func::jvp([&](const Tensor& x) { return wide(x, b); }, a, cos(a)).second,
                   func::jvp([&](const Tensor& x) { return f(x, b); }, a, cos(a)).second, 1e-14) == "");
}

TEST_CASE("an einsum of many tiny products, or of none that is summed, is that of sums of products", "[products]") {
  Generator generator(5);
  const Tensor a = randn({40, 3, 4}, generator, float64), b = randn({40, 4, 2}, generator, float64);
  const Tensor c = randn({40, 4}, generator, float64), d = randn({40, 4}, generator, float64);
  CHECK(difference(einsum("bik,bkj->bij", {a, b}), matmul(a, b), 1e-13, 1e-14) == "");
  CHECK(difference(einsum("bik,bk->bi", {a, c}), squeeze(matmul(a, unsqueeze(c, -1)), -1), 1e-13, 1e-14) == "");
  CHECK(difference(einsum("bi,bi->b", {c, d}), sum(c * d, 1), 1e-13, 1e-14) == "");
  CHECK(difference(einsum("bi,bi->ib", {c, d}), transpose(c * d)) == "");
  CHECK(difference(einsum("bi,bj->bij", {c, d}), unsqueeze(c, 2) * unsqueeze(d, 1)) == "");
  CHECK(difference(einsum("bi,b->bi", {c, select(d, 1, 0)}), c * narrow(d, 1, 0, 1)) == "");
  const Tensor x = c.clone().requires_grad_();
  CHECK(difference(grad(sum(einsum("bi,bi->b", {x, d}) * arange(40)), x), d * reshape(arange(40), {40, 1}), 1e-14) ==
        "");
}

TEST_CASE("an einsum of whole numbers is exact, wraps around and keeps no products", "[products]") {
  const Tensor a = arange(60).reshape({3, 4, 5}) - 20, b = arange(30).reshape({5, 6}) * 7 - 100;
  const Tensor real = matmul(a.to(float64), b.to(float64)).to(int64);
  CHECK(difference(einsum("bij,jk->bik", {a, b}), real) == "");
  CHECK(difference(einsum("bij,bkj->bik", {a, a}), matmul(a.to(float64), swapaxes(a, 1, 2).to(float64)).to(int64)) ==
        "");
  CHECK(difference(einsum("bij,bij->", {a, a}), sum(a * a)) == "");
  const Tensor huge{std::int64_t{1} << 62, std::int64_t{1} << 62, 5};
  CHECK(einsum("i,i", {huge, Tensor{2, 2, 3}}).item<std::int64_t>() == 15);
  CHECK(difference(einsum("ij,jk->ik", {ones({2, 0}, int64), ones({0, 3}, int64)}), zeros({2, 3}, int64)) == "");
  detail::page_heap::reset_peak();
  const std::size_t before = detail::page_heap::held().now;
  const Tensor wide = ones({200, 200}, int64);
  CHECK(einsum("ij,jk->ik", {wide, wide})(7, 7).item<std::int64_t>() == 200);
  CHECK(detail::page_heap::held().peak - before < std::size_t{8} * 200 * 200 * 100);
}

TEST_CASE("the gradient of distances is that of the recorded one, and keeps no differences of all pairs",
          "[products]") {
  Generator generator(6);
  for (const DType dtype : {float32, float64})
    for (const double p : {0.0, 1.0, 1.5, 2.0, 3.0, 4.0, infinity}) {
      INFO(name_of(dtype) << ", p " << p);
      Tensor a = randn({2, 1, 5, 3}, generator, dtype), b = randn({3, 4, 3}, generator, dtype);
      b.put({0, 1}, a(0, 0, 2));  // a distance of 0
      a.put({1, 0, 4, 1}, a(1, 0, 4, 0)).put({1, 0, 4, 2}, a(1, 0, 4, 0));
      a.requires_grad_();
      b.requires_grad_();
      const Tensor y = cdist(a, b, p), seed = randn(y.shape(), generator, dtype);
      const auto plain = grad({y}, {a, b}, {seed}, retain_graph);
      const auto recorded = grad({y}, {a, b}, {seed}, create_graph);
      const double tolerance = dtype == float32 ? 1e-5 : 1e-13;
      CHECK(difference(plain[0], recorded[0].detach(), tolerance, tolerance) == "");
      CHECK(difference(plain[1], recorded[1].detach(), tolerance, tolerance) == "");
      CHECK(difference(grad({y}, {b}, {seed})[0], plain[1]) == "");
    }
  const Tensor x = Tensor{{1.0, 2.0}, {not_a_number, 0.0}}.requires_grad_();
  for (const double p : {1.0, 2.0, 3.0}) {
    const Tensor y = cdist(x, Tensor{{0.0, 0.0}, {1.0, 2.0}}, p);
    CHECK(difference(grad({sum(y)}, {x}, {}, retain_graph)[0], grad({sum(y)}, {x}, {}, create_graph)[0].detach(),
                     1e-14) == "");
  }
  const Tensor wide = randn({300, 64}, generator).requires_grad_(),
               other = randn({300, 64}, generator).requires_grad_();
  release_cached_memory();
  detail::page_heap::reset_peak();
  const std::size_t before = detail::page_heap::held().now;
  static_cast<void>(grad({sum(cdist(wide, other))}, {wide, other}));
  CHECK(detail::page_heap::held().peak - before < std::size_t{4} * 300 * 300 * 64 / 2);
}
