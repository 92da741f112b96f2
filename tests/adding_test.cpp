// Rules that add their gradient in place to the sum that other paths have brought.

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

int given = 0, added = 0;  // how many sums the rule was given, and to how many it added

// y = 3 x; of the calls of its rule that get a sum, every second one adds to it.
Tensor thrice(const Tensor& x) {
  return record("thrice", Source::here(), 3 * x.detach(), {Tensor(x)}, adding<>([](Tensor g, Tensor sum) -> Tensor {
                  if (!sum.defined()) return 3 * g;
                  if (given++ % 2 != 0) return 3 * g;
                  ++added;
                  return sum.add_(g, 3);
                }));
}

}  // namespace

TEST_CASE("a rule is given the sum of the paths before it, and may add to it or not", "[adding]") {
  given = added = 0;
  const Tensor x = leaf({1, 2});
  Tensor y = thrice(x);
  for (int i = 0; i < 4; ++i) y = y + thrice(x);
  sum(y).backward();
  CHECK(numbers(x.grad()) == Numbers{15, 15});
  CHECK(given == 4);
  CHECK(added == 2);
}

TEST_CASE("a rule is not given a sum whose memory is shared, nor one in a recorded backward", "[adding]") {
  given = 0;
  const Tensor x = leaf({1, 2});
  const Tensor y = x + 0.0;  // passes on its own gradient, which it shares with x
  Tensor seen;
  y.register_hook([&](const Tensor& g) { return seen = g; });
  sum(thrice(y) + y).backward();
  CHECK(numbers(seen) == Numbers{4, 4});
  CHECK(numbers(x.grad()) == Numbers{4, 4});

  given = 0;
  const Tensor recorded = grad(sum(thrice(x) + thrice(x)), x, create_graph);
  CHECK(numbers(recorded) == Numbers{6, 6});
  CHECK(given == 0);
}

TEST_CASE("the gradient of a matrix in several products is added up in place, and is right", "[adding]") {
  const Tensor w = to(randn({5, 4}), float64).requires_grad_(), x = to(randn({3, 4}), float64).requires_grad_();
  const auto twice = [](const std::vector<Tensor>& in) {
    const Tensor h = linear(in[1], in[0]);  // (3, 5)
    return linear(matmul(h, in[0]), in[0]) * h + matmul(in[1], transpose(in[0]));
  };
  CHECK(gradcheck(twice, {w, x}).message == "");
  const Tensor a = to(randn({3, 3}), float64).requires_grad_();
  CHECK(gradcheck([](const std::vector<Tensor>& in) { return matmul(matmul(in[0], in[0]), in[0]); }, {a}).message ==
        "");
}

TEST_CASE("a sum that was added to reaches a leaf that has a gradient already", "[adding]") {
  const Tensor w = Tensor{{1., 2.}, {3., 4.}}.requires_grad_(), x = Tensor{{1., 0.}, {0., 1.}};
  for (int i = 1; i <= 3; ++i) {
    sum(matmul(x, w) + matmul(x, w)).backward();
    CHECK(numbers(w.grad()) == Numbers(4, 2.0 * i));
  }
}
