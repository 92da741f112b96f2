// Writing by indices: what repeated ones do, how exact sums are, and that the number of threads changes nothing.

#include <cmath>
#include <limits>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/page_heap.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

const double missing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("of a repeated index scatter leaves the last element, which alone gets a gradient", "[scatter]") {
  const Tensor x = leaf({1, 2, 3}), s = leaf({10, 20, 30, 40});
  const Tensor y = scatter(x, 0, Tensor{1, 0, 1, 0}, s);
  CHECK(numbers(y) == Numbers{40, 30, 3});
  const auto g = grad({sum(y * Tensor{1., 10., 100.})}, {x, s});
  CHECK(numbers(g[0]) == Numbers{0, 0, 100});
  CHECK(numbers(g[1]) == Numbers{0, 0, 10, 1});
  const Tensor rows = index_copy(x, 0, Tensor{2, 2}, s(xt::range(0, 2)));
  CHECK(numbers(grad(sum(rows), s)) == Numbers{0, 1, 0, 0});
}

TEST_CASE("the value of index_fill counts once at a repeated index", "[scatter]") {
  const Tensor value = leaf({7})[0];
  const Tensor y = index_fill(zeros({3}, float64), 0, Tensor{1, 1, 1}, value);
  CHECK(numbers(y) == Numbers{0, 7, 0});
  CHECK(numbers(grad(sum(y), value)) == Numbers{1});
}

TEST_CASE("the row of padding_idx gets no gradient, of any order", "[scatter]") {
  const Tensor table = leaf({1, 2, 3, 4, 5, 6}).reshape({3, 2}).detach().requires_grad_();
  const Tensor y = embedding(Tensor({{1, 2}, {2, 0}}), table, -1);
  CHECK(numbers(y) == Numbers{3, 4, 5, 6, 5, 6, 1, 2});
  CHECK(numbers(grad(sum(y), table, {}, retain_graph)) == Numbers{1, 1, 1, 1, 0, 0});
  const Tensor g = grad(sum(y * y), table, {}, create_graph);
  CHECK(numbers(g) == Numbers{2, 4, 6, 8, 0, 0});
  CHECK(numbers(grad(sum(g), table)) == Numbers{2, 2, 2, 2, 0, 0});
}

TEST_CASE("sums of float32 at one index are accumulated in double", "[scatter]") {
  const std::int64_t n = scaled(10'000'000, 100'000);
  const Tensor tenths = full({n}, .1f), nowhere = zeros({n}, int64);
  const double expected = static_cast<double>(.1f) * static_cast<double>(n);
  CHECK(scatter_add(zeros({2}), 0, nowhere, tenths)(0).item() == Approx(expected).epsilon(1e-7));
  CHECK(scatter_add(zeros({8 * n}), 0, nowhere, tenths)(0).item() == Approx(expected).epsilon(1e-7));
  CHECK(index_add(ones({2}), 0, nowhere, tenths)(0).item() == Approx(expected + 1).epsilon(1e-7));
  CHECK(put(zeros({2}), {nowhere}, .1f, Accumulate::yes)(0).item() == Approx(expected).epsilon(1e-7));
}

TEST_CASE("rows that meet are added as a product with the indices' ones and zeros adds them", "[scatter]") {
  const std::int64_t columns = GENERATE(15, 16, 17, 33, 1023, 1024, 1030, 2049), count = GENERATE(0, 1, 2, 4, 5, 9, 23);
  Generator generator(5);
  const Tensor x = randint(-9, 9, {2, 3, columns}, generator), s = randint(-9, 9, {2, count, columns}, generator);
  const Tensor at = randint(0, 3, {count}, generator);
  const Tensor ones = (reshape(at, {1, count}) == reshape(arange(3), {3, 1})).to(float64);
  const Tensor expected = x.to(float64) + matmul(ones, s.to(float64));  // whole numbers: exact
  for (const DType dtype : {float32, float64, int64}) {
    const Tensor a = x.to(dtype), b = s.to(dtype);
    CHECK(difference(index_add(a, 1, at, b).to(float64), expected) == "");
    CHECK(difference(index_add(a + 0, 1, at, b).to(float64), expected) == "");  // in the memory of the temporary
  }
  const Tensor first = x.to(float32).requires_grad_();
  const Tensor rows = index_select(first, 1, at);
  if (count > 0)
    CHECK(difference(grad({rows}, {first}, {s.to(float32)})[0].to(float64), expected - x.to(float64)) == "");
  const Tensor joined = (x > 0) | (matmul(ones, (s > 0).to(float64)) > 0);
  CHECK(difference(index_add(x > 0, 1, at, s > 0).to(float64), joined.to(float64)) == "");
}

TEST_CASE("what no index names keeps its bits", "[scatter]") {
  const Tensor x = Tensor({-0.f, 1.f, missing, -0.f}, float32);
  for (const Tensor& y : {scatter_add(x, 0, Tensor{1, 1}, Tensor({1.f, 2.f})), scatter(x, 0, Tensor{1}, Tensor({5.f})),
                          scatter_reduce(x, 0, Tensor{1}, Tensor({9.f}), ScatterReduce::mean)}) {
    CHECK(std::signbit(y(0).item()));
    CHECK(std::signbit(y(3).item()));
    CHECK(std::isnan(y(2).item()));
  }
}

TEST_CASE("where nothing is written, values have a gradient of 0", "[scatter]") {
  const Tensor none = zeros({0}, int64), x = zeros({3}, float64);
  const auto slope_is_zero = [&](const auto& f, const Shape& shape) {
    const Tensor v = zeros(shape, float64).requires_grad_();
    const Tensor y = f(v);
    CHECK(difference(y.detach(), x) == "");
    CHECK(difference(grad(sum(y), v), zeros(shape, float64)) == "");
  };
  const Tensor mask{false, false, false};
  for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes}) {
    slope_is_zero([&](const Tensor& v) { return put(x, {mask}, v, accumulate); }, {0});
    slope_is_zero([&](const Tensor& v) { return put(x, {none}, v, accumulate); }, {1});
  }
  slope_is_zero([&](const Tensor& v) { return scatter(x, 0, none, v); }, {0});
  slope_is_zero([&](const Tensor& v) { return scatter(x, 0, none, v); }, {2});
  slope_is_zero([&](const Tensor& v) { return scatter_add(x, 0, none, v); }, {0});
  for (const ScatterReduce how : {ScatterReduce::sum, ScatterReduce::prod, ScatterReduce::mean, ScatterReduce::amax})
    slope_is_zero([&](const Tensor& v) { return scatter_reduce(x, 0, none, v, how); }, {0});
  slope_is_zero([&](const Tensor& v) { return index_fill(x, 0, none, v); }, {});
}

TEST_CASE("a scale of whole numbers that are added is taken modulo 2^64, as the sums are", "[scatter]") {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const Tensor y = index_add(zeros({2}, int64), 0, Tensor{1}, Tensor{most}, 2.0);
  CHECK(y(1).item<std::int64_t>() == -2);
}

TEST_CASE("few rows of many take room for themselves alone", "[scatter]") {
  Generator generator(3);
  for (const std::int64_t inner : {1, 2, 8, 15}) {
    const std::int64_t n = 200000;
    const Tensor x = randn({n, inner}, generator), more = randn({500, inner}, generator);
    const Tensor rows = remainder(arange(500) * 7919, 97) * 2000;
    const Tensor expected = x.to(float64) + index_add(zeros({n, inner}, float64), 0, rows, more.to(float64));
    CHECK(difference(index_add(x, 0, rows, more), expected.to(float32)) == "");
    const Tensor picks = broadcast_to(reshape(rows, {500, 1}), {500, inner});
    CHECK(difference(scatter_add(x, 0, picks, more), expected.to(float32)) == "");
  }
  const Tensor wide = zeros({std::int64_t{1} << 20, 8});
  release_cached_memory();
  const std::size_t before = detail::page_heap::held().now;
  detail::page_heap::reset_peak();
  const Tensor y = index_add(wide, 0, Tensor{3, 5, 3}, ones({3, 8}));
  CHECK(y(3, 0).item() == 2);
  CHECK(static_cast<double>(detail::page_heap::held().peak) < static_cast<double>(before) + 0x3p24);  // y takes 0x1p25
}

TEST_CASE("extremes are shared by ties, and NaN is one", "[scatter]") {
  const Tensor x = leaf({5, 1, 2}), s = leaf({5, 5, missing, 0});
  const Tensor y = scatter_reduce(x, 0, Tensor{0, 0, 1, 2}, s, ScatterReduce::amax);
  CHECK(y(0).item() == 5);
  CHECK(std::isnan(y(1).item()));
  CHECK(y(2).item() == 2);
  const auto g = grad({y}, {x, s}, {Tensor{3., 1., 1.}});
  CHECK(numbers(g[0]) == Numbers{1, 0, 1});
  CHECK(numbers(g[1]) == Numbers{1, 1, 1, 0});
  // Without the element of x, which then gets nothing though it equals the maximum.
  const Tensor z = scatter_reduce(x, 0, Tensor{0, 0, 1, 1}, s, ScatterReduce::amin, IncludeSelf::no);
  CHECK(numbers(z(xt::drop(1))) == Numbers{5, 2});
  const auto h = grad({z}, {x, s}, {Tensor{2., 0., 1.}});
  CHECK(numbers(h[0]) == Numbers{0, 0, 1});
  CHECK(numbers(h[1]) == Numbers{1, 1, 0, 0});
}

TEST_CASE("products of scattered elements have right derivatives at zeros", "[scatter]") {
  const auto f = [](const std::vector<Tensor>& in) {
    return scatter_reduce(in[0], 0, Tensor{0, 1, 0, 1, 0}, in[1], ScatterReduce::prod);
  };
  const std::vector<Tensor> inputs = {leaf({2, 0, 3}), leaf({0, 4, 0, 0, 5})};
  CHECK(numbers(f(inputs)) == Numbers{0, 0, 3});
  CHECK(gradgradcheck(f, inputs, GradcheckOptions().allow_zero(true)).passed);
  const Tensor g = grad({f(inputs)}, {inputs[1]}, {Tensor{1., 1., 1.}}, create_graph)[0];
  CHECK(numbers(g) == Numbers{0, 0, 0, 0, 0});
  CHECK(numbers(grad({g}, {inputs[1]}, {Tensor{1., 0., 0., 0., 0.}})[0]) == Numbers{0, 0, 10, 0, 0});
}

TEST_CASE("whole numbers and truth values scatter", "[scatter]") {
  const Tensor x = {10, 20, 30}, at = {0, 0, -1};
  CHECK(whole_numbers(scatter(x, 0, at, Tensor{1, 2, 3})) == std::vector<std::int64_t>{2, 20, 3});
  CHECK(whole_numbers(scatter(x, 0, at, 7)) == std::vector<std::int64_t>{7, 20, 7});
  CHECK(whole_numbers(scatter_add(x, 0, at, Tensor{1, 2, 3})) == std::vector<std::int64_t>{13, 20, 33});
  CHECK(whole_numbers(scatter_reduce(x, 0, at, Tensor{-1, -2, -100}, ScatterReduce::mean)) ==
        std::vector<std::int64_t>{2, 20, -35});
  CHECK(whole_numbers(scatter_reduce(x, 0, at, Tensor{2, 3, 4}, ScatterReduce::prod)) ==
        std::vector<std::int64_t>{60, 20, 120});
  CHECK(whole_numbers(scatter_reduce(x, 0, at, Tensor{2, 3, 4}, ScatterReduce::amin)) ==
        std::vector<std::int64_t>{2, 20, 4});
  const Tensor truth = zeros({2}, boolean);
  CHECK(difference(scatter_add(truth, 0, Tensor{1, 1}, Tensor{true, true}), Tensor{false, true}) == "");
  CHECK(difference(masked_fill(Tensor{1, 2, 3}, Tensor{true, false, true}, 2.5), Tensor{2, 2, 2}) == "");
  CHECK(difference(masked_select(Tensor{true, false}, Tensor{true, true}), Tensor{true, false}) == "");
}

TEST_CASE("a value that requires a gradient is not written where there is none", "[scatter]") {
  const Tensor w = leaf({2.5})[0], x = {1, 2, 3}, at = {0, 2}, chosen{true, false, true};
  const std::string says =
      ": values that require a gradient cannot be written into int64 of shape (3): write their "
      "detach(), or convert the tensor with to(float64)";
  const auto message = [](auto f) { return thrown_by<std::invalid_argument>(f); };
  using Catch::Matchers::StartsWith;
  CHECK_THAT(message([&] { masked_fill(x, chosen, w); }), StartsWith("masked_fill" + says));
  CHECK_THAT(message([&] { index_fill(x, 0, at, w); }), StartsWith("index_fill" + says));
  CHECK_THAT(message([&] { put(x, {at}, w); }), StartsWith("put" + says));
  CHECK_THAT(message([&] { put(x, {chosen}, w); }), StartsWith("put" + says));
  // Numbers take the dtype of x, unless they require a gradient.
  Tensor number = 2.5;
  CHECK(whole_numbers(scatter(x, 0, at, number)) == std::vector<std::int64_t>{2, 2, 2});
  number.requires_grad_();
  CHECK_THAT(message([&] { scatter(x, 0, at, number); }), StartsWith("scatter" + says));
  CHECK_THAT(message([&] { scatter_add(x, 0, at, number); }), StartsWith("scatter_add" + says));
  CHECK_THAT(message([&] { masked_fill(x, chosen, number); }), StartsWith("masked_fill" + says));
  CHECK(whole_numbers(masked_fill(x, chosen, w.detach())) == std::vector<std::int64_t>{2, 2, 2});
  {
    const NoGrad off;
    CHECK(whole_numbers(index_fill(x, 0, at, w)) == std::vector<std::int64_t>{2, 2, 2});
  }
  CHECK(numbers(grad(sum(masked_fill(x.to(float64), chosen, w)), w)) == Numbers{2});
}

TEST_CASE("a number with which a tensor is filled gets the gradients of all elements", "[scatter]") {
  const Tensor w = Tensor(2.5).requires_grad_(), one = leaf({2.5});
  for (const Tensor& number : {w, one}) {
    const Tensor y = full({2, 3}, number), like = full_like(zeros({4}), number);
    CHECK(numbers(y) == Numbers(6, 2.5));
    CHECK(y.dtype() == float64);
    CHECK(like.dtype() == float32);
    CHECK(numbers(grad(sum(y * y), number)) == Numbers{30});
    CHECK(numbers(grad(sum(like), number)) == Numbers{4});
    Tensor alone = full({}, number);
    {
      const NoGrad off;
      alone.fill_(7);
    }
    CHECK(number.item() == 2.5);
    CHECK_THAT(thrown_by<std::invalid_argument>([&] { full({2}, number, int64); }),
               Catch::Matchers::StartsWith("full: a number that requires a gradient cannot fill int64 of shape (2)"));
    CHECK_THAT(thrown_by<std::invalid_argument>([&] { full_like(Tensor{1}, number); }),
               Catch::Matchers::StartsWith("full_like: a number that requires a gradient cannot fill int64"));
    CHECK(whole_numbers(full({2}, number.detach(), int64)) == std::vector<std::int64_t>{2, 2});
    const NoGrad off;
    CHECK_FALSE(full({2}, number).requires_grad());
  }
}

TEST_CASE("replicate repeats the edge where all of an axis is removed", "[arranging]") {
  const Tensor x = Tensor({1., 2., 3.}).requires_grad_();
  const Tensor y = pad(x, {-3, 2}, PadMode::replicate), z = pad(x, {3, -4}, PadMode::replicate);
  CHECK(numbers(y) == Numbers{3, 3});
  CHECK(numbers(z) == Numbers{1, 1});
  CHECK(numbers(grad(sum(y + z), x)) == Numbers{2, 0, 2});
}

TEST_CASE("arranging works for every dtype", "[arranging]") {
  for (const DType dtype : {float32, float64, int64, boolean}) {
    const Tensor x = Tensor({{1, 0, 1}, {0, 1, 1}}).to(dtype);
    const auto is = [&](const Tensor& y, const Tensor& expected) { return difference(y, expected.to(dtype)) == ""; };
    CHECK(is(flip(x, 1), {{1, 0, 1}, {1, 1, 0}}));
    CHECK(is(x(xt::all(), xt::range(xt::placeholders::_, xt::placeholders::_, -1)), flip(x, 1)));
    CHECK(is(roll(x, 1, 1), {{1, 1, 0}, {1, 0, 1}}));
    CHECK(is(tile(x, {1, 2}), {{1, 0, 1, 1, 0, 1}, {0, 1, 1, 0, 1, 1}}));
    CHECK(is(repeat_interleave(x, 2, 0), {{1, 0, 1}, {1, 0, 1}, {0, 1, 1}, {0, 1, 1}}));
    CHECK(is(tril(x), {{1, 0, 0}, {0, 1, 0}}));
    CHECK(is(triu(x, 1), {{0, 0, 1}, {0, 0, 1}}));
    CHECK(is(diagonal(x), {1, 1}));
    CHECK(is(diag(Tensor{1, 1}.to(dtype), 1), {{0, 1, 0}, {0, 0, 1}, {0, 0, 0}}));
    CHECK(is(pad(x, {1, 0}, PadMode::constant, 1), {{1, 1, 0, 1}, {1, 0, 1, 1}}));
    CHECK(is(pad(x, {2, 0}, PadMode::reflect), {{1, 0, 1, 0, 1}, {1, 1, 0, 1, 1}}));
    CHECK(is(pad(x, {0, 2}, PadMode::replicate), {{1, 0, 1, 1, 1}, {0, 1, 1, 1, 1}}));
    CHECK(is(pad(x, {0, 2}, PadMode::circular), {{1, 0, 1, 1, 0}, {0, 1, 1, 0, 1}}));
    CHECK(is(unfold(x, 1, 2, 1), {{{1, 0}, {0, 1}}, {{0, 1}, {1, 1}}}));
    CHECK(is(take(x, Tensor{-1, 1}), {1, 0}));
  }
}

TEST_CASE("arranging and scattering give the same bits for any number of threads", "[scatter]") {
  manual_seed(9);
  const std::int64_t n = scaled(1 << 19, 1 << 16);
  const Tensor x = randn({n / 64, 64}).requires_grad_(), seed = randn({n / 64, 64});
  const Tensor at = randint(0, n / 64, {n / 64, 64}), few = randint(0, n / 64, {n / 4096});
  const auto all = [&] {
    std::vector<Tensor> results = {roll(x, {3, 5}, {0, 1}),
                                   flip(x, {0, 1}),
                                   tril(x),
                                   tile(x, {2, 1}),
                                   pad(x, {3, 4, 1, 2}, PadMode::reflect),
                                   unfold(x, 0, 7, 2),
                                   scatter_add(x, 0, at, seed),
                                   scatter(x, 0, at, seed),
                                   scatter_reduce(x, 0, at, seed, ScatterReduce::amax),
                                   index_add(x, 0, few, x(xt::range(0, n / 4096))),
                                   masked_select(x, seed > 0.f),
                                   masked_scatter(x, seed > 0.f, seed),
                                   x(few, xt::range(0, 64, 3)),
                                   embedding(few, x)};
    Tensor total = zeros({}, float32);
    for (const Tensor& y : results) total = total + sum(y * y);
    results.push_back(grad(total, x));
    return results;
  };
  const int before = num_threads();
  set_num_threads(1);
  const std::vector<Tensor> one = all();
  for (const int threads : {2, 4}) {
    set_num_threads(threads);
    const std::vector<Tensor> more = all();
    for (std::size_t i = 0; i < one.size(); ++i) {
      INFO("result " << i);
      CHECK(difference(more[i], one[i]) == "");
    }
  }
  set_num_threads(before);
}

TEST_CASE("scattered products of finite numbers are no NaN where some of them overflow", "[scatter]") {
  const auto product = [](const Tensor& x, const Tensor& s) {
    return scatter_reduce(x, 0, zeros({s.size()}, int64), s, ScatterReduce::prod, IncludeSelf::no);
  };
  const Tensor x({1.F, 5.F});
  CHECK(numbers(product(x, Tensor({1e30F, 1e30F, 0.F}))) == Numbers{0, 5});
  CHECK(difference(product(x, Tensor({1e30F, 1e30F, 1e-30F})), Tensor({1e30F, 5.F}), 1e-6, 0) == "");
  CHECK(numbers(product(Tensor({1., 5.}), Tensor({1e200, 1e200, 0.}))) == Numbers{0, 5});
  CHECK(std::isnan(numbers(product(Tensor({1., 5.}), Tensor({std::numeric_limits<double>::infinity(), 2., 0.})))[0]));

  // The derivative by the one that is 0 overflows; those by the others are 0.
  const Tensor s = Tensor({0., 1., 1e200, 1e200}).requires_grad_();
  CHECK(numbers(grad(sum(product(Tensor({1., 5.}), s)), s)) ==
        Numbers{std::numeric_limits<double>::infinity(), 0, 0, 0});
  const Tensor f = Tensor({0.F, 1e30F, 1e30F, 1e-30F}).requires_grad_();
  CHECK(difference(grad(sum(product(x, f)), f), Tensor({1e30F, 0.F, 0.F, 0.F}), 1e-6, 0) == "");
}
