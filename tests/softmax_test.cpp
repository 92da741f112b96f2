#include <cmath>
#include <limits>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/losses.hpp>

#include "both_bodies.hpp"

using namespace xgrad;

namespace {

const double inf = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("softmax of {.3, 2.9, 4} has the known probabilities") {
  require_close(softmax(Tensor{.3, 2.9, 4.0}, 0), Tensor{.01821127, .24519181, .73659691}, 5e-9);
}

TEST_CASE("softmax, log_softmax and logsumexp agree with plain arithmetic on every axis") {
  const std::vector<Shape> shapes = {{5}, {3, 10}, {2, 37, 3}, {4, 3, 19}, {2, 3, 4, 21}, {33, 70}, {1, 1}};
  for (const Shape& shape : shapes) {
    const Tensor x = normal(shape, 3);
    for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(shape.rank()); ++axis) {
      INFO(shape << " axis " << axis);
      const Tensor total = sum(exp(x), axis, keepdims);
      require_close(softmax(x, axis), exp(x) / total, 1e-14);
      require_close(log_softmax(x, axis), x - log(total), 1e-14);
      require_close(logsumexp(x, axis, keepdims), log(total), 1e-14);
      require_close(logsumexp(x, axis - static_cast<std::int64_t>(shape.rank())), log(sum(exp(x), axis)), 1e-14);
      require_close(softmax(x.to(float32), axis).to(float64), exp(x) / total, 1e-6);
      const Tensor leaf = x.clone().requires_grad_();
      require_bodies_agree([=](const std::vector<Tensor>& in) { return softmax(in[0], axis); }, {leaf});
      require_bodies_agree([=](const std::vector<Tensor>& in) { return log_softmax(in[0], axis); }, {leaf});
      require_bodies_agree([=](const std::vector<Tensor>& in) { return logsumexp(in[0], axis); }, {leaf});
    }
  }
}

TEST_CASE("softmax and its relatives pass the gradient checks") {
  const Tensor x = normal({3, 4, 2}, 4).requires_grad_();
  for (std::int64_t axis : {0, 1, 2}) {
    require_right([=](const std::vector<Tensor>& in) { return softmax(in[0], axis); }, {x});
    require_right([=](const std::vector<Tensor>& in) { return log_softmax(in[0], axis); }, {x});
  }
  require_right([](const std::vector<Tensor>& in) { return logsumexp(in[0]); }, {x});
  require_right([](const std::vector<Tensor>& in) { return logsumexp(in[0], {0, 2}); }, {x});
  require_right([](const std::vector<Tensor>& in) { return logsumexp(in[0], {0, 2}, keepdims); }, {x});
  require_right([](const std::vector<Tensor>& in) { return logsumexp(in[0], {1, 2}); }, {x});
}

TEST_CASE("logsumexp over axes that are not adjacent is the sum over both") {
  const Tensor x = normal({3, 4, 5, 2}, 5);
  require_close(logsumexp(x, {0, 2}), log(sum(exp(x), {0, 2})), 1e-14);
  require_close(logsumexp(x, {-1, 1}, keepdims), log(sum(exp(x), {1, 3}, keepdims)), 1e-14);
  CHECK(logsumexp(x, {0, 2}, keepdims).shape() == Shape{1, 4, 1, 2});
}

TEST_CASE("softmax is finite for large logits and unchanged by a constant") {
  const Tensor x({{1e4, -1e4, 0.}, {-1e4, -1e4, -1e4}});
  require_close(softmax(x, 1), Tensor({{1., 0., 0.}, {1 / 3., 1 / 3., 1 / 3.}}), 1e-15);
  require_close(log_softmax(x, 1), Tensor({{0., -2e4, -1e4}, {-std::log(3), -std::log(3), -std::log(3)}}), 1e-15);
  require_close(logsumexp(x, 1), Tensor{1e4, -1e4 + std::log(3)}, 1e-15);
  const Tensor y = normal({4, 9}, 6);
  require_close(softmax(y + 700, 1), softmax(y, 1), 1e-12);
  require_close(softmax(x.to(float32), 1).to(float64), Tensor({{1., 0., 0.}, {1 / 3., 1 / 3., 1 / 3.}}), 1e-7);
}

TEST_CASE("softmax in edge cases: no element, all -inf, NaN, inf, rank 0, integers") {
  require_close(softmax(Tensor({{-inf, -inf}, {0., -inf}}), 1), Tensor({{not_a_number, not_a_number}, {1., 0.}}), 0);
  require_close(softmax(Tensor({{not_a_number, 1.}, {1., 1.}}), 1), Tensor({{not_a_number, not_a_number}, {.5, .5}}),
                0);
  require_close(softmax(Tensor({{not_a_number, 1.}, {1., 1.}}), 0), Tensor({{not_a_number, .5}, {not_a_number, .5}}),
                0);
  require_close(log_softmax(Tensor{0., -inf}, 0), Tensor{0., -inf}, 0);
  require_close(logsumexp(Tensor({{-inf, -inf}, {inf, 0.}, {not_a_number, 0.}, {inf, -inf}}), 1),
                Tensor{-inf, inf, not_a_number, inf}, 0);
  CHECK(numbers(logsumexp(zeros({2, 0}), 1)) == std::vector<double>{-inf, -inf});
  CHECK(softmax(zeros({2, 0}), 1).shape() == Shape{2, 0});
  CHECK(softmax(zeros({0, 3}), 1).shape() == Shape{0, 3});
  CHECK(softmax(Tensor(3.0), 0).item() == 1);
  CHECK(softmax(Tensor(3.0), -1).shape() == Shape());
  CHECK(log_softmax(Tensor(3.0), 0).item() == 0);
  CHECK(logsumexp(Tensor(3.0)).item() == 3);
  CHECK(softmax(Tensor{1, 2}, 0).dtype() == float32);
  require_refused([] { softmax(zeros({2, 3}), 2); }, "softmax: axis 2");
  require_refused([] { log_softmax(zeros(Shape()), 1); }, "log_softmax: axis 1");
  const Tensor lost = Tensor{-inf, -inf}.requires_grad_();
  logsumexp(lost).backward();
  require_close(lost.grad(), Tensor{not_a_number, not_a_number}, 0);
}

TEST_CASE("long rows are summed in double") {
  const Tensor x = zeros({1, 1 << 22});
  CHECK(logsumexp(x).item() == Approx(22 * std::log(2.0)).epsilon(1e-7));
  CHECK(nn::cross_entropy(x, Tensor{5}).item() == Approx(22 * std::log(2.0)).epsilon(1e-7));
  CHECK(logsumexp(zeros({1 << 21, 2}), 0)[1].item() == Approx(21 * std::log(2.0)).epsilon(1e-7));
}
