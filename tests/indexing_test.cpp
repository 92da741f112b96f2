// Gradients of gather and index_select: gradients of a repeated index are added in double, in a fixed order.

#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "both_bodies.hpp"

using namespace xgrad;
using Catch::Matchers::StartsWith;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

/// The gradient of x, of this shape, when rows of it are taken along an axis and `seed` is the gradient of those.
Tensor of_rows(const Shape& shape, std::int64_t axis, const Tensor& rows, const Tensor& seed) {
  const Tensor x = zeros(shape, seed.dtype()).requires_grad_();
  return grad({index_select(x, axis, rows)}, {x}, {seed})[0];
}

/// The same when elements of it are picked.
Tensor of_picks(const Shape& shape, std::int64_t axis, const Tensor& picks, const Tensor& seed) {
  const Tensor x = zeros(shape, seed.dtype()).requires_grad_();
  return grad({gather(x, axis, picks)}, {x}, {seed})[0];
}

/// The numbers as a (count, columns) matrix with equal columns.
Tensor repeated(const std::vector<float>& numbers, std::int64_t columns) {
  const Tensor column = reshape(Tensor(numbers), {static_cast<std::int64_t>(numbers.size()), 1});
  return broadcast_to(column, {column.shape(0), columns});
}

}  // namespace

TEST_CASE("float32 gradients of a repeated index are added in double", "[indexing]") {
  // A power of two times the float nearest to 0.1 is itself a float.
  const std::int64_t count = std::int64_t{1} << 22;
  const float tenth = 0.1f;
  const double expected = static_cast<double>(count) * static_cast<double>(tenth);
  CHECK(of_rows({3}, 0, full({count}, 1, int64), full({count}, tenth))[1].item() == expected);
  CHECK(of_picks({3}, 0, full({count}, 1, int64), full({count}, tenth))[1].item() == expected);
  CHECK(of_picks({2, 3}, 1, full({2, count}, 2, int64), full({2, count}, tenth))(1, 2).item() == expected);
  const std::int64_t fewer = count / 16;
  CHECK(of_rows({2, 16}, 0, full({fewer}, 1, int64), full({fewer, 16}, tenth))(1, 15).item() == expected / 16);
  CHECK(of_rows({2, 3}, 1, full({fewer}, 1, int64), full({2, fewer}, tenth))(0, 1).item() == expected / 16);
}

TEST_CASE("sums are rounded once, for few columns and many, few indices and many", "[indexing]") {
  // In float, 1e8 + 1 is 1e8, and 3e38 + 3e38 is infinite.
  struct Sum {
    std::vector<float> parts;
    float whole;
  };
  const std::vector<Sum> sums = {{{1e8f, 1, -1e8f}, 1},
                                 {{3e38f, 3e38f, -3e38f}, 3e38f},
                                 {{1, inf, 1}, inf},
                                 {{inf, 1, -inf}, std::numeric_limits<float>::quiet_NaN()},
                                 {{2, 3}, 5},
                                 {{7}, 7},
                                 {std::vector<float>(300, 16777217.0f / 2), 300 * (16777217.0f / 2)}};
  for (const Sum& sum : sums)
    for (std::int64_t places : {2, 100, 5000})
      for (std::int64_t columns : {1, 5, 16, 64, 300}) {
        INFO(sum.parts.size() << " parts, " << places << " places, " << columns << " columns");
        const auto count = static_cast<std::int64_t>(sum.parts.size());
        const Tensor seed = repeated(sum.parts, columns), rows = full({count}, places - 1, int64);
        Tensor expected = zeros({places, columns});
        for (std::int64_t i = 0; i < columns; ++i) Raw::write<float>(expected)[(places - 1) * columns + i] = sum.whole;
        CHECK(difference(of_rows({places, columns}, 0, rows, seed), expected) == "");
        const Tensor picks = full({count, columns}, places - 1, int64);
        CHECK(difference(of_picks({places, columns}, 0, picks, seed), expected) == "");
        CHECK(difference(of_picks({columns, places}, 1, transpose(picks), transpose(seed)), transpose(expected)) == "");
        CHECK(difference(of_rows({columns, places}, 1, rows, transpose(seed)), transpose(expected)) == "");
      }
}

TEST_CASE("gradients in float32 are those of float64, rounded once", "[indexing]") {
  const double ulp = 0x1p-23;
  struct At {
    Shape shape;
    std::int64_t axis, count;
  };
  for (const At& at : std::vector<At>{{{1000}, 0, 1000},
                                      {{1000}, 0, 100},
                                      {{100000}, 0, 20000},
                                      {{50, 7}, 0, 1000},
                                      {{50, 7}, 1, 3},
                                      {{300, 40}, 0, 500},
                                      {{300, 40}, 0, 20},
                                      {{40, 300}, 1, 500},
                                      {{3, 200, 600}, 1, 70},
                                      {{3, 200, 600}, 2, 2},
                                      {{30, 20, 1}, 1, 1},
                                      {{4, 9, 33}, 1, 90}}) {
    INFO(at.shape << ", axis " << at.axis << ", " << at.count);
    manual_seed(5);
    const Shape taken = at.shape.with(static_cast<std::size_t>(at.axis), at.count);
    const std::int64_t n = at.shape.at(at.axis);
    const Tensor rows = randint(0, n, {at.count}), picks = randint(0, n, taken), seed = normal(taken, 6, float32);
    const Tensor wide = seed.to(float64);
    CHECK(difference(of_rows(at.shape, at.axis, rows, seed), of_rows(at.shape, at.axis, rows, wide).to(float32), ulp) ==
          "");
    CHECK(difference(of_picks(at.shape, at.axis, picks, seed), of_picks(at.shape, at.axis, picks, wide).to(float32),
                     ulp) == "");
    const auto on_threads = [&](int threads) {
      const int before = num_threads();
      set_num_threads(threads);
      auto all = std::vector<Numbers>{numbers(of_rows(at.shape, at.axis, rows, seed)),
                                      numbers(of_picks(at.shape, at.axis, picks, seed)),
                                      numbers(index_select(zeros(at.shape) + 1, at.axis, rows)),
                                      numbers(gather(zeros(at.shape) + 1, at.axis, picks))};
      set_num_threads(before);
      return all;
    };
    CHECK(on_threads(1) == on_threads(4));
  }
}

TEST_CASE("the recorded gradients of gather and index_select are as wide", "[indexing]") {
  const Tensor x = zeros({2}).requires_grad_(), seed = Tensor({1e8, 1.0, -1e8}, float32);
  for (const auto& take : {+[](const Tensor& in) {
                             return index_select(in, 0, Tensor{1, 1, 1});
                           },
                           +[](const Tensor& in) {
                             return gather(in, 0, Tensor{1, 1, 1});
                           }}) {
    const Tensor s = seed.detach().clone().requires_grad_();
    const Tensor g = grad({take(x)}, {x}, {s}, create_graph)[0];
    CHECK(difference(g.detach(), Tensor({0.0, 1.0}, float32)) == "");
    // The gradient is linear in the seed: its derivative gathers from the tensor that it is multiplied with.
    CHECK(difference(grad({g}, {s}, {Tensor({5.0, 7.0}, float32)})[0], Tensor({7.0, 7.0, 7.0}, float32)) == "");
  }
}

TEST_CASE("selecting from slices without elements has a gradient without elements", "[indexing]") {
  const Tensor x = zeros({4, 3, 0}, float64).requires_grad_();
  CHECK(grad(sum(index_select(x, 1, Tensor{1, 2, 0})), x).shape() == x.shape());
}

TEST_CASE("one_hot names the label that is at fault", "[indexing]") {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK_THROWS_WITH(one_hot(Tensor{-5, -2}), StartsWith("one_hot: label -5 in shape (2): the least label is 0"));
  CHECK_THROWS_WITH(one_hot(Tensor{-1}), StartsWith("one_hot: label -1 in shape (1): the least label is 0"));
  CHECK_THROWS_WITH(one_hot(Tensor{-5, 2}), StartsWith("one_hot: label -5 is none of 3 classes"));
  CHECK_THROWS_WITH(one_hot(Tensor{most}),
                    StartsWith("one_hot: label 9223372036854775807 in shape (1): no tensor has so many classes"));
  CHECK_THROWS_WITH(one_hot(Tensor{1}, -5),
                    StartsWith("one_hot: -5 classes for labels of shape (1): the number must be positive"));
}
