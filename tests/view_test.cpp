// Views of tensors as xtensor arrays: assignment writes the memory, as xtensor's users expect of a view.

#include <xtensor/xnoalias.hpp>
#include <xtensor/xview.hpp>

#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

/// A tensor of zeros with a view of it, and one of 1 .. 6.
struct Views {
  Tensor to = zeros({2, 3}, float64), from = Tensor({{1., 2., 3.}, {4., 5., 6.}});
  ArrayView<double> u = to.mutable_view<double>(), v = from.mutable_view<double>();
};

}  // namespace

TEST_CASE("assignment to a view writes the tensor's memory", "[view]") {
  Views x;
  const auto* place = Raw::data<double>(x.to);
  x.u = x.v;
  CHECK(numbers(x.to) == Numbers{1, 2, 3, 4, 5, 6});
  x.u = 2.0 * x.v + 1.0;
  CHECK(numbers(x.to) == Numbers{3, 5, 7, 9, 11, 13});
  x.u = xt::xarray<double>({{1., 1., 1.}, {2., 2., 2.}});
  CHECK(numbers(x.to) == Numbers{1, 1, 1, 2, 2, 2});
  x.u = x.from.mutable_view<double>();
  CHECK(numbers(x.to) == Numbers{1, 2, 3, 4, 5, 6});
  xt::noalias(x.u) = x.v * x.v;
  CHECK(numbers(x.to) == Numbers{1, 4, 9, 16, 25, 36});
  CHECK(Raw::data<double>(x.to) == place);
  CHECK(numbers(x.from) == Numbers{1, 2, 3, 4, 5, 6});
}

TEST_CASE("assignment to a view broadcasts, as to xt::view", "[view]") {
  Views x;
  const xt::xarray<double> row = {1., 10., 100.};
  x.u = row;
  CHECK(numbers(x.to) == Numbers{1, 10, 100, 1, 10, 100});
  x.v *= row;
  CHECK(numbers(x.from) == Numbers{1, 20, 300, 4, 50, 600});
  x.v /= row;
  x.v += 1.0;
  x.v -= row;
  CHECK(numbers(x.from) == Numbers{1, -7, -96, 4, -4, -93});
  x.u.fill(7);
  CHECK(numbers(x.to) == Numbers(6, 7));
}

TEST_CASE("a number that is assigned to a view fills it, as with xt::view", "[view]") {
  Views x;
  x.u = 5;
  CHECK(numbers(x.to) == Numbers(6, 5));
  x.to.mutable_view<double>() = 2.5f;
  CHECK(numbers(x.to) == Numbers(6, 2.5));
  Tensor whole = zeros({2}, int64);
  whole.mutable_view<std::int64_t>() = std::int64_t{1} << 62;
  CHECK(whole_numbers(whole) == std::vector<std::int64_t>(2, std::int64_t{1} << 62));
}

TEST_CASE("a swap of two views exchanges the numbers of their tensors, or throws and changes nothing", "[view]") {
  Views x;
  std::swap(x.u, x.v);
  CHECK(numbers(x.to) == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(numbers(x.from) == Numbers(6, 0));
  using std::swap;
  swap(x.u, x.v);
  CHECK(numbers(x.from) == Numbers{1, 2, 3, 4, 5, 6});
  Tensor other = ones({3, 2}, float64);
  auto w = other.mutable_view<double>();
  CHECK_THROWS_AS(std::swap(w, x.v), std::invalid_argument);
  CHECK(numbers(x.from) == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(numbers(other) == Numbers(6, 1));
  CHECK(x.v(1, 2) == 6);

  auto a = x.from.view<double>(), b = other.view<double>();
  std::swap(a, b);  // of read-only views, what they are views of
  CHECK(a(2, 1) == 1);
  CHECK(b(1, 2) == 6);
}

TEST_CASE("an assignment reads before it writes", "[view]") {
  Views x;
  x.v = xt::view(x.v, xt::all(), xt::range(xt::placeholders::_, xt::placeholders::_, -1)) + 0.0;
  CHECK(numbers(x.from) == Numbers{3, 2, 1, 6, 5, 4});
}

TEST_CASE("what does not broadcast to a view's shape is an error", "[view]") {
  Views x;
  const auto refused = [&](auto write) { return thrown_by<std::invalid_argument>(write); };
  CHECK_THAT(refused([&] { x.u = xt::xarray<double>{1., 2.}; }), Contains("(2)") && Contains("(2, 3)"));
  CHECK_THAT(refused([&] { x.u = xt::ones<double>({3, 2}); }), Contains("(3, 2)"));
  CHECK_THAT(refused([&] { x.u *= xt::ones<double>({4, 2, 3}); }), Contains("(4, 2, 3)"));
  CHECK_THAT(refused([&] { x.u = zeros({3, 2}, float64).mutable_view<double>(); }), Contains("(3, 2)"));
  CHECK_THAT(refused([&] { x.u.resize({3, 2}); }), Contains("resized"));
  CHECK(numbers(x.to) == Numbers(6, 0));
  CHECK(x.u.shape()[0] == 2);
}

TEST_CASE("a read-only view may be made to view another tensor", "[view]") {
  const Tensor a = Tensor({1., 2.}), b = Tensor({3., 4., 5.});
  auto view = a.view<double>();
  view = b.view<double>();
  CHECK(view.shape()[0] == 3);
  CHECK(xt::sum(view)() == 12);
  CHECK(numbers(a) == Numbers{1, 2});
}

TEST_CASE("a view takes part in expressions, and keeps the memory alive", "[view]") {
  auto view = Tensor({{1., 2.}, {3., 4.}}).mutable_view<double>();
  view(0, 1) = 7;
  xt::xarray<double> copy = view;
  copy(0, 0) = -1;
  CHECK(xt::sum(view * 2.0)() == 30);
  CHECK(numbers(Tensor(view + view)) == Numbers{2, 14, 6, 8});
  CHECK(numbers(ones({2, 2}, float64) * view) == Numbers{1, 7, 3, 4});
  CHECK(*view.begin() == 1);
}
