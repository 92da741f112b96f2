// Writing to a part of a tensor: the write is seen, recorded, or refused, and never lost.

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;
using xt::all;
using xt::range;
using namespace xt::placeholders;

namespace {

Tensor square_matrix() { return Tensor({{1., 2., 3.}, {4., 5., 6.}, {7., 8., 9.}}); }

}  // namespace

TEST_CASE("put writes the memory that every handle sees", "[put]") {
  Tensor c = square_matrix();
  const Tensor other = c;
  c.put({all(), 1}, 0);
  CHECK(numbers(other) == Numbers{1, 0, 3, 4, 0, 6, 7, 0, 9});
  c.put({range(_, _, -2), range(0, 2)}, Tensor({{10., 20.}, {30., 40.}}));
  CHECK(numbers(c) == Numbers{30, 40, 3, 4, 0, 6, 10, 20, 9});
  c.put(-1, Tensor{1., 2., 3.});
  c.put({0, 2}, 5);
  CHECK(numbers(c) == Numbers{30, 40, 5, 4, 0, 6, 1, 2, 3});
  c.put({xt::keep(2, 0), xt::drop(1)}, Tensor({{-1., -2.}, {-3., -4.}}));
  CHECK(numbers(c) == Numbers{-3, 40, -4, 4, 0, 6, -1, 2, -2});
  c.put({xt::ellipsis(), 0}, Tensor{7., 8., 9.}).put({1, xt::newaxis(), all()}, 1);
  CHECK(numbers(other) == Numbers{7, 40, -4, 1, 1, 1, 9, 2, -2});
  const Tensor constant = c;
  constant.put({all()}, 2);
  CHECK(numbers(c) == Numbers(9, 2));
}

TEST_CASE("put converts the values to the tensor's dtype", "[put]") {
  for (const DType dtype : {float32, float64, int64, boolean}) {
    Tensor c = zeros({2, 2}, dtype);
    c.put({all(), 1}, Tensor{1, 1});
    CHECK(c.dtype() == dtype);
    CHECK(numbers(c.to(float64)) == Numbers{0, 1, 0, 1});
  }
}

TEST_CASE("put writes where tensors of indices and masks say", "[put]") {
  Tensor c = square_matrix();
  const Tensor other = c;
  c.put({Tensor{2, 0}, Tensor{0, 1}}, Tensor{70., 20.});
  CHECK(numbers(other) == Numbers{1, 20, 3, 4, 5, 6, 70, 8, 9});
  c.put(c > 9., -1.);
  CHECK(numbers(other) == Numbers{1, -1, 3, 4, 5, 6, -1, 8, 9});
  c.put({all(), Tensor{true, false, true}}, Tensor({{1.}, {2.}, {3.}}));
  CHECK(numbers(other) == Numbers{1, -1, 1, 2, 5, 2, 3, 8, 3});
  c.put({Tensor({{0, 1}, {0, 0}}), 1}, Tensor({{1., 2.}, {3., 4.}}));
  CHECK(numbers(other) == Numbers{1, 4, 1, 2, 2, 2, 3, 8, 3});  // the last of those at row 0
  c.put({Tensor{1, 1, -1}}, 10., Accumulate::yes);
  CHECK(numbers(other) == Numbers{1, 4, 1, 22, 22, 22, 13, 18, 13});
  c.put({0, range(0, 2)}, 1., Accumulate::yes);
  CHECK(numbers(other) == Numbers{2, 5, 1, 22, 22, 22, 13, 18, 13});
  c.put({xt::keep(0, 0), all()}, 1., Accumulate::yes);
  CHECK(numbers(other) == Numbers{4, 7, 3, 22, 22, 22, 13, 18, 13});
  c.put(zeros({3, 3}, boolean), 5.);
  c.put(zeros({0}, int64), 5.);
  CHECK(numbers(other) == Numbers{4, 7, 3, 22, 22, 22, 13, 18, 13});
  c.put({Tensor{0}}, c(Tensor{1}));  // overlaps nothing, and the values are a copy
  c.put({Tensor{1, 2}}, c(range(0, 2)));
  CHECK(numbers(other) == Numbers{22, 22, 22, 22, 22, 22, 22, 22, 22});
}

TEST_CASE("a mask reads what is true in it", "[put]") {
  const Tensor x = leaf({1, 2, 3, 4}).reshape({2, 2});
  CHECK(numbers(x[x > 2.]) == Numbers{3, 4});
  CHECK(numbers(x[Tensor{false, true}]) == Numbers{3, 4});
  CHECK(numbers(x(all(), Tensor{false, true})) == Numbers{2, 4});
  CHECK(numbers(grad(sum(square(x[x > 2.])), x)) == Numbers{0, 0, 6, 8});
  CHECK(x[zeros({2, 2}, boolean)].shape() == Shape{0});
  CHECK(x[Tensor(true)].shape() == Shape{1, 2, 2});
  CHECK(x[Tensor(false)].shape() == Shape{0, 2, 2});
}

TEST_CASE("put by tensors is recorded, refuses a leaf, and changes nothing when refused", "[put]") {
  const Tensor v = leaf({5, 6});
  Tensor y = zeros({3}, float64);
  y.put({Tensor{2, 2}}, v);
  CHECK(numbers(grad(sum(y), v)) == Numbers{0, 1});
  y = zeros({3}, float64);
  y.put({Tensor{2, 2}}, v, Accumulate::yes);
  CHECK(numbers(grad(sum(y * y), v)) == Numbers{22, 22});
  Tensor w = leaf({1, 2});
  CHECK_THAT(thrown_by<std::logic_error>([&] { w.put({Tensor{0}}, 7); }), Contains("put: a leaf"));
  CHECK(numbers(w) == Numbers{1, 2});
  {
    NoGrad off;
    w.put(w > 1., 7);
    w.put({Tensor{0, 0}}, 1, Accumulate::yes);
  }
  CHECK(numbers(w) == Numbers{3, 7});
  Tensor c = square_matrix();
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { c.put({Tensor{0, 3}}, 1); }), Contains("index 3"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               c.put({Tensor{0, 1}}, Tensor{1., 2.});
             }),
             Contains("(2)") && Contains("(2, 3)"));
  CHECK_THAT(thrown_by<std::logic_error>([&] { c(all(), Tensor{0}).fill_(7); }), Contains("lost"));
  CHECK_THAT(thrown_by<std::logic_error>([&] { c[c > 2.].fill_(7); }), Contains("lost"));
  CHECK(numbers(c) == numbers(square_matrix()));
  const Tensor x = leaf({1, 2, 3});
  const Tensor saved = Tensor{1., 1., 1.}, product = sum(x * saved);
  saved.put({Tensor{0}}, 2);
  CHECK_THAT(thrown_by<std::logic_error>([&] { product.backward(); }), Contains("written in place"));
}

TEST_CASE("a write to a piece that is a copy is refused where the list is a temporary", "[put]") {
  Tensor c = square_matrix();
  const Numbers before = numbers(c);
  const auto refused = [&](auto write) { return thrown_by<std::logic_error>(write).find("lost") != std::string::npos; };
  CHECK(refused([&] { split(c, 1, 1)[0].fill_(7); }));
  CHECK(refused([&] { split(c, {1, 2}, 1).at(1).zero_(); }));
  CHECK(refused([&] { chunk(c, 3, 1).front().mul_(2.); }));
  CHECK(refused([&] { tensor_split(c, 2, 1).back().add_(Tensor(1.)); }));
  CHECK(refused([&] { unbind(c, 1)[2].fill_(7); }));
  CHECK(refused([&] { unbind(c, 1)[2] += 1.; }));
  CHECK(numbers(c) == before);
  CHECK(numbers(split(full({2, 2}, 3.), 1, 1)[0].fill_(7)) == Numbers{7, 7});  // of a tensor that nobody else holds
  split(c, 1)[2].fill_(7);
  unbind(c)[0] += 1.;
  CHECK(numbers(c) == Numbers{2, 3, 4, 4, 5, 6, 7, 7, 7});
  Pieces columns = split(c, 1, 1);
  columns[0].fill_(0);  // a copy that has a name
  CHECK(numbers(columns[0]) == Numbers{0, 0, 0});
  CHECK_THROWS_AS(columns.at(3), std::invalid_argument);
  const std::vector<Tensor> list = unbind(c);
  CHECK(list.size() == 3);
}

TEST_CASE("slices are the same for every dtype", "[put]") {
  for (const DType dtype : {float32, float64, int64, boolean}) {
    const Tensor c = Tensor({{0, 1, 1}, {1, 0, 0}, {0, 0, 1}}).to(dtype);
    CHECK(c(all(), range(_, _, -2)).dtype() == dtype);
    CHECK(numbers(c(all(), range(_, _, -2)).to(float64)) == Numbers{1, 0, 0, 1, 1, 0});
    CHECK(numbers(c(xt::keep(2, 0), xt::drop(0)).to(float64)) == Numbers{0, 1, 1, 1});
    CHECK(numbers(c(xt::drop(1), 2).to(float64)) == Numbers{1, 1});
    CHECK(c(xt::drop(0, 1, 2)).shape() == Shape{0, 3});
  }
}

TEST_CASE("put copies values that overlap the place", "[put]") {
  Tensor c = Tensor({1., 2., 3., 4.});
  c.put(range(1, 4), c(range(0, 3)));
  CHECK(numbers(c) == Numbers{1, 1, 2, 3});
  c.put(range(_, _, -1), c);
  CHECK(numbers(c) == Numbers{3, 2, 1, 1});
}

TEST_CASE("put is recorded for this handle where a gradient is required", "[put]") {
  const Tensor x = leaf({1, 2, 3}), v = leaf({5});
  Tensor y = x * 2.0;
  const Tensor before = y;
  y.put(range(0, 2), v * v);
  CHECK(numbers(y) == Numbers{25, 25, 6});
  CHECK(numbers(before) == Numbers{2, 4, 6});
  const auto g = grad({sum(y * Tensor{1., 10., 100.})}, {x, v});
  CHECK(numbers(g[0]) == Numbers{0, 0, 200});
  CHECK(numbers(g[1]) == Numbers{110});

  Tensor table = zeros({2, 3}, float64);
  table.put(1, x);  // a constant that becomes a recorded result
  CHECK(numbers(grad(sum(table * table), x)) == Numbers{2, 4, 6});
}

TEST_CASE("put has second derivatives", "[put]") {
  const auto f = [](const std::vector<Tensor>& in) {
    Tensor y = square(in[0]);
    y.put({all(), range(0, 3, 2)}, in[1] * y(all(), range(0, 2)));
    return y * y * y;
  };
  const std::vector<Tensor> inputs = {Tensor({{.5, 1., 1.5}, {2., -.5, -1.}}).requires_grad_(),
                                      Tensor({.7, -1.2}).requires_grad_()};
  CHECK(gradcheck(f, inputs).passed);
  CHECK(gradgradcheck(f, inputs).passed);
}

TEST_CASE("put refuses a leaf that requires a gradient, unless recording is off", "[put]") {
  Tensor w = leaf({1, 2});
  CHECK_THAT(thrown_by<std::logic_error>([&] { w.put(0, 7); }), Contains("put: a leaf") && Contains("NoGrad"));
  CHECK(numbers(w) == Numbers{1, 2});
  NoGrad off;
  w.put(0, 7);
  CHECK(numbers(w) == Numbers{7, 2});
  CHECK(w.requires_grad());
  CHECK(w.is_leaf());
}

TEST_CASE("put counts as a write of what a graph has saved", "[put]") {
  const Tensor x = leaf({1, 2});
  Tensor c = Tensor({3., 4.});
  const Tensor y = sum(x * c);
  c.put(0, 9);
  CHECK_THAT(thrown_by<std::logic_error>([&] { y.backward(); }), Contains("written in place"));
}

TEST_CASE("a put that is refused has changed nothing", "[put]") {
  Tensor c = square_matrix();
  const Numbers before = numbers(c);
  CHECK_THAT(thrown_by<std::invalid_argument>([&] {
               c.put({all(), 1}, Tensor{1., 2.});
             }),
             Contains("(2)") && Contains("(3)") && Contains("(3, 3)"));
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { c.put({xt::keep(1, 1)}, 0); }),
             Contains("index 1") && Contains("twice"));
  CHECK_THROWS_AS(c.put({3}, 0), std::invalid_argument);
  CHECK_THROWS_AS(c.put(0, Tensor()), std::invalid_argument);
  CHECK_THROWS_AS(Tensor().put(0, 1), std::logic_error);
  Tensor whole = zeros({3}, int64);
  CHECK_THAT(thrown_by<std::invalid_argument>([&] { whole.put(range(0, 1), leaf({1})); }), Contains("int64"));
  const Tensor constant = c;
  CHECK_THAT(thrown_by<std::logic_error>([&] { constant.put(0, leaf({1, 2, 3})); }), Contains("const"));
  CHECK_THAT(thrown_by<std::logic_error>([&] { c[0].put(range(0, 1), leaf({1})); }), Contains("temporary"));
  CHECK(numbers(c) == before);
}

TEST_CASE("a write to a temporary copy of a part is refused, with the way out", "[put]") {
  Tensor c = square_matrix();
  const Numbers before = numbers(c);
  const auto refused = [&](auto write) {
    const std::string said = thrown_by<std::logic_error>(write);
    return said.find("lost") != std::string::npos && said.find("put(") != std::string::npos;
  };
  const Tensor rows = {0, 2};
  CHECK(refused([&] { c(all(), 1).fill_(7); }));
  CHECK(refused([&] { c(range(0, 3, 2)).zero_(); }));
  CHECK(refused([&] { c(xt::keep(0, 1)).copy_(Tensor(1.)); }));
  CHECK(refused([&] { c.slice({all(), 1}).mul_(2.); }));
  CHECK(refused([&] { select(c, 1, 0).add_(Tensor(1.)); }));
  CHECK(refused([&] { narrow(c, 1, 0, 2).fill_(7); }));
  CHECK(refused([&] { transpose(c).fill_(7); }));
  CHECK(refused([&] { c.transpose().fill_(7); }));
  CHECK(refused([&] { c.t().fill_(7); }));
  CHECK(refused([&] { swapaxes(c, 0, 1).fill_(7); }));
  CHECK(refused([&] { c.permute({1, 0}).fill_(7); }));
  CHECK(refused([&] { broadcast_to(c, {2, 3, 3}).fill_(7); }));
  CHECK(refused([&] { c[rows].fill_(7); }));
  CHECK(refused([&] { index_select(c, 1, rows).fill_(7); }));
  CHECK(refused([&] { gather(c, 1, zeros({3, 1}, int64)).fill_(7); }));
  CHECK(refused([&] { c(all(), 1).mutable_view<double>()(0) = 7; }));
  CHECK(refused([&] { c(all(), 1).put(0, 7); }));
  // Views of such a copy.
  CHECK(refused([&] { c(all(), 1)[0].fill_(7); }));
  CHECK(refused([&] { transpose(c)[0].fill_(7); }));
  CHECK(refused([&] { transpose(c)(0, range(0, 2)).fill_(7); }));
  CHECK(refused([&] { c.transpose().reshape({9}).fill_(7); }));
  CHECK(refused([&] { reshape(transpose(c), {9}).detach().fill_(7); }));
  CHECK(refused([&] { unsqueeze(c(all(), 1), 0).fill_(7); }));
  CHECK(refused([&] { flatten(c(all(), range(0, 2))).fill_(7); }));
  // Assignment operators.
  CHECK(refused([&] { c(all(), 1) += 1.; }));
  CHECK(refused([&] { transpose(c) *= 2.; }));
  CHECK(refused([&] { c[rows] -= 1.; }));
  CHECK(refused([&] { c(all(), range(0, 2)) /= 2.; }));
  CHECK(refused([&] { exp(c) += 1.; }));
  CHECK(numbers(c) == before);
  {
    NoGrad off;
    const Tensor w = leaf({1, 2, 3, 4}).reshape({2, 2});
    CHECK(refused([&] { w(all(), 0).fill_(7); }));
  }
}

TEST_CASE("a write to a temporary that shares memory is a write", "[put]") {
  Tensor c = square_matrix();
  c[1].fill_(7);
  CHECK(numbers(c) == Numbers{1, 2, 3, 7, 7, 7, 7, 8, 9});
  c[0] += 1;
  c(2, range(0, 2)) *= 2.;
  c(1, 2).fill_(0);
  CHECK(numbers(c) == Numbers{2, 3, 4, 7, 7, 0, 14, 16, 9});
  c[2] -= c[0];
  c.reshape({9})[4].fill_(-1);
  c(range(0, 1)).mutable_view<double>()(0, 0) = 20;
  c.detach()[0].put({1}, 30);
  CHECK(numbers(c) == Numbers{20, 30, 4, 7, -1, 0, 12, 13, 5});
  const Tensor w = leaf({1, 2});
  sum(w).backward();
  w.grad() += 1;
  w.grad()[0].fill_(5);
  CHECK(numbers(w.grad()) == Numbers{5, 2});
}

TEST_CASE("writes to new values and to named copies work", "[put]") {
  Tensor t = zeros({3}).fill_(7);
  CHECK(numbers(t) == Numbers{7, 7, 7});
  CHECK(numbers(transpose(full({2, 1}, 3.)).mul_(2.)) == Numbers{6, 6});  // of a tensor that nobody else holds
  CHECK(numbers(full({2, 2}, 3.)(all(), 0).add_(Tensor(1.))) == Numbers{4, 4});
  CHECK(numbers(full({2, 2}, 3.)[Tensor{1, 0}].mul_(2.)) == Numbers{6, 6, 6, 6});
  const Tensor c = square_matrix();
  Tensor column = c(all(), 1);
  column.fill_(0);
  column[0].fill_(1);
  column += 1;
  CHECK(numbers(column) == Numbers{2, 1, 1});
  CHECK(numbers(c(all(), 1).clone().fill_(4)) == Numbers{4, 4, 4});
  CHECK(numbers(max(c, 1).values.mul_(2.)) == Numbers{6, 12, 18});
  const Tensor x = leaf({1, 2, 3});
  CHECK(numbers(grad(sum(x), x).mul_(3.)) == Numbers{3, 3, 3});
  CHECK(numbers(grad(sum(concat({x, x})), x).mul_(3.)) == Numbers{6, 6, 6});
  const Tensor m = leaf({1, 2, 3, 4}).reshape({2, 2}).detach().requires_grad_();
  CHECK(numbers(grad(sum(concat({m, m}, 1)(all(), range(1, 3))), m).fill_(1)) == Numbers{1, 1, 1, 1});
  CHECK(numbers(grad(sum(transpose(m)), m).mul_(2.)) == Numbers{2, 2, 2, 2});
}

TEST_CASE("an assignment to a temporary that would be recorded is refused", "[put]") {
  const Tensor w = leaf({1, 2});
  Tensor y = w * 1.0, c = zeros({2}, float64);
  CHECK_THAT(thrown_by<std::logic_error>([&] { w[0] += 1; }), Contains("recorded") && Contains("put("));
  CHECK_THAT(thrown_by<std::logic_error>([&] { y[0] *= 2; }), Contains("recorded"));
  CHECK_THAT(thrown_by<std::logic_error>([&] { c[0] += w[0]; }), Contains("recorded"));
  NoGrad off;
  w[0] += 1;
  CHECK(numbers(w) == Numbers{2, 2});
}

TEST_CASE("the gradients of many parts of one tensor cost what the parts hold", "[put]") {
  const std::int64_t rows = scaled(4096, 256);
  const Tensor w = zeros({rows, 1024}).requires_grad_();
  Tensor total = zeros({1024});
  for (std::int64_t i = 0; i < rows; ++i) total += w[i];
  for (std::int64_t i = 0; i < 100; ++i) total += w(all(), i)[0];
  sum(total).backward();
  CHECK(w.grad()(0, 0).item() == 1 + 1024);
  CHECK(w.grad()(0, 100).item() == 1);
  CHECK(w.grad()(rows - 1, 50).item() == 1);
}
