// PyTorch's names are those of the ops that they stand for, and what PyTorch allows is allowed here.

#include <cmath>

#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

/// Registers with PyTorch's names.
class Registered : public nn::Module {
 public:
  Registered() {
    register_module("linear", linear);
    register_parameter("scale", scale);
    register_buffer("offset", offset);
  }
  Tensor forward(const Tensor& x) override { return linear(x) * scale + offset; }

  nn::Linear linear{2, 1};
  nn::Parameter scale{ones({1})};
  nn::Buffer offset{zeros({1})};
};

}  // namespace

TEST_CASE("PyTorch's names for shapes", "[torch]") {
  const Tensor x = arange(24.).reshape({2, 3, 4});
  CHECK(x.size(0) == 2);
  CHECK(x.size(-1) == 4);
  CHECK(x.dim() == 3);
  CHECK(x.numel() == 24);
  CHECK(size(x, 1) == 3);
  CHECK(dim(x) == 3);
  CHECK(numel(x) == 24);
  const Tensor moved = x.permute({2, 0, 1});
  CHECK(moved.shape() == Shape{4, 2, 3});
  CHECK(moved(3, 1, 2).item() == x(1, 2, 3).item());
  CHECK(difference(permute(x, {2, 0, 1}), moved) == "");
  CHECK(difference(transpose(x, 0, 2), swapaxes(x, 0, 2)) == "");
  CHECK(difference(x.transpose(-1, 1), swapaxes(x, 1, 2)) == "");
  CHECK(difference(t(x[0]), transpose(x[0])) == "");
  CHECK(difference(x[1].t(), transpose(x[1])) == "");
  CHECK(difference(x(0, 0).t(), x(0, 0)) == "");
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { x.t(); }), Contains("t: shape (2, 3, 4)"));
  CHECK(x(0, 0).expand({2, -1}).shape() == Shape{2, 4});
  CHECK(x.unsqueeze(1).squeeze(1).shape() == x.shape());
  CHECK(difference(swapdims(x, 0, 1), swapaxes(x, 0, 1)) == "");
  CHECK(difference(moveaxis(x, 0, -1), movedim(x, 0, 2)) == "");
  CHECK(view_as(x, zeros({6, 4})).shape() == Shape{6, 4});
}

TEST_CASE("PyTorch's names for joining and cutting", "[torch]") {
  const Tensor x = arange(12.).reshape({3, 4});
  CHECK(difference(cat({x, x}, 1), concat({x, x}, 1)) == "");
  const auto pieces = split(x, 3, 1);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[1].shape() == Shape{3, 1});
  CHECK(difference(cat(pieces, 1), x) == "");
  CHECK(split(x, {1, 0, 3}, -1)[2].shape() == Shape{3, 3});
  const auto chunks = chunk(x, 2);
  REQUIRE(chunks.size() == 2);
  CHECK(chunks[0].shape() == Shape{2, 4});
  CHECK(chunks[1].shape() == Shape{1, 4});
  CHECK(chunk(x, 5).size() == 3);                 // no empty pieces
  CHECK(chunk(zeros({2, 0}), 3, 1).size() == 3);  // of nothing, as many as were asked for
  CHECK_THAT(thrown_by<std::invalid_argument>([] { chunk(zeros({0}), std::int64_t{1} << 40); }), Contains("(0)"));
}

TEST_CASE("PyTorch's names for values", "[torch]") {
  const Tensor x = Tensor({-2., 0.5, 3.});
  CHECK(difference(clip(x, -1, 1), clamp(x, -1, 1)) == "");
  manual_seed(4);
  const Tensor a = randn_like(x), b = rand_like(x);
  manual_seed(4);
  CHECK(difference(a, randn({3}, float64)) == "");
  CHECK(difference(b, rand({3}, float64)) == "");
}

TEST_CASE("modules register with PyTorch's names", "[torch]") {
  Registered net;
  std::vector<std::string> keys;
  for (const auto& entry : net.state_dict()) keys.push_back(entry.first);
  CHECK(keys == std::vector<std::string>{"scale", "offset", "linear.weight", "linear.bias"});
}

TEST_CASE("grad of one tensor takes a seed", "[torch]") {
  const Tensor x = leaf({1, 2, 3});
  CHECK(numbers(grad(x * x, x, Tensor{1., 0., 10.})) == Numbers{2, 0, 60});
  CHECK(numbers(grad({x * x}, {x}, {Tensor{1., 0., 10.}})[0]) == Numbers{2, 0, 60});
  CHECK(numbers(grad(sum(x * x), x)) == Numbers{2, 4, 6});
  CHECK(numbers(grad(sum(x * x), x, {}, create_graph)) == Numbers{2, 4, 6});
  const Tensor slope = grad(x * x * x, x, ones({3}, float64), create_graph);
  CHECK(numbers(grad(slope, x, Tensor{1., 1., 1.})) == Numbers{6, 12, 18});
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { grad(x * x, x, ones({2}, float64)); }),
             Contains("(2)") && Contains("(3)"));
}

TEST_CASE("a clamp whose low is above its high gives high, with slope 0", "[torch]") {
  const Tensor x = leaf({-3, 0, 1, 2, 5});
  const Tensor y = clamp(x, 2., -1.);
  CHECK(numbers(y) == Numbers{-1, -1, -1, -1, -1});
  CHECK(numbers(grad(sum(y), x)) == Numbers{0, 0, 0, 0, 0});
  const Tensor bound = leaf({-1});
  CHECK(numbers(grad(sum(clamp(bound, 2., -1.)), bound)) == Numbers{0});
  CHECK(numbers(clamp(Tensor{1, 5, 9}, 7, 4)) == Numbers{4, 4, 4});
  CHECK_THROWS_AS(clamp(x, std::nan(""), 1.), std::invalid_argument);
}

TEST_CASE("ranges of int64 take their bounds without fractions", "[torch]") {
  CHECK(whole_numbers(arange(0, 3.1, 1, int64)) == std::vector<std::int64_t>{0, 1, 2});
  CHECK(whole_numbers(arange(0.9, 4.9, 2.5, int64)) == std::vector<std::int64_t>{0, 2});
  CHECK(whole_numbers(linspace(4.9, -3, 8, int64)) == std::vector<std::int64_t>{4, 3, 2, 1, 0, -1, -2, -3});
  CHECK_THAT(thrown_by<std::invalid_argument>([] { arange(0, 1, 0.25, int64); }), Contains("step cannot be 0"));
}

TEST_CASE("indices of any rank select rows", "[torch]") {
  const Tensor x = Tensor({{1., 2.}, {3., 4.}, {5., 6.}}).requires_grad_();
  const Tensor rows = {{0, 2}, {-1, 1}};
  const Tensor y = x[rows];
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(numbers(y) == Numbers{1, 2, 5, 6, 5, 6, 3, 4});
  CHECK(numbers(grad(sum(y), x)) == Numbers{1, 1, 1, 1, 2, 2});
  CHECK(x[Tensor(std::int64_t{1})].shape() == Shape{2});
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { x[Tensor({{0, 3}})]; }), Contains("index 3"));
}

TEST_CASE("gather takes fewer indices than x has", "[torch]") {
  const Tensor x = Tensor({{1., 2., 3.}, {4., 5., 6.}}).requires_grad_();
  const Tensor y = gather(x, 1, Tensor({{2, 0}}));
  CHECK(numbers(y) == Numbers{3, 1});
  CHECK(numbers(grad(sum(y), x)) == Numbers{1, 0, 1, 0, 0, 0});
}

TEST_CASE("concat leaves out tensors of shape (0)", "[torch]") {
  const Tensor x = Tensor({{1., 2.}}).requires_grad_(), nothing = zeros({0}, float64).requires_grad_();
  const Tensor y = concat({nothing, x, nothing, x}, 1);
  CHECK(numbers(y) == Numbers{1, 2, 1, 2});
  const auto g = grad({sum(y)}, {x, nothing});
  CHECK(numbers(g[0]) == Numbers{2, 2});
  CHECK(g[1].shape() == Shape{0});
  CHECK_THROWS_AS(concat({zeros({0, 2}), zeros({1, 3})}, 0), std::invalid_argument);
}

TEST_CASE("squeeze keeps an axis that is not of size 1", "[torch]") {
  CHECK(squeeze(zeros({2, 1, 3}), 0).shape() == Shape{2, 1, 3});
  CHECK(squeeze(zeros({1, 2, 1, 3, 1})).shape() == Shape{2, 3});
}

TEST_CASE("functions that PyTorch has under two names are the same under both", "[torch]") {
  const Tensor x = {-0.5, 0.25, 0.75}, y = {0.5, 0.25, -2.};
  const auto same = [](const Tensor& a, const Tensor& b) { CHECK(numbers(a) == numbers(b)); };
  same(absolute(x), abs(x));
  same(negative(x), neg(x));
  same(fix(4 * x), trunc(4 * x));
  same(arcsin(x), asin(x));
  same(arccos(x), acos(x));
  same(arctan(x), atan(x));
  same(arcsinh(x), asinh(x));
  same(arccosh(x + 2), acosh(x + 2));
  same(arctanh(x), atanh(x));
  same(arctan2(x, y), atan2(x, y));
  same(subtract(x, y), x - y);
  same(multiply(x, 3), x * 3);
  same(divide(x, y), x / y);
  same(true_divide(2, y), 2 / y);
  same(clip(x, y, 1), clamp(x, y, 1));
  same(clip(x, std::nullopt, 0.5), minimum(x, 0.5));
  CHECK(numbers(eq(x, y)) == Numbers{0, 1, 0});
  CHECK(numbers(ne(x, y)) == Numbers{1, 0, 1});
  CHECK(numbers(lt(x, y)) == Numbers{1, 0, 0});
  CHECK(numbers(le(x, y)) == Numbers{1, 1, 0});
  CHECK(numbers(gt(x, y)) == Numbers{0, 0, 1});
  CHECK(numbers(ge(x, 0)) == Numbers{0, 1, 1});
}
