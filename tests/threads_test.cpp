// Threads: graphs, models and modes side by side, and the same bits at any number of threads inside a kernel.

#include <atomic>
#include <chrono>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
using Catch::Matchers::Contains;

namespace {

// Runs work(0) .. work(count-1), each in a thread of its own, all set off together; rethrows what one of them threw.
template <class F>
void in_threads(int count, F&& work) {
  std::atomic<int> waiting{count};
  std::exception_ptr thrown;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      for (--waiting; waiting > 0;) std::this_thread::yield();
      try {
        work(i);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        thrown = std::current_exception();
      }
    });
  for (std::thread& thread : threads) thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

void wait_for(const std::atomic<bool>& flag) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!flag) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the other thread does not come");
    std::this_thread::yield();
  }
}

std::string bytes(const Tensor& x) {
  return std::string(static_cast<const char*>(Raw::bytes(x)), static_cast<std::size_t>(x.size()) * size_of(x.dtype()));
}

// The gradients of a small graph that the seed decides.
std::string small_graph(int seed) {
  Generator generator(static_cast<std::uint64_t>(seed));
  const Tensor x = randn({3, 4}, generator, float64).requires_grad_(),
               w = randn({4, 2}, generator, float64).requires_grad_();
  const Tensor h = tanh(matmul(x, w));
  sum(h * exp(h) + sum(x * x)).backward();
  return bytes(x.grad()) + bytes(w.grad());
}

// The weights of a two-layer network after some steps of gradient descent.
std::string trained(int seed, int steps) {
  Generator generator(static_cast<std::uint64_t>(seed));
  const Tensor x = randn({16, 3}, generator), target = randn({16, 1}, generator);
  const std::vector<Tensor> weights = {randn({3, 8}, generator).requires_grad_(),
                                       randn({8}, generator).requires_grad_(),
                                       randn({8, 1}, generator).requires_grad_()};
  for (int i = 0; i < steps; ++i) {
    const Tensor error = matmul(tanh(matmul(x, weights[0]) + weights[1]), weights[2]) - target;
    mean(error * error).backward();
    NoGrad off;
    for (const Tensor& w : weights) {
      w.add_(w.grad(), -0.05);
      w.set_grad(Tensor());
    }
  }
  return bytes(weights[0]) + bytes(weights[1]) + bytes(weights[2]);
}

}  // namespace

TEST_CASE("64 threads with many graphs each compute what one thread computes", "[threads]") {
  const int threads = 64, graphs = scaled(1000, 30);
  const std::int64_t nodes = live_nodes();
  std::vector<std::vector<std::string>> found(threads, std::vector<std::string>(static_cast<std::size_t>(graphs)));
  in_threads(threads, [&](int t) {
    for (int i = 0; i < graphs; ++i)
      found[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)] = small_graph(t * graphs + i);
  });
  CHECK(live_nodes() == nodes);
  int wrong = 0;
  for (int t = 0; t < threads; ++t)
    for (int i = 0; i < graphs; ++i)
      wrong += found[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)] != small_graph(t * graphs + i);
  CHECK(wrong == 0);
}

TEST_CASE("models trained side by side end like models trained one after the other", "[threads]") {
  const int models = 8, steps = scaled(300, 30);
  std::vector<std::string> together(models);
  in_threads(models, [&](int i) { together[static_cast<std::size_t>(i)] = trained(i, steps); });
  for (int i = 0; i < models; ++i) CHECK(together[static_cast<std::size_t>(i)] == trained(i, steps));
}

TEST_CASE("a graph may be built in one thread, continued in a second, walked in a third and freed in a fourth",
          "[threads]") {
  const std::int64_t nodes = live_nodes();
  const Tensor x = leaf({2});
  Tensor y = x, z;
  in_threads(1, [&](int) {
    for (int i = 0; i < 100; ++i) y = y * 1.0;
  });
  in_threads(1, [&](int) {
    const Tensor young = leaf({3});  // the first node of its thread: its number is lower than those of y
    z = y * young + y * x;
  });
  in_threads(1, [&](int) { z.backward(retain_graph); });
  CHECK(numbers(x.grad()) == Numbers{7});
  in_threads(1, [&](int) { y = z = Tensor(); });
  CHECK(live_nodes() == nodes + 1);
}

TEST_CASE("walks side by side add up in the leaves that they share", "[threads]") {
  const Graph how = GENERATE(Graph::release, Graph::retain, Graph::create);
  const int threads = 8, rounds = scaled(200, 40);
  const Tensor x = leaf({1, 2, 3}), w = leaf({4, 5, 6});
  in_threads(threads, [&](int t) {
    for (int i = 0; i < rounds; ++i) sum(x * w * static_cast<double>(t + 1)).backward(how);
  });
  const double all = rounds * threads * (threads + 1) / 2.0;
  CHECK(numbers(x.grad()) == Numbers{4 * all, 5 * all, 6 * all});
  CHECK(numbers(w.grad()) == Numbers{1 * all, 2 * all, 3 * all});
}

TEST_CASE("walks side by side through a subgraph that they share give the right sums", "[threads]") {
  const int threads = 8, rounds = scaled(200, 40);
  const std::int64_t nodes = live_nodes();
  {
    const Tensor x = leaf({1, 2}), w = leaf({3, 4});
    Tensor shared = x * w;
    for (int i = 0; i < 10; ++i) shared = (shared + shared) * 0.5;
    std::vector<int> wrong(threads);
    in_threads(threads, [&](int t) {
      const double factor = t + 1;
      const Tensor mine = sum(shared * factor) + sum(shared);
      for (int i = 0; i < rounds; ++i) {
        mine.backward(retain_graph);
        const Tensor apart = grad({mine}, {x}, {}, i % 2 ? retain_graph : create_graph)[0];
        wrong[static_cast<std::size_t>(t)] += numbers(apart) != Numbers{3 * (factor + 1), 4 * (factor + 1)};
      }
    });
    CHECK(wrong == std::vector<int>(threads));
    const double all = rounds * (threads * (threads + 1) / 2.0 + threads);
    CHECK(numbers(x.grad()) == Numbers{3 * all, 4 * all});
    CHECK(numbers(w.grad()) == Numbers{1 * all, 2 * all});
  }
  CHECK(live_nodes() == nodes);
}

TEST_CASE("a node that another walk has claimed and released in between is visited once", "[threads]") {
  const Tensor x = leaf({3}), other = leaf({1});
  const Tensor shared = x * 1.0;
  const Tensor late = other * 1.0, early = shared * 5.0;   // the first walk: early, late, shared
  const Tensor last = shared * 2.0, first = shared * 3.0;  // the second walk: first, last, shared
  const Tensor one = early + late, two = last + first;
  std::atomic<bool> held{false}, halfway{false}, over{false};
  std::atomic<int> visits{0};
  // The first walk waits while it has claimed `shared`; the second sends its first gradient there, and continues when
  // the first is over.
  late.register_hook([&](const Tensor&) {
    held = true;
    wait_for(halfway);
    return Tensor();
  });
  last.register_hook([&](const Tensor&) {
    halfway = true;
    wait_for(over);
    return Tensor();
  });
  shared.register_hook([&](const Tensor&) {
    ++visits;
    return Tensor();
  });
  double found = 0;
  in_threads(2, [&](int t) {
    if (t == 0) {
      one.backward(retain_graph);
      over = true;
    } else {
      wait_for(held);
      found = grad({two}, {x}, {}, retain_graph)[0].item();
    }
  });
  CHECK(found == 5);
  CHECK(visits == 2);
  CHECK(numbers(x.grad()) == Numbers{5});
}

TEST_CASE("leaves die in one thread while another walks to them", "[threads]") {
  const std::int64_t nodes = live_nodes();
  for (int i = 0; i < scaled(2000, 200); ++i) {
    Tensor x = leaf({1}), y;
    y = x * 2.0;
    in_threads(2, [&](int t) {
      if (t == 0)
        x = Tensor();
      else
        y.backward();
    });
  }
  CHECK(live_nodes() == nodes);
}

TEST_CASE("a handle taken from a node while another thread drops the last one is alive, or undefined", "[threads]") {
  const std::int64_t nodes = live_nodes();
  std::atomic<int> wrong{0};
  for (int i = 0; i < scaled(5000, 500); ++i) {
    Tensor x = leaf({1});
    const Tensor y = x * 2.0;
    Node& node = *Raw::node(y)->edges()[0].node;
    std::atomic<bool> dropped{false};
    in_threads(2, [&](int t) {
      if (t == 0) {
        x = Tensor();
        dropped = true;
        return;
      }
      for (bool last = false; !last;) {
        last = dropped;
        if (const Tensor owner = node.owner(); owner.defined()) wrong += numbers(owner) != Numbers{1};
      }
    });
    wrong += node.owner().defined();
  }
  CHECK(wrong == 0);
  CHECK(live_nodes() == nodes);
}

TEST_CASE("gradient mode is thread-local", "[threads]") {
  const Tensor x = leaf({1});
  NoGrad off;
  bool recorded = false, after = true;
  in_threads(1, [&](int) {
    recorded = (x * 2.0).requires_grad();
    NoGrad off_here;
    after = (x * 2.0).requires_grad();
  });
  CHECK(recorded);
  CHECK_FALSE(after);
  CHECK_FALSE(grad_enabled());
}

TEST_CASE("every thread has a default generator of its own, which manual_seed sets", "[threads]") {
  const auto draw = [] { return bytes(rand({8})); };
  std::string unseeded, there[2], here[2];
  manual_seed(7);
  for (std::string& each : here) each = draw();
  manual_seed(7);
  const std::string first = draw();
  in_threads(1, [&](int) {
    unseeded = draw();
    manual_seed(7);
    for (std::string& each : there) each = draw();
  });
  const std::string second = draw();  // does not depend on the other thread's draws
  CHECK((there[0] == here[0] && there[1] == here[1]));
  CHECK((first == here[0] && second == here[1]));
  CHECK((unseeded != here[0] && here[0] != here[1]));
}

// ---- threads inside kernels

namespace {

// Values and gradients of passes that are large enough to be split.
std::vector<std::string> large_passes() {
  Generator generator(5);
  const std::int64_t n = scaled(300007, 100003), m = scaled(384, 256);
  // Small enough that softmax gives no denormal numbers, which make a product of matrices ten times slower.
  const Tensor a = (randn({m, 512}, generator) * 0.1).requires_grad_(), b = randn({512, m}, generator).requires_grad_();
  const Tensor v = randn({m}, generator).requires_grad_(), long_row = randn({n}, generator).requires_grad_();
  const Tensor seed = randn({m, m}, generator);
  const auto with_gradients = [](const Tensor& y, const Tensor& g, const std::vector<Tensor>& inputs) {
    std::string all = bytes(y);
    for (const Tensor& each : grad({y}, inputs, {g})) all += bytes(each);
    return all;
  };
  std::vector<std::string> found;
  found.push_back(with_gradients(matmul(a, b), seed, {a, b}));
  found.push_back(with_gradients(softmax(matmul(a, b) + v, 1), seed, {a, b, v}));
  found.push_back(with_gradients(softmax(matmul(a, b), 0), seed, {a, b}));
  found.push_back(with_gradients(exp(tanh(long_row) * 2.0), ones({n}), {long_row}));
  found.push_back(with_gradients(sum(long_row * long_row), Tensor(1.f), {long_row}));
  found.push_back(with_gradients(mean(a * v.reshape({m, 1}), 0), ones({512}), {a, v}));
  found.push_back(with_gradients(logsumexp(a, 1), ones({m}), {a}));
  return found;
}

// The number of threads as it was, when the scope is left.
class ThreadsRestored {
 public:
  ThreadsRestored() = default;
  ~ThreadsRestored() { set_num_threads(before_); }
  ThreadsRestored(const ThreadsRestored&) = delete;
  ThreadsRestored& operator=(const ThreadsRestored&) = delete;

 private:
  int before_ = num_threads();
};

}  // namespace

TEST_CASE("1, 2, 3, 4 and 8 threads give the same bits", "[threads]") {
  const ThreadsRestored restored;
  set_num_threads(1);
  const std::vector<std::string> alone = large_passes();
  for (int count : {1, 2, 3, 4, 8}) {
    set_num_threads(count);
    CHECK(num_threads() == count);
    const std::vector<std::string> together = large_passes();
    for (std::size_t i = 0; i < alone.size(); ++i) {
      INFO("pass " << i << " with " << count << " threads");
      CHECK((together[i] == alone[i]));
    }
  }
}

TEST_CASE("kernels that are split run side by side in several threads", "[threads]") {
  const ThreadsRestored restored;
  set_num_threads(3);
  const std::vector<std::string> alone = large_passes();
  std::vector<int> wrong(3);
  in_threads(3, [&](int t) {
    for (int i = 0; i < scaled(5, 1); ++i) wrong[static_cast<std::size_t>(t)] += large_passes() != alone;
  });
  CHECK(wrong == std::vector<int>(3));
}

TEST_CASE("fewer than one thread is an error", "[threads]") {
  const int before = num_threads();
  CHECK_THAT(thrown_by<std::invalid_argument>([] { set_num_threads(0); }),
             Contains("set_num_threads") && Contains("0"));
  CHECK_THROWS_AS(set_num_threads(-3), std::invalid_argument);
  CHECK(num_threads() == before);
}
