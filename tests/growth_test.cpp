// The cost of backward grows as the graph does: bytes taken for tensors are counted, and processor time is compared
// between sizes.

#include <algorithm>
#include <functional>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "inspect.hpp"
#include "processor_time.hpp"

using namespace xgrad;

namespace {

std::int64_t bytes_taken_by(const std::function<void()>& f) {
  Profiler profiler;
  f();
  std::int64_t bytes = 0;
  for (const Profiler::Row& row : profiler.rows()) bytes += row.bytes;
  return bytes;
}

std::vector<Tensor> leaves(int count) {
  std::vector<Tensor> all;
  for (int i = 0; i < count; ++i) all.push_back(leaf({0.5 * i}));
  return all;
}

// A part of the leaf for each of its n rows, taken in one of several ways.
Tensor part(int way, const Tensor& w, std::int64_t i) {
  switch (way) {
    case 0:
      return w[i];
    case 1:
      return w(xt::range(i, i + 1), xt::all());
    case 2:
      return narrow(transpose(w), 1, i, 1);
    case 3:
      return select(w, 0, i) * 2.0;
    default:
      return w[Tensor(std::vector<std::int64_t>{i, 0, i, i})];
  }
}

constexpr int ways = 5;

}  // namespace

TEST_CASE("grad() with many leaves takes time in proportion to their number", "[growth]") {
  const auto time = [](int count) {
    const std::vector<Tensor> all = leaves(count);
    return seconds_of([&] {
      Tensor y = all[0];
      for (std::size_t i = 1; i < all.size(); ++i) y = y + all[i];
      const std::vector<Tensor> found = grad({y}, all);
      CHECK(found.back().item() == 1);
    });
  };
  const int few = scaled(10000, 2500);
  CHECK(time(4 * few) < 9 * time(few));
}

TEST_CASE("grad() gives a leaf that is listed twice its gradient twice, in the order of the list", "[growth]") {
  const std::vector<Tensor> all = leaves(20);
  Tensor y = all[0] * 0.0;
  for (int i = 0; i < 20; ++i) y = y + all[static_cast<std::size_t>(i)] * static_cast<double>(i);
  std::vector<Tensor> asked = {all[7], y, all[3], all[7], all[19]};
  const std::vector<Tensor> found = grad({y}, asked);
  CHECK(numbers(concat(found)) == Numbers{7, 1, 3, 7, 19});
}

TEST_CASE("backward through every row of a leaf takes memory in proportion to the leaf", "[growth]") {
  const int way = GENERATE(range(0, ways));
  const Graph how = GENERATE(Graph::release, Graph::retain, Graph::create);
  if (way == 2) return;  // takes a transpose of the whole for each row
  INFO("way " << way << ", graph " << static_cast<int>(how));
  const auto bytes = [&](std::int64_t rows) {
    const Tensor w = ones({rows, 512}).requires_grad_();
    Tensor loss = 0.0f;
    for (std::int64_t i = 0; i < rows; ++i) loss = loss + sum(part(way, w, i));
    return bytes_taken_by([&] { loss.backward(how); });
  };
  CHECK(bytes(256) < 5 * bytes(64));
}

TEST_CASE("rows that overlap, and other uses of the leaf between them, add up", "[growth]") {
  const int way = GENERATE(range(0, ways));
  const Graph how = GENERATE(Graph::release, Graph::create);
  INFO("way " << way << ", graph " << static_cast<int>(how));
  constexpr std::int64_t n = 20;
  const Tensor w = reshape(arange(60.0) * 0.25 - 4.0, {n, 3}).detach().requires_grad_();
  const Tensor factors = reshape(arange(60.0) * 0.5 - 9.0, {n, 3}).detach();
  Tensor parts = sum(w * factors), whole = sum(w * factors);
  for (std::int64_t i : {2, 0, 2, 3, 1}) {
    // The same part by a product with a matrix of zeros and ones.
    Tensor pick = zeros({way < 4 ? 1 : 4, n}, float64);
    auto entries = pick.mutable_view<double>();
    const std::int64_t rows[] = {i, 0, i, i};
    for (std::size_t k = 0; k < static_cast<std::size_t>(pick.shape()[0]); ++k)
      entries(k, static_cast<std::size_t>(rows[k])) = 1;
    const Tensor same = matmul(pick, w) * (way == 3 ? 2.0 : 1.0);
    const auto curve = [](const Tensor& x) { return sum(x * x * x); };
    parts = parts + curve(part(way, w, i)) + (i == 3 ? sum(w * w) : Tensor(0.0));
    whole = whole + curve(same) + (i == 3 ? sum(w * w) : Tensor(0.0));
  }
  const Tensor first = grad({parts}, {w}, {}, how)[0], expected = grad({whole}, {w}, {}, how)[0];
  CHECK(numbers(first) == numbers(expected));
  if (how == Graph::release) return;
  CHECK(numbers(grad(sum(first * factors), w, create_graph)) == numbers(grad(sum(expected * factors), w)));
}

TEST_CASE("a gradient that a handle outside shares is not written by rows", "[growth]") {
  const Tensor w = Tensor({{1., 2.}, {3., 4.}}).requires_grad_();
  Tensor seen;
  Tensor copy = w * 1.0;
  copy.register_hook([&](const Tensor& g) {
    seen = g;
    return Tensor();
  });
  const Tensor seed = Tensor({{1., 1.}, {1., 1.}});
  const Tensor rows = sum(w[0]) + sum(w[1] * 2.0);
  backward({rows, w + 0.0}, {Tensor(1.0), seed});
  CHECK(numbers(seed) == Numbers{1, 1, 1, 1});
  CHECK(numbers(w.grad()) == Numbers{2, 2, 3, 3});
  const Tensor more = sum(copy[0]);
  more.backward();
  CHECK(numbers(seen) == Numbers{1, 1, 0, 0});
}

TEST_CASE("a part that is the whole brings its own gradient beside one that shares its memory", "[growth]") {
  const Graph how = GENERATE(Graph::release, Graph::retain, Graph::create);
  const Tensor x = leaf({1, 2, 3}), seed = Tensor({{1., 10., 100.}});
  const auto whole = [&] { return x(xt::newaxis(), xt::all()); };
  CHECK(numbers(grad({x + whole()}, {x}, {seed}, how)[0]) == Numbers{2, 20, 200});
  CHECK(numbers(grad({x + whole()(0) + x(xt::ellipsis(), xt::newaxis())(xt::all(), 0)}, {x}, {seed[0]}, how)[0]) ==
        Numbers{3, 30, 300});
}

TEST_CASE("the second derivative through rows of one leaf is that of finite differences", "[growth]") {
  const Tensor w = Tensor({{0.3, -0.2, 0.9}, {1.1, 0.4, -0.7}, {0.2, 0.8, 0.5}}).requires_grad_();
  const auto f = [](const std::vector<Tensor>& x) -> Tensor {
    Tensor y = sum(x[0][0] * x[0][1]);
    for (std::int64_t i : {0, 2, 1, 2}) y = y + sum(exp(x[0][i]) * x[0](xt::all(), i));
    return y + sum(x[0][Tensor{1, 2, 1}] * x[0]);
  };
  CHECK(gradcheck(f, {w}));
  CHECK(gradgradcheck(f, {w}));
}
