// The axes of tensors of rank 0, which count as one axis of size 1 as in PyTorch, and axes of size 0 that are
// flattened.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "both_bodies.hpp"

using namespace xgrad;

namespace {

using OpAlong = std::function<Tensor(const Tensor&, std::int64_t)>;

/// An op along an axis, its value for the scalar 3.5, and the slope there.
struct OfScalar {
  std::string name;
  OpAlong f;
  double value, slope;
};

const std::vector<OfScalar>& ops_of_a_scalar() {
  static const std::vector<OfScalar> ops = {
      {"sum", [](const Tensor& x, std::int64_t axis) { return sum(x, axis); }, 3.5, 1},
      {"mean", [](const Tensor& x, std::int64_t axis) { return mean(x, axis); }, 3.5, 1},
      {"var", [](const Tensor& x, std::int64_t axis) { return var(x, axis, 0); }, 0, 0},
      {"std", [](const Tensor& x, std::int64_t axis) { return xgrad::std(x, axis, 0); }, 0, 0},
      {"logsumexp", [](const Tensor& x, std::int64_t axis) { return logsumexp(x, axis); }, 3.5, 1},
      {"amax", [](const Tensor& x, std::int64_t axis) { return amax(x, axis); }, 3.5, 1},
      {"amin", [](const Tensor& x, std::int64_t axis) { return amin(x, axis); }, 3.5, 1},
      {"max", [](const Tensor& x, std::int64_t axis) { return max(x, axis).values; }, 3.5, 1},
      {"min", [](const Tensor& x, std::int64_t axis) { return min(x, axis, keepdims).values; }, 3.5, 1},
      {"softmax", [](const Tensor& x, std::int64_t axis) { return softmax(x, axis); }, 1, 0},
      {"log_softmax", [](const Tensor& x, std::int64_t axis) { return log_softmax(x, axis); }, 0, 0},
      {"squeeze", [](const Tensor& x, std::int64_t axis) { return squeeze(x, axis); }, 3.5, 1},
      {"gather", [](const Tensor& x, std::int64_t axis) { return gather(x, axis, full({}, 0, int64)); }, 3.5, 1},
      {"index_select", [](const Tensor& x, std::int64_t axis) { return index_select(x, axis, Tensor{-1}); }, 3.5, 1},
      {"swapaxes", [](const Tensor& x, std::int64_t axis) { return swapaxes(x, 0, axis); }, 3.5, 1},
  };
  return ops;
}

}  // namespace

TEST_CASE("axes 0 and -1 of a scalar are its one element", "[axes]") {
  for (const OfScalar& op : ops_of_a_scalar())
    for (std::int64_t axis : {0, -1})
      for (DType dtype : {float32, float64}) {
        INFO(op.name << " along axis " << axis << ", " << dtype);
        const Tensor x = full({}, 3.5, dtype).requires_grad_();
        const Tensor y = op.f(x, axis);
        CHECK(difference(y.detach(), full({}, op.value, dtype)) == "");
        CHECK(difference(grad(y, x, retain_graph), full({}, op.slope, dtype)) == "");
        CHECK(difference(grad(y, x, create_graph).detach(), full({}, op.slope, dtype)) == "");
      }
}

TEST_CASE("no other axis of a scalar exists", "[axes]") {
  for (const OfScalar& op : ops_of_a_scalar())
    for (std::int64_t axis : {1, -2})
      require_refused([&] { op.f(full({}, 3.5, float64), axis); },
                      op.name + ": axis " + std::to_string(axis) + " is out of range for 0 axes");
  require_refused([] { sum(Tensor(3.5), {0, -1}); }, "sum: axis 0 is named twice");
  require_refused([] { flatten(Tensor(3.5), 0, 1); }, "flatten: axis 1");
}

TEST_CASE("the maximum and minimum of a scalar are at index 0", "[axes]") {
  for (std::int64_t axis : {0, -1}) {
    for (const Tensor& places :
         {max(Tensor(3.5), axis).indices, min(Tensor(3.5), axis, keepdims).indices, argmax(Tensor(3.5), axis),
          argmin(Tensor(3.5), axis, keepdims), argmax(full({}, 7, int64), axis), argmin(full({}, 1, boolean), axis)})
      CHECK(difference(places, full({}, 0, int64)) == "");
    CHECK(var(Tensor(3.5), axis, 0, keepdims).shape() == Shape());
    CHECK(std::isnan(var(Tensor(3.5), axis).item()));
    CHECK(flatten(Tensor(3.5), axis, axis).shape() == Shape{1});
  }
}

TEST_CASE("gather treats a scalar as a row of one element, and indices of rank 0 as one index", "[axes]") {
  CHECK(difference(gather(Tensor(3.5), 0, Tensor{0, 0, -1}), {3.5, 3.5, 3.5}) == "");
  CHECK(difference(gather(Tensor{1.5, 2.5}, -1, full({}, 1, int64)), full({}, 2.5, float64)) == "");
  const Tensor x = full({}, 3.5, float64).requires_grad_();
  CHECK(grad(sum(gather(x, 0, Tensor{0, 0, -1})), x).item() == 3);
  require_refused([] { gather(Tensor(3.5), 0, Tensor{0, 1}); }, "gather: index 1 is out of range for axis 0");
  require_refused([] { gather(zeros({2, 3}), 0, full({}, 1, int64)); }, "gather: indices of shape ()");
  require_refused([] { index_select(Tensor(3.5), 0, Tensor{0, 0}); }, "index_select: 2 indices for x of shape ()");
}

TEST_CASE("ops that join, split or count along an axis refuse a scalar", "[axes]") {
  require_refused([] { concat({Tensor(1.5), Tensor(2.5)}, 0); }, "concat: axis 0 is out of range for 0 axes");
  require_refused([] { select(Tensor(1.5), 0, 0); }, "select: axis 0");
  require_refused([] { narrow(Tensor(1.5), 0, 0, 1); }, "narrow: axis 0");
  require_refused([] { Tensor(1.5).shape(0); }, "shape: axis 0");
  CHECK(unsqueeze(Tensor(1.5), 0).shape() == Shape{1});
  CHECK(unsqueeze(Tensor(1.5), -1).shape() == Shape{1});
}

TEST_CASE("products over an inner axis of size 0 are zeros for any leading axes", "[axes]") {
  const auto product = [](const Shape& a, const Shape& b) {
    const Tensor left = ones(a).requires_grad_(), right = ones(b).requires_grad_();
    const Tensor y = matmul(left, right);
    for (Graph graph : {retain_graph, create_graph}) {
      const auto g = grad({y}, {left, right}, {ones_like(y)}, graph);
      CHECK(g[0].shape() == a);
      CHECK(g[1].shape() == b);
    }
    return y.detach();
  };
  CHECK(difference(product({2, 3, 0}, {0, 4}), zeros({2, 3, 4})) == "");
  CHECK(difference(product({2, 1, 3, 0}, {0, 4}), zeros({2, 1, 3, 4})) == "");
  CHECK(difference(product({2, 3, 0}, {0}), zeros({2, 3})) == "");
  CHECK(difference(product({2, 0, 3}, {3, 4}), zeros({2, 0, 4})) == "");
  CHECK(difference(product({0, 2, 0}, {0, 0}), zeros({0, 2, 0})) == "");
  CHECK(difference(product({2, 3, 4}, {4, 0}), zeros({2, 3, 0})) == "");
}

TEST_CASE("linear over no features gives its bias for any leading axes", "[axes]") {
  for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{2, 3, 0}, Shape{2, 1, 3, 0}}) {
    const Tensor x = ones(shape).requires_grad_(), w = ones({2, 0}).requires_grad_();
    const Tensor b = Tensor({1.5, 2.5}, float32).requires_grad_();
    INFO(shape);
    const Tensor y = linear(x, w, b);
    CHECK(difference(y.detach(), broadcast_to(b.detach(), shape.with(shape.rank() - 1, 2))) == "");
    CHECK(difference(linear(x, w).detach(), zeros(shape.with(shape.rank() - 1, 2))) == "");
    const auto g = grad({y}, {x, w, b}, {ones_like(y)});
    CHECK(g[0].shape() == shape);
    CHECK(g[1].shape() == Shape{2, 0});
    CHECK(g[2].sum().item() == static_cast<double>(y.size()));
  }
}

TEST_CASE("flatten computes the size of the flattened axes without overflow", "[axes]") {
  CHECK(flatten(zeros({2, 3, 0})).shape() == Shape{0});
  CHECK(flatten(zeros({2, 3, 0}), 0, 1).shape() == Shape{6, 0});
  CHECK(flatten(zeros({2, 0, 3}), 1).shape() == Shape{2, 0});
  const std::int64_t big = std::int64_t{1} << 32;
  CHECK_THROWS_AS(flatten(zeros({big, big, 0}), 0, 1), std::invalid_argument);
  CHECK_THROWS_AS(reshape(zeros({0}), {big, big, -1}), std::invalid_argument);
  CHECK(softmax(zeros({big, big, 0}), 2).shape() == Shape{big, big, 0});
}
