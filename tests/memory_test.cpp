// Nothing leaks and nothing is copied needlessly: nodes, storages and allocations are counted, also when memory runs
// out or something throws at any place of a graph.

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <stdexcept>
#include <thread>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/xgrad.hpp>

#include "catch2.hpp"
#include "failing_memory.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

// Allocations that are still in use, without those cached for reuse, which it releases.
std::int64_t held() {
  release_cached_memory();
  return allocations.load(std::memory_order_relaxed);
}

constexpr int depth = 200;
int broken = -1;  // the position whose rule throws

Tensor link(const Tensor& x, int position) {
  return record("link", Source::here(), x.detach().clone(), {Tensor(x)}, [position](const Tensor& g) {
    if (position == broken) throw std::runtime_error("the rule is broken");
    return g;
  });
}

// A chain with a leaf at every position, so that at each some gradients have arrived and others have not.
Tensor chain(const Tensor& x, const Tensor& w, int throw_forward_at = -1, int throw_in_hook_at = -1) {
  Tensor y = x;
  for (int i = 0; i < depth; ++i) {
    if (i == throw_forward_at) return reshape(y, {7, 7});
    y = link(y, i) + w;
    if (i == throw_in_hook_at)
      y.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("the hook is broken"); });
  }
  return y;
}

std::int64_t resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      std::int64_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes;
    }
  return 0;
}

std::int64_t page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

}  // namespace

TEST_CASE("a graph is freed when its last handle goes", "[memory]") {
  const std::int64_t before = live_nodes();
  {
    const Tensor x = leaf({1, 2});
    Tensor y = x * x;
    CHECK(live_nodes() == before + 2);
    y = y * x;
    CHECK(live_nodes() == before + 3);
    y = Tensor();
    CHECK(live_nodes() == before + 1);
  }
  CHECK(live_nodes() == before);
}

TEST_CASE("freeing a graph takes no memory, in a thread that has made nothing itself", "[memory]") {
  if (!XGRAD_OWN_OPERATORS) return;
  const std::int64_t before = live_nodes();
  Tensor y = leaf({1, 2});
  for (int i = 0; i < 1000; ++i) y = y * y;
  std::thread([&] {
    granted = 0;
    y = Tensor();
    granted = -1;
  }).join();
  CHECK(live_nodes() == before);
}

TEST_CASE("backward frees nodes and saved values, even while the loss is still alive", "[memory]") {
  const std::int64_t before = live_nodes();
  const Tensor x = leaf({1, 2}), c = Tensor{3., 4.};
  const Tensor loss = sum(x * c * c);
  CHECK(live_nodes() == before + 4);
  const Tensor product = x * x;
  const Tensor other = sum(product * product);
  CHECK(Raw::storage(product)->use_count() > 1);
  other.backward();
  CHECK(Raw::storage(product)->use_count() == 1);
  loss.backward();
  CHECK(live_nodes() == before + 4);  // the leaf, and the nodes that handles hold
  const std::uint32_t uses = Raw::storage(c)->use_count();
  sum(x * c).backward();
  CHECK(Raw::storage(c)->use_count() == uses);  // all graphs share one reference to a constant
}

TEST_CASE("no node outlives any kind of scope", "[memory]") {
  const std::int64_t before = live_nodes();
  {
    const Tensor x = leaf({1, 2}), w = leaf({3, 4});
    const Tensor unused = exp(x * w);
    const Tensor kept = sum(x * w);
    kept.backward(retain_graph);
    sum(x * w).backward();
    sum(x * x * w).backward(create_graph);
    const auto found = grad({sum(x * w)}, {x, w}, {}, create_graph);
    const Tensor twice = grad(sum(found[0] * found[0]), w, create_graph);
    const Tensor inner = x * w;
    inner.retain_grad();
    sum(inner * inner).backward(create_graph);
    NoGrad off;
    const Tensor constant = x * w;
  }
  CHECK(live_nodes() == before);
}

TEST_CASE("recorded gradients of leaves, which refer to the leaves' graph, do not leak", "[memory]") {
  const auto walk = [] {
    const Tensor x = leaf({2}), c = Tensor{5.};
    (x * x * c).backward(create_graph);
    x.grad().backward(create_graph);  // x.grad() is now a graph over x and over itself
    (x.grad() * x).backward(create_graph);
    CHECK(x.grad().requires_grad());
  };
  walk();  // makes all one-time allocations, such as this thread's tiles
  const std::int64_t before = live_nodes();
  const std::int64_t memory = held();
  for (int i = 0; i < 10; ++i) walk();
  CHECK(live_nodes() == before);
  CHECK(held() == memory);
}

TEST_CASE("an exception at any of 200 positions in forward, a rule or a hook leaks nothing and changes no leaf",
          "[memory]") {
  const Tensor x = leaf({1}), w = leaf({1});
  x.set_grad(Tensor{10.});
  chain(x, w);  // makes all one-time allocations
  const std::int64_t nodes = live_nodes(), memory = held();
  int thrown = 0, clean = 0;
  for (int i = 0; i < depth; ++i) {
    const auto fails = [&](auto step) {
      try {
        step();
      } catch (const std::exception&) {
        ++thrown;
      }
      broken = -1;
      if (live_nodes() == nodes && held() == memory && x.grad().item() == 10 && !w.grad().defined()) ++clean;
    };
    fails([&] { chain(x, w, i); });
    fails([&] {
      broken = i;
      chain(x, w).backward();
    });
    fails([&] { chain(x, w, -1, i).backward(); });
    fails([&] { chain(x, w, -1, i).backward(create_graph); });
  }
  CHECK(thrown == 4 * depth);
  CHECK(clean == 4 * depth);
  chain(x, w).backward();
  CHECK(numbers(x.grad()) == Numbers{11});
  CHECK(numbers(w.grad()) == Numbers{depth});
}

TEST_CASE("memory that runs out at any allocation leaks nothing, and leaves gradients whole or untouched", "[memory]") {
  if (!XGRAD_OWN_OPERATORS) return;
  const Tensor x = leaf({1, 2}), w = Tensor({{1., 2.}, {3., 4.}}).requires_grad_(), c = Tensor{5., 6.};
  const Graph how = GENERATE(Graph::release, Graph::create);
  const bool empty = GENERATE(true, false);
  const auto step = [&] {
    const Tensor h = tanh(matmul(w, x) * c + x);
    sum(concat({h, x * h, where(h > 0.0, h, x)})).backward(how);
  };
  const auto clear = [&] {
    x.set_grad(empty ? Tensor() : Tensor{7., 7.});
    w.set_grad(empty ? Tensor() : Tensor({{7., 7.}, {7., 7.}}));
  };
  clear();
  const Numbers x_before = numbers(x.grad()), w_before = numbers(w.grad());
  step();
  const Numbers x_grad = numbers(x.grad()), w_grad = numbers(w.grad());
  clear();
  const std::int64_t nodes = live_nodes(), memory = held();
  int leaks = 0, halves = 0, position = 0;
  for (bool finished = false; !finished; ++position) {
    release_cached_memory();
    granted = position;
    try {
      step();
      finished = true;
    } catch (const std::bad_alloc&) {
    }
    granted = -1;
    const bool whole = numbers(x.grad()) == x_grad && numbers(w.grad()) == w_grad;
    const bool untouched = numbers(x.grad()) == x_before && numbers(w.grad()) == w_before;
    if (finished ? !whole : !untouched) ++halves;
    clear();
    if (live_nodes() != nodes || held() != memory) ++leaks;
  }
  CHECK(position > 30);
  CHECK(leaks == 0);
  CHECK(halves == 0);
}

TEST_CASE("memory stays flat over many training steps", "[memory]") {
  const Tensor w = Tensor({{0.1, -0.2}, {0.3, 0.4}}).requires_grad_(), b = leaf({0.1, 0.1});
  const Tensor x = Tensor({{1., 2.}, {3., 4.}, {5., 6.}}), target = Tensor({{1., 0.}, {0., 1.}, {1., 1.}});
  const auto train = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      const Tensor error = tanh(matmul(x, w) + b) - target;
      mean(error * error).backward();
      NoGrad off;
      for (const Tensor& p : {w, b}) {
        p.add_(p.grad(), -0.01);
        p.set_grad(Tensor());
      }
    }
  };
  train(1000);
  const std::int64_t nodes = live_nodes(), memory = held(), resident = resident_kilobytes();
  train(scaled(100000, 5000));
  CHECK(live_nodes() == nodes);
  CHECK(held() == memory);
  if (!sanitized) CHECK(resident_kilobytes() < resident + 1024);
}

TEST_CASE("a repeated training step makes no allocation from the system", "[memory]") {
  if (sanitized) return;  // memory is not kept for reuse then
  const Tensor w = Tensor({{0.1, -0.2}, {0.3, 0.4}}).requires_grad_(), b = leaf({0.1, 0.1});
  const Tensor x = Tensor({{1., 2.}, {3., 4.}, {5., 6.}}), target = Tensor({{1., 0.}, {0., 1.}, {1., 1.}});
  const auto step = [&] {
    const Tensor error = tanh(matmul(x, w) + b) - target;
    mean(error * error).backward();
    NoGrad off;
    for (const Tensor& p : {w, b}) {
      p.add_(p.grad(), -0.01);
      p.set_grad(Tensor());
    }
  };
  for (int i = 0; i < 3; ++i) step();
  const std::int64_t before = requests.load();
  for (int i = 0; i < 100; ++i) step();
  CHECK(requests.load() == before);
}

TEST_CASE("a repeated step of layers and an optimiser makes no allocation from the system", "[memory]") {
  if (sanitized) return;
  manual_seed(1);
  const std::int64_t hidden = GENERATE(5, 30000);  // the updates of few parameters run apart, those of many as one
  nn::Sequential model(nn::Linear(6, hidden, nn::no_bias), nn::BatchNorm1d(hidden), nn::ReLU(), nn::Dropout(0.5),
                       nn::Linear(hidden, 3));
  // In small steps: subnormal gradients, as of a loss that vanishes, would take memory for scaled copies.
  optim::SGD optimizer(model.parameters(), 1e-4);
  const Tensor x = rand({4, 6}), labels = Tensor{0, 1, 2, 1};
  const auto step = [&] {
    optimizer.zero_grad();
    nn::cross_entropy(model(x), labels).backward();
    optimizer.step();
  };
  for (int i = 0; i < 3; ++i) step();
  const std::int64_t before = requests.load();
  for (int i = 0; i < 100; ++i) step();
  CHECK(requests.load() == before);
}

TEST_CASE("a repeated step of schedules makes no allocation from the system", "[memory]") {
  if (sanitized) return;
  const Tensor p = leaf({1, 2}), q = leaf({3});
  optim::SGD optimizer({optim::Group({p}), optim::Group({q})}, 0.1, optim::SGD::Options().momentum(0.9));
  optim::OneCycleLR cycle(optimizer, 0.1, 1000);
  optim::SequentialLR sequence(
      optimizer, {optim::LinearLR(optimizer, 0.1, 1, 10), optim::CosineAnnealingLR(optimizer, 200)}, {20});
  optim::ChainedScheduler chain(optimizer, {optim::ExponentialLR(optimizer, 0.999), optim::StepLR(optimizer, 7)});
  const auto step = [&] {
    cycle.step();
    sequence.step();
    chain.step();
  };
  for (int i = 0; i < 3; ++i) step();
  const std::int64_t before = requests.load();
  for (int i = 0; i < 100; ++i) step();
  CHECK(requests.load() == before);
}

TEST_CASE("a repeated step of large blocks that leave gaps soon takes no pages from the system", "[memory]") {
  if (sanitized) return;
  manual_seed(1);
  // The book's DeepConvNet: images of 28, 14, 16, 8 and 4 pixels, of ever more channels.
  nn::Sequential model;
  const std::int64_t channels[] = {1, 16, 16, 32, 32, 64, 64}, padding[] = {1, 1, 1, 2, 1, 1};
  for (int i = 0; i < 6; ++i) {
    model.push_back(nn::Conv2d(channels[i], channels[i + 1], 3, nn::Conv2d::Options().padding(padding[i])));
    model.push_back(nn::ReLU());
    if (i % 2 == 1) model.push_back(nn::MaxPool2d(2));
  }
  model.push_back(nn::Flatten());
  model.push_back(nn::Linear(1024, 10));
  optim::Adam optimizer(model.parameters(), 0.001);
  const Tensor x = rand({100, 1, 28, 28}), labels = randint(0, 10, {100});
  const auto step = [&] {
    optimizer.zero_grad();
    nn::cross_entropy(model(x), labels).backward();
    optimizer.step();
  };
  release_cached_memory();
  for (int i = 0; i < 12; ++i) step();
  const std::int64_t before = page_faults();
  for (int i = 0; i < 6; ++i) step();
  CHECK(page_faults() - before < 6 * 100);
}

TEST_CASE("memory cached for reuse is bounded and can be released", "[memory]") {
  if (sanitized) return;
  release_cached_memory();
  CHECK(cached_memory() == 0);
  { const Tensor x = zeros({1000, 1000}); }
  CHECK(cached_memory() >= 4000000);
  CHECK(cached_memory() < 4600000);
  const std::int64_t before = requests.load();
  { const Tensor x = zeros({1000, 1000}); }
  CHECK(requests.load() == before);
  release_cached_memory();
  CHECK(cached_memory() == 0);
  std::size_t most = 0;
  for (std::int64_t megabytes = 1; megabytes < 120; ++megabytes) {
    Raw::uninitialized({megabytes << 18}, float32);
    most = std::max(most, cached_memory());
  }
  CHECK(most > std::size_t{64} << 20);
  CHECK(most <= std::size_t{512} << 20);
  release_cached_memory();
}

TEST_CASE("an allocation that fails does not raise the bound of what is kept", "[memory]") {
  if (sanitized) return;
  // Gaps that no later block fits.
  const auto kept = [] {
    std::vector<Tensor> between;
    for (std::int64_t megabytes = 1; megabytes <= 8; ++megabytes) {
      std::vector<Tensor> gaps;
      for (int i = 0; i < 8; ++i)
        for (auto* list : {&gaps, &between}) list->push_back(Raw::uninitialized({megabytes << 18}, float32));
    }
    return cached_memory();
  };
  release_cached_memory();
  const std::size_t before = kept();
  release_cached_memory();
  bool failed = false;
  try {
    Raw::uninitialized({std::int64_t{1} << 44}, float32);
  } catch (const OutOfMemory&) {
    failed = true;
  }
  if (failed) CHECK(kept() <= before + before / 8);
  release_cached_memory();
}

TEST_CASE("an array that is moved in is shared, not copied, and lives as long as a tensor or a view does", "[memory]") {
  xt::xarray<double> array = xt::ones<double>({100, 100});
  const double* data = array.data();
  auto tensor = std::make_unique<Tensor>(std::move(array));
  CHECK(Raw::data<double>(*tensor) == data);
  const auto view = tensor->view<double>();
  CHECK(view.data() == data);
  CHECK(Raw::data<double>(reshape(*tensor, {-1})) == data);
  CHECK(Raw::data<double>(tensor->detach()) == data);
  CHECK(Raw::data<double>((*tensor)[3]) == data + 300);
  tensor.reset();
  double total = 0;
  for (double element : view) total += element;
  CHECK(total == 10000);
}

TEST_CASE("an array that is not moved is copied", "[memory]") {
  xt::xarray<double> array = {1., 2.};
  const Tensor copied(array);
  array(0) = 9;
  CHECK(numbers(copied) == Numbers{1, 2});
}

TEST_CASE("an empty array and one of rank 0 can be moved in", "[memory]") {
  xt::xarray<double> none = xt::zeros<double>({0, 3}), number = 5.0;
  CHECK(Tensor(std::move(none)).shape() == Shape{0, 3});
  const Tensor scalar(std::move(number));
  CHECK(scalar.rank() == 0);
  CHECK(scalar.item() == 5);
}

TEST_CASE("the memory of a temporary with no other handle is reused for the result", "[memory]") {
  const Tensor x = leaf({1, 2}), c = Tensor{3., 4.};
  Tensor sum_of_two = x + c;
  const void* memory = Raw::bytes(sum_of_two);
  const Tensor y = tanh(std::move(sum_of_two));  // the slope of tanh needs its result alone
  CHECK(Raw::bytes(y) == memory);
  sum(y).backward();
  for (std::size_t i = 0; i < 2; ++i) {
    const double t = std::tanh(i == 0 ? 4. : 6.);
    CHECK(std::abs(numbers(x.grad())[i] - (1 - t * t)) < 1e-12);
  }
}

TEST_CASE("memory that something else refers to is not reused", "[memory]") {
  const Tensor x = leaf({1, 2}), c = Tensor{3., 4.};
  Tensor a = x + c;
  const Tensor also = a;
  CHECK(Raw::bytes(tanh(std::move(a))) != Raw::bytes(also));
  CHECK(numbers(also) == Numbers{4, 6});

  Tensor e = exp(x);  // its node has saved it
  const Numbers e_before = numbers(e);
  const void* saved = Raw::bytes(e);
  const Tensor y = e.detach() + 0.0;
  CHECK(Raw::bytes((std::move(e) + c)) != saved);
  CHECK(numbers(y) == e_before);

  Tensor b = x + c;
  const void* read = Raw::bytes(b);
  const Tensor square_of_b = square(std::move(b));  // the slope reads its operand
  CHECK(Raw::bytes(square_of_b) != read);
  sum(square_of_b).backward();
  CHECK(numbers(x.grad()) == Numbers{8, 12});

  Tensor row = Tensor({{1., 2.}}) + 0.0;
  const Tensor grown = std::move(row) + Tensor({{1.}, {2.}});  // of another shape
  CHECK(numbers(grown) == Numbers{2, 3, 3, 4});
  Tensor weak = Tensor(2.0) + 1.0;
  const Tensor strong = std::move(weak) + Raw::alias(Tensor({1.5}), {});
  CHECK_FALSE(strong.weak());

  Tensor viewed = Tensor{1., 2.} + 0.0;
  const auto view = viewed.view<double>();
  const Tensor z = std::move(viewed) + 1.0;
  CHECK(view(0) == 1);
}

TEST_CASE("gradients whose memory is reused in backward are right where paths meet", "[memory]") {
  const Tensor x = leaf({0.3, -0.7});
  const Tensor seed = Tensor{1., 1.};
  const Tensor a = tanh(x), b = exp(a);
  a.retain_grad();
  const auto kept = grad({b * b + b}, {a, x}, {seed}, retain_graph);
  (b * b + b).backward(seed);
  CHECK(numbers(seed) == Numbers{1, 1});
  for (std::size_t i = 0; i < 2; ++i) {
    const double t = std::tanh(i == 0 ? 0.3 : -0.7), g = (2 * std::exp(t) + 1) * std::exp(t);
    CHECK(std::abs(numbers(a.grad())[i] - g) < 1e-12);
    CHECK(std::abs(numbers(kept[0])[i] - g) < 1e-12);
    CHECK(std::abs(numbers(x.grad())[i] - g * (1 - t * t)) < 1e-12);
    CHECK(std::abs(numbers(kept[1])[i] - g * (1 - t * t)) < 1e-12);
  }
}
