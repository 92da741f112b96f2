// What a checkpoint or a transform has captured is not its own, whichever thread made it.

#include <exception>
#include <functional>
#include <stdexcept>
#include <thread>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/func.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

// Runs f in a new thread, which has made no node yet, and rethrows what it threw.
void in_new_thread(const std::function<void()>& f) {
  std::exception_ptr thrown;
  std::thread thread([&] {
    try {
      f();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

// A recorded value of w, which comes after many other nodes of this thread.
Tensor late(const Tensor& w) {
  Tensor h = w;
  for (int i = 0; i < 10000; ++i) h = h * 1.0;
  return exp(h);
}

}  // namespace

TEST_CASE("a checkpoint in a new thread gives what it captured from another thread its gradient", "[threads]") {
  const Tensor w = leaf({0.5, -1.0}), x = leaf({2.0, 3.0});
  const Tensor h = late(w);
  in_new_thread([&] {
    const Tensor own = leaf({2.0, 3.0});
    sum(func::checkpoint([h](const Tensor& a) { return a * h; }, own)).backward(retain_graph);
    CHECK(difference(own.grad(), h.detach()) == "");
  });
  REQUIRE(w.grad().defined());
  CHECK(difference(w.grad(), grad(sum(x * h), w, retain_graph)) == "");
  sum(h).backward();  // the thread has freed nothing of this graph
}

TEST_CASE("a checkpoint may be differentiated in another thread than that which called it", "[threads]") {
  const Graph how = GENERATE(Graph::release, Graph::retain, Graph::create);
  const Tensor w = leaf({0.5, -1.0}), x = leaf({2.0, 3.0});
  const Tensor h = exp(w);
  const Tensor y = sum(func::checkpoint([h](const Tensor& a) { return a * h * h; }, x));
  in_new_thread([&] { y.backward(how); });
  CHECK(difference(x.grad().detach(), exp(2.0 * w.detach()), 1e-14) == "");
  CHECK(difference(w.grad().detach(), x.detach() * 2.0 * exp(2.0 * w.detach()), 1e-14) == "");
}

TEST_CASE("a hook on what a checkpoint captured runs once, in any thread", "[threads]") {
  for (int i = 0; i < 10000; ++i) leaf({1.0});
  const Tensor w = leaf({3.0}), x = leaf({2.0});
  int calls = 0;
  w.register_hook([&](const Tensor& g) {
    ++calls;
    return g * 2.0;
  });
  const Tensor y = func::checkpoint([w](const Tensor& a) { return a * w; }, x);
  in_new_thread([&] { sum(y).backward(); });
  CHECK(calls == 1);
  CHECK(numbers(w.grad()) == Numbers{4});
}

TEST_CASE("checkpoints in checkpoints stop at what each has captured, in any thread", "[threads]") {
  const Tensor w = leaf({0.5, -1.0}), x = leaf({2.0, 3.0});
  const Tensor h = late(w);
  const auto inner = [h](const Tensor& a) { return sin(a) * h; };
  const auto outer = [h, inner](const Tensor& a) { return func::checkpoint(inner, a * h) * h; };
  const Tensor plain = grad(sum(inner(x * h) * h), w, retain_graph);
  Tensor y;
  in_new_thread([&] { y = sum(func::checkpoint(outer, x)); });
  in_new_thread([&] { y.backward(); });
  CHECK(difference(w.grad(), plain, 1e-14) == "");
}

TEST_CASE("a transform in another thread frees nothing of what it has captured, and calls no hook there", "[threads]") {
  const Tensor w = leaf({0.5, -1.0});
  const Tensor h = late(w);
  int calls = 0;
  h.register_hook([&](const Tensor&) {
    ++calls;
    return Tensor();
  });
  const Tensor at{2.0, 3.0}, direction{1.0, -1.0};
  const auto f = [h](const Tensor& x) { return sum(x * h); };
  const auto kept = [h](const Tensor& x) { return func::checkpoint([h](const Tensor& a) { return a * h; }, x); };
  in_new_thread([&] {
    const NoGrad off;
    CHECK(difference(func::grad(f)(at), h.detach()) == "");
    CHECK(difference(func::jacrev(f)(at), h.detach()) == "");
    CHECK(difference(func::jvp(kept, at, direction).second, direction * h.detach(), 1e-15) == "");
    CHECK(difference(func::hvp([h](const Tensor& x) { return sum(x * x * h); }, at, direction),
                     2.0 * direction * h.detach(), 1e-15) == "");
  });
  CHECK(calls == 0);
  sum(h).backward();
  CHECK(calls == 1);
  CHECK(difference(w.grad(), h.detach()) == "");
}

TEST_CASE("what a function makes is numbered above what any thread has made, and numbers go on from there",
          "[threads]") {
  const Tensor before = late(leaf({1.0}));
  in_new_thread([&] {
    const detail::NewerNodes scope;
    const Tensor inside = leaf({1.0});
    CHECK(Raw::node(before)->number() <= scope.floor());
    CHECK(Raw::node(inside)->number() > scope.floor());
    CHECK(Raw::node(leaf({1.0}))->number() == Raw::node(inside)->number() + 1);
  });
}

TEST_CASE("a step that differentiates inside is walked in the order in which it was made, whatever was made before") {
  // Three contributions to x, whose sum depends on their order.
  const auto step = [](std::size_t more) {
    const Tensor x = leaf({1.0});
    for (std::size_t i = 0; i < more; ++i) static_cast<void>(leaf({1.0}));
    const Tensor inside = func::grad([](const Tensor& a) { return sum(a * a) * 5e15; })(x);
    CHECK(inside.requires_grad());
    for (int i = 0; i < 40; ++i) static_cast<void>(leaf({1.0}));
    const Tensor both = inside + x * 1.0;
    sum(both + x * -1e16).backward();
    return numbers(x.grad());
  };
  const Numbers first = step(0);
  for (const std::size_t more : {1u, 100u, 4000u, 4050u, 4090u, 4096u}) CHECK(step(more) == first);
}

TEST_CASE("a checkpoint that uses another recorded value in its second call is an error, not a lost gradient") {
  const Tensor w = leaf({2.0}), x = leaf({3.0});
  Tensor h = exp(w);
  const Tensor y = func::checkpoint([&](const Tensor& a) { return a * h; }, x);
  h = exp(w);  // the same numbers, and another node
  CHECK_THAT(thrown_by<std::logic_error>([&] { sum(y).backward(); }),
             Contains("backward of checkpoint") &&
                 Contains("used another recorded value when it was called again, exp (captured_test.cpp:"));
  CHECK_FALSE(w.grad().defined());
  const Tensor z = func::checkpoint([](const Tensor& a) { return a * leaf({4.0}); }, x);  // a leaf of each call's own
  sum(z).backward();
  CHECK(numbers(x.grad()) == Numbers{4});
}
