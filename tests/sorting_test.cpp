// Sorts, order statistics and what is different, at their edges. Numbers are those of PyTorch 2.13.

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

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

}  // namespace

TEST_CASE("sort puts NaN last, downwards first, and keeps the order of equal elements") {
  const Tensor x{3.0, not_a_number, 1.0, not_a_number, -inf, 1.0};
  const auto [up, up_at] = sort(x);
  CHECK(difference(up, Tensor{-inf, 1.0, 1.0, 3.0, not_a_number, not_a_number}) == "");
  CHECK(difference(up_at, Tensor{4, 2, 5, 0, 1, 3}) == "");
  const auto [down, down_at] = sort(x, 0, descending);
  CHECK(difference(down, Tensor{not_a_number, not_a_number, 3.0, 1.0, 1.0, -inf}) == "");
  CHECK(difference(down_at, Tensor{1, 3, 0, 2, 5, 4}) == "");
  CHECK(difference(sort(Tensor{0.0, -0.0, 0.0}, descending).indices, Tensor{0, 1, 2}) == "");
}

TEST_CASE("a long sort is stable and holds every element once") {
  Generator generator(6);
  const Tensor x = randint(0, 50, {3000}, generator);
  const auto [y, at] = sort(x);
  const auto *value = Raw::data<std::int64_t>(y), *index = Raw::data<std::int64_t>(at);
  bool ordered = true;
  for (std::int64_t i = 1; i < y.size(); ++i)
    ordered = ordered && (value[i - 1] < value[i] || (value[i - 1] == value[i] && index[i - 1] < index[i]));
  CHECK(ordered);
  CHECK(difference(gather(x, 0, at), y) == "");
  CHECK(difference(sort(at).values, arange(3000)) == "");
}

TEST_CASE("topk is the beginning of a sort, along any axis and for any k") {
  Generator generator(7);
  const Tensor x = randint(0, 9, {4, 30, 3}, generator).to(float64);
  for (std::int64_t axis = 0; axis < 3; ++axis)
    for (std::int64_t k = 0; k <= x.shape(axis); ++k) {
      INFO("axis " << axis << ", k " << k);
      const auto [down, down_at] = topk(x, k, axis);
      CHECK(difference(down_at, narrow(argsort(x, axis, descending), axis, 0, k)) == "");
      CHECK(difference(down, narrow(sort(x, axis, descending).values, axis, 0, k)) == "");
      CHECK(difference(topk(x, k, axis, smallest).indices, narrow(argsort(x, axis), axis, 0, k)) == "");
      if (k > 0) {
        CHECK(difference(kthvalue(x, k, axis).indices, select(argsort(x, axis), axis, k - 1)) == "");
      }
    }
  CHECK(difference(topk(Tensor{3.0, not_a_number, 1.0, not_a_number}, 3).indices, Tensor{1, 3, 0}) == "");
  CHECK(std::isnan(kthvalue(Tensor{3.0, not_a_number, 1.0}, 3).values.item()));
  CHECK(topk(Tensor(2.0), 1, 0).values.rank() == 0);
}

TEST_CASE("the median is the lower one, NaN wins, and ties share the gradient of the median of all") {
  CHECK(median(Tensor{3, 1, 2, 4}).item() == 2);
  CHECK(std::isnan(median(Tensor{1.0, not_a_number, 2.0}).item()));
  CHECK(nanmedian(Tensor{1.0, not_a_number, 2.0}).item() == 1);
  CHECK(std::isnan(median(zeros({0})).item()));
  CHECK(median(Tensor{1.0, not_a_number, 2.0, not_a_number}, 0).indices.item() == 1);
  CHECK(nanmedian(Tensor{not_a_number, not_a_number}, 0).indices.item() == 0);
  const double third = 1.0 / 3;
  CHECK(difference(slope([](const Tensor& x) { return median(x); }, Tensor{2.0, 1.0, 2.0, 5.0, 2.0, 9.0}),
                   Tensor{third, 0.0, third, 0.0, third, 0.0}) == "");
  CHECK(difference(slope([](const Tensor& x) { return nanmedian(x); }, Tensor{2.0, not_a_number, 1.0, 5.0, 1.0}),
                   Tensor{0.0, 0.0, 0.5, 0.0, 0.5}) == "");
  CHECK(difference(slope([](const Tensor& x) { return median(x); }, zeros({0}, float64)), zeros({0}, float64)) == "");
}

TEST_CASE("the mode is the smallest of the most frequent, at its last index") {
  const auto [value, index] = mode(Tensor({{2.0, 1.0, 1.0, 2.0, 3.0}, {5.0, not_a_number, not_a_number, 7.0, 7.0}}));
  CHECK(difference(value, Tensor{1.0, 7.0}) == "");
  CHECK(difference(index, Tensor{2, 4}) == "");
  CHECK(mode(Tensor{not_a_number, not_a_number}).indices.item() == 0);
  CHECK(mode(Tensor{true, false}).values.item<bool>() == false);
}

TEST_CASE("quantiles have the known values and gradients for every interpolation") {
  const Tensor x({{3.0, 1.0, 4.0, 1.5}, {9.0, 2.0, 6.0, 5.0}}), q{0.1, 0.5, 0.77};
  struct Known {
    Interpolation how;
    Tensor value, slope;
  };
  const std::vector<Known> all = {
      {Interpolation::linear,
       {{1.15, 2.9}, {2.25, 5.5}, {3.31, 6.93}},
       {{4.95, 0.7, 1.55, 1.8}, {1.86, 1.4, 6.14, 2.6}}},
      {Interpolation::lower, {{1.0, 2.0}, {1.5, 5.0}, {3.0, 6.0}}, {{5.0, 1.0, 0.0, 3.0}, {0.0, 2.0, 6.0, 4.0}}},
      {Interpolation::higher, {{1.5, 5.0}, {3.0, 6.0}, {4.0, 9.0}}, {{3.0, 0.0, 5.0, 1.0}, {6.0, 0.0, 4.0, 2.0}}},
      {Interpolation::midpoint, {{1.25, 3.5}, {2.25, 5.5}, {3.5, 7.5}}, {{4.0, 0.5, 2.5, 2.0}, {3.0, 1.0, 5.0, 3.0}}},
      {Interpolation::nearest, {{1.0, 2.0}, {3.0, 6.0}, {3.0, 6.0}}, {{8.0, 1.0, 0.0, 0.0}, {0.0, 2.0, 10.0, 0.0}}}};
  for (const Known& known : all) {
    INFO("interpolation " << static_cast<int>(known.how));
    const auto f = [&](const Tensor& in) { return quantile(in, q, 1, KeepDims::no, known.how); };
    CHECK(difference(f(x), known.value, 1e-14) == "");
    CHECK(difference(slope(f, x), known.slope, 1e-14, 1e-300) == "");
  }
  CHECK(quantile(x, q, 1, keepdims).shape() == Shape{3, 2, 1});
  CHECK(quantile(x, 0.5, 0).shape() == Shape{4});
  CHECK(quantile(x, Tensor{0.5}).shape() == Shape{1});
  CHECK(quantile(x.to(float32), 0.5).dtype() == float32);
}

TEST_CASE("NaN makes a quantile NaN, and is left out of a nanquantile") {
  const Tensor x{3.0, not_a_number, 4.0, 1.5, not_a_number}, q{0.1, 0.5};
  CHECK(difference(quantile(x, q, 0), full({2}, not_a_number)) == "");
  CHECK(difference(nanquantile(x, q, 0), Tensor{1.8, 3.0}, 1e-15) == "");
  CHECK(std::isnan(nanquantile(Tensor{not_a_number}, 0.5).item()));
  CHECK(difference(slope([&](const Tensor& in) { return nanquantile(in, q, 0); }, x), Tensor{2.2, 0.0, 0.0, 0.8, 0.0},
                   1e-14) == "");
}

TEST_CASE("a quantile between infinities, and between numbers whose difference overflows, is what lies between them") {
  const Tensor x{-inf, -inf, 1.0, inf, inf}, q{0.0, 0.125, 0.25, 0.5, 0.625, 1.0};
  CHECK(difference(quantile(x, q), Tensor{-inf, -inf, -inf, 1.0, inf, inf}) == "");
  CHECK(difference(quantile(x, q, Interpolation::midpoint), Tensor{-inf, -inf, -inf, 1.0, inf, inf}) == "");
  CHECK(std::isnan(quantile(Tensor{-inf, inf}, 0.5).item()));
  const Tensor far({-3e38f, 3e38f}), near({-3.f, 3.f});
  for (const Interpolation how : {Interpolation::linear, Interpolation::midpoint})
    for (const double at : {0.0, 0.25, 0.5, 0.875, 1.0}) {
      const auto f = [&](const Tensor& in) { return quantile(in, at, how); };
      CHECK(difference(f(far), f(near) * 1e38f, 1e-6) == "");
      CHECK(difference(slope(f, far), slope(f, near)) == "");
    }
  // A line beside others is what it is alone.
  const Tensor lines{{1.0, 2.0, 4.0}, {inf, inf, 3.0}};
  const auto f = [](const Tensor& in) { return quantile(in, Tensor{0.3, 0.9}, 1); };
  CHECK(difference(f(lines)(xt::all(), 0), f(lines(xt::range(0, 1)))(xt::all(), 0)) == "");
}

TEST_CASE("quantiles of float32 count ranks beyond its whole numbers, and round no rank up") {
  CHECK(quantile(arange(11).to(float32), 0.1, Interpolation::higher).item() == 1);
  CHECK(quantile(arange(11).to(float32), 0.3, Interpolation::lower).item() == 3);
  if (scaled(1, 0) == 0) return;
  // Of an even number of elements, half of them 1, the median lies between 0 and 1.
  const std::int64_t half = (std::int64_t{1} << 23) + 1;
  const Tensor x = concat({zeros({half}), ones({half})});
  CHECK(quantile(x, 0.5).item() == 0.5);
  CHECK(nanquantile(x, 0.5, Interpolation::higher).item() == 1);
}

TEST_CASE("unique elements come in order, NaNs apart, with their places and counts") {
  const auto [values, inverse, counts] = unique(Tensor{not_a_number, 1.0, not_a_number, -0.0, 0.0});
  CHECK(difference(values, Tensor{-0.0, 1.0, not_a_number, not_a_number}) == "");
  CHECK(difference(inverse, Tensor{2, 1, 3, 0, 0}) == "");
  CHECK(difference(counts, Tensor{2, 1, 1, 1}) == "");
  CHECK(unique(zeros({0})).values.size() == 0);
  CHECK(unique(Tensor(3.0)).inverse.rank() == 0);
  CHECK(difference(unique(Tensor{true, false, true}).values, Tensor{false, true}) == "");
}

TEST_CASE("unique slices come in lexicographic order") {
  const auto [values, inverse, counts] = unique(Tensor({{3, 1, 3, 2}, {0, 5, 0, 5}}), 1);
  CHECK(difference(values, Tensor({{1, 2, 3}, {5, 5, 0}})) == "");
  CHECK(difference(inverse, Tensor{2, 0, 2, 1}) == "");
  CHECK(difference(counts, Tensor{1, 1, 2}) == "");
  CHECK(unique(zeros({0, 3}), 0).values.shape() == Shape{0, 3});
  CHECK_THROWS_AS(unique(zeros({2, 0}), 0), std::invalid_argument);
}

TEST_CASE("slices along the last axis are ordered by their elements in row-major order") {
  const Tensor x({{{0, 0}, {1, 0}}, {{0, 1}, {0, 0}}});  // {{0, 1}, {0, 0}} and {{0, 0}, {1, 0}}
  const auto [values, inverse, counts] = unique(x, -1);
  CHECK(difference(values, flip(x, -1)) == "");
  CHECK(difference(inverse, Tensor{1, 0}) == "");
  CHECK(difference(counts, Tensor{1, 1}) == "");
}

TEST_CASE("reductions, scans, sorts and draws have the same bits for any number of threads") {
  Generator numbers(8);
  const Tensor wide = randn({3, 500, 70}, numbers, float64), line = randn({200003}, numbers, float64);
  const auto results = [&] {
    Generator generator(9);
    std::vector<Tensor> all;
    for (const Tensor& x : {wide, line}) {
      const std::int64_t axis = x.rank() == 3 ? 1 : 0;
      for (const Tensor& y : {prod(x, axis), norm(x, 2, axis), norm(x, 3, axis), cumsum(x, axis), logcumsumexp(x, axis),
                              sort(x, axis).values, median(x, axis).values, quantile(x, 0.3, axis),
                              count_nonzero(x > 1, axis), searchsorted(Tensor{-1.0, 0.0, 1.0}, x)})
        all.push_back(y);
    }
    for (const Tensor& y : {gumbel({1000}, generator), exponential(2, {1000}, generator),
                            multinomial(ones({5, 100}), 7, Replacement::no, generator).to(float32)})
      all.push_back(y);
    return all;
  };
  const int before = num_threads();
  set_num_threads(1);
  const std::vector<Tensor> one = results();
  for (const int threads : {2, 3, 4}) {
    set_num_threads(threads);
    const std::vector<Tensor> several = results();
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(difference(several[i], one[i]) == "");
  }
  set_num_threads(before);
}

TEST_CASE("a hard sample of gumbel_softmax is one-hot and has the gradient of the soft one") {
  const Tensor x = Tensor({{0.1, 2.0, -1.0}, {0.5, 0.4, 0.3}}).requires_grad_();
  const auto sample = [&](Sampling how) {
    Generator generator(10);
    return gumbel_softmax(x, generator, 0.5, how);
  };
  const Tensor soft = sample(Sampling::soft), hard = sample(Sampling::hard), seed({{1.0, 2.0, 3.0}, {-1.0, 0.5, 2.0}});
  CHECK(difference(sum(hard, 1).detach(), Tensor{1.0, 1.0}) == "");
  CHECK(difference(argmax(hard, 1), argmax(soft, 1)) == "");
  CHECK(difference(grad({hard}, {x}, {seed})[0], grad({soft}, {x}, {seed})[0]) == "");
}

TEST_CASE("a refused draw leaves the generator where it was") {
  Generator generator(11);
  CHECK_THROWS_AS(bernoulli(Tensor{0.5, 1.5}, generator), std::invalid_argument);
  CHECK_THROWS_AS(multinomial(Tensor{1.0, -1.0}, 1, Replacement::no, generator), std::invalid_argument);
  CHECK_THROWS_AS(normal(Tensor{1.0}, Tensor{-1.0}, generator), std::invalid_argument);
  CHECK_THROWS_AS(normal(zeros({2}), zeros({3}), generator), std::invalid_argument);
  CHECK_THROWS_AS(uniform(2, 1, {3}, generator), std::invalid_argument);
  CHECK(generator.draws() == 0);
}
