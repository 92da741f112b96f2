// Depth is bounded by memory, not by the stack: chains of ten kinds of node are built, walked and freed. ctest runs
// this under a stack of 256 KiB. The argument is the number of nodes; the exit code is 0 if all went well.

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/ops/ops.hpp>

using namespace xgrad;

namespace {

struct Constants {
  Tensor one = Tensor({{1.}}), minus_one = Tensor({{-1.}}), yes = Tensor({{true}}), first = Tensor({0});
};

// The next of ten kinds of node. All keep the shape (1, 1) and slopes of exactly 1: exp turns 0 into 1, and the
// addition after it subtracts 1 again.
Tensor step(const Tensor& y, long i, const Constants& c) {
  switch (i % 11) {
    case 0:
      return exp(y);
    case 1:
      return add(y, c.minus_one);
    case 2:
      return mul(y, c.one);
    case 3:
      return reshape(y, {1, 1});
    case 4:
      return sum(y, {0, 1}, keepdims);
    case 5:
      return index_select(y, 0, c.first);
    case 6:
      return where(c.yes, y, c.one);
    case 7:
      return concat({y});
    case 8:
      return matmul(y, c.one);
    case 9:
      return to(y, float32);
    default:
      return to(y, float64);
  }
}

Tensor chain(const Tensor& x, long nodes) {
  const Constants constants;
  Tensor y = x;
  for (long i = 0; i < nodes; ++i) y = step(y, i, constants);
  return y;
}

bool holds(bool condition, const char* what) {
  if (!condition) std::printf("deep_chain: not so: %s\n", what);
  return condition;
}

// Builds a chain and runs backward, which frees it.
bool walked(long nodes) {
  const Tensor x = Tensor({{0.}}).requires_grad_();
  const Tensor y = chain(x, nodes);
  bool good = holds(live_nodes() == nodes + 1, "every step is one node");
  y.backward();
  good = holds(x.grad().item() == 1, "the gradient of the chain is 1") && good;
  return holds(live_nodes() == 2, "the walk lets go of all but the leaf and the root") && good;
}

// Builds a chain and frees it without backward.
bool dropped(long nodes) {
  const Tensor x = Tensor({{0.}}).requires_grad_();
  chain(x, nodes);
  return holds(live_nodes() == 1, "a dropped chain is freed");
}

// Backward is recorded, which makes a chain of gradients beside the chain of values. There is at least one exp, so that
// the gradient depends on x.
bool recorded(long nodes) {
  const Tensor x = Tensor({{0.}}).requires_grad_();
  {
    const Tensor y = chain(x, nodes);
    y.backward(create_graph);
    const Tensor first = x.grad();
    x.set_grad(Tensor());
    // d/dx of the product of all slopes e^y_i, each 1 with slope 1: the number of exps.
    first.backward();
  }
  const bool good =
      holds(x.grad().item() == static_cast<double>((nodes + 10) / 11), "the second derivative counts the exps");
  x.set_grad(Tensor());
  return holds(live_nodes() == 1, "recorded gradients are freed") && good;
}

}  // namespace

int main(int count, char** arguments) {
  const long nodes = count > 1 ? std::atol(arguments[1]) : 1000000;
  if (nodes < 1) {
    std::printf("usage: deep_chain [number of nodes]\n");
    return 1;
  }
  try {
    bool good = walked(nodes);
    good = dropped(nodes) && good;
    good = recorded(nodes / 10 + 1) && good;
    return holds(live_nodes() == 0, "no node is left") && good ? 0 : 1;
  } catch (const std::exception& error) {
    std::printf("deep_chain: %s\n", error.what());
    return 1;
  }
}
