// What the process keeps of freed memory: for all threads together, no more than it needs, and given back when asked.

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/runtime/page_heap.hpp>
#include <xgrad/autograd/ops/ops.hpp>

#include "catch2.hpp"
#include "inspect.hpp"

using namespace xgrad;
namespace page_heap = xgrad::detail::page_heap;

namespace {

constexpr std::size_t megabyte = std::size_t{1} << 20;

std::size_t resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      std::size_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes << 10;
    }
  return 0;
}

// Threads that work one after the other or together, and stay idle until the object is destroyed.
class IdleThreads {
 public:
  template <class F>
  IdleThreads(int count, bool together, const F& work) {
    std::atomic<int> done{0};
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([&, i] {
        work(i);
        ++done;
        std::unique_lock<std::mutex> lock(mutex_);
        over_.wait(lock, [this] { return ended_; });
      });
      while (!together && done <= i) std::this_thread::yield();
    }
    while (done < count) std::this_thread::yield();
  }
  ~IdleThreads() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    over_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

// A graph of many small nodes, a network of medium tensors, and tensors of some megabytes.
void varied_work(int thread) {
  Tensor x = leaf({1, 2, 3}), y = x;
  for (int i = 0; i < 10000; ++i) y = y * 1.0;
  sum(y).backward();
  const std::int64_t width = 64 + 8 * (thread % 16);
  const Tensor w = (ones({width, width}) * 0.01f).requires_grad_();
  Tensor h = ones({100, width});
  for (int i = 0; i < 50; ++i) h = tanh(matmul(h, w));
  sum(h).backward();
  const Tensor large = ones({std::int64_t{1} << (18 + thread % 3)}).requires_grad_();
  sum(exp(tanh(large))).backward();
}

// The bytes that the page heap holds, at most, while f runs, besides what was in use before.
template <class F>
std::size_t peak_of(F&& f) {
  release_cached_memory();
  const std::size_t before = page_heap::held().now;
  page_heap::reset_peak();
  f();
  return page_heap::held().peak - before;
}

}  // namespace

TEST_CASE("64 idle threads keep less than 200 MB resident after work", "[resident]") {
  if (sanitized) return;
  const bool together = GENERATE(true, false);
  const IdleThreads idle(64, together, varied_work);
  INFO("together " << together << ", cached " << cached_memory() / megabyte << " MiB, resident "
                   << resident_bytes() / megabyte << " MiB");
  CHECK(resident_bytes() < 200'000'000);
}

TEST_CASE("threads that use much memory one after the other leave what one of them would", "[resident]") {
  if (sanitized) return;
  for (int i = 0; i < 6; ++i)
    std::thread([] {
      std::vector<Tensor> all;
      for (int k = 0; k < 45; ++k) all.push_back(ones({10 << 18}));
    }).join();
  INFO("cached " << cached_memory() / megabyte << " MiB");
  CHECK(cached_memory() <= memory_budget());
  CHECK(resident_bytes() < memory_budget() + 100 * megabyte);
  release_cached_memory();
  CHECK(cached_memory() == 0);
  CHECK(resident_bytes() < 100 * megabyte);
}

TEST_CASE("release_cached_memory() frees what idle threads keep, and busy ones compute on", "[resident]") {
  if (sanitized) return;
  {
    const IdleThreads idle(8, true, varied_work);
    CHECK(cached_memory() > megabyte);
    release_cached_memory();
    CHECK(cached_memory() == 0);
  }
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, rounds{0};
  std::vector<std::thread> busy;
  for (int t = 0; t < 3; ++t)
    busy.emplace_back([&] {
      while (!stop) {
        const Tensor x = leaf({1, 2});
        Tensor y = x;
        for (int i = 0; i < 100; ++i) y = y + x;
        sum(y).backward();
        wrong += numbers(x.grad()) != Numbers{101, 101};
        ++rounds;
      }
    });
  for (int i = 0; i < 300 || rounds < 300; ++i) release_cached_memory();
  stop = true;
  for (std::thread& thread : busy) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("the budget bounds what the process keeps, and can be set", "[resident]") {
  if (sanitized) return;
  const std::size_t before = memory_budget();
  CHECK(before == 512 * megabyte);
  set_memory_budget(20 * megabyte);
  CHECK(memory_budget() == 20 * megabyte);
  {
    std::vector<Tensor> all;
    for (int k = 0; k < 40; ++k) all.push_back(ones({1 << 18}));
  }
  CHECK(cached_memory() > 10 * megabyte);
  CHECK(cached_memory() <= 21 * megabyte);
  set_memory_budget(0);
  CHECK(cached_memory() <= megabyte);
  set_memory_budget(before);
}

TEST_CASE("backward of a 12-layer network needs at most three buffers more than forward", "[resident]") {
  if (sanitized) return;
  struct Sizes {
    std::int64_t batch, width;
  };
  const Sizes sizes = GENERATE(Sizes{256, 1024}, Sizes{1024, 700}, Sizes{2048, 256}, Sizes{300, 1500});
  INFO("batch " << sizes.batch << ", width " << sizes.width);
  std::vector<Tensor> weights;
  for (int i = 0; i < 12; ++i) weights.push_back((ones({sizes.width, sizes.width}) * 0.001f).requires_grad_());
  const Tensor x = ones({sizes.batch, sizes.width});
  const auto forward = [&] {
    Tensor h = x;
    for (const Tensor& w : weights) h = relu(matmul(h, w));
    return sum(h);
  };
  const std::size_t of_forward = peak_of([&] { forward(); });
  const std::size_t activation = static_cast<std::size_t>(sizes.batch * sizes.width) * 4;
  const std::size_t weight = static_cast<std::size_t>(sizes.width * sizes.width) * 4;
  const auto step = [&] {
    forward().backward();
    for (const Tensor& w : weights) w.set_grad(Tensor());
  };
  // Each layer's gradient of the weight takes the place of what the layer has saved; what does not fit there is needed.
  const std::size_t gradients = 12 * weight, saved = 12 * activation;
  const std::size_t most = std::max(of_forward, of_forward - saved + gradients) + 3 * std::max(activation, weight);
  CHECK(of_forward >= saved);
  CHECK(peak_of(step) <= most);
  CHECK(peak_of([&] {
          for (int i = 0; i < 5; ++i) step();
        }) <= most);
}

TEST_CASE("freed blocks of any size are joined and cut for others", "[resident]") {
  if (sanitized) return;
  release_cached_memory();
  const std::size_t before = page_heap::held().now;
  {
    std::vector<Tensor> all;
    for (int k = 0; k < 64; ++k) all.push_back(ones({(k % 7 + 1) << 15}));
    for (int round = 0; round < 20; ++round) {
      for (std::size_t k = static_cast<std::size_t>(round) % 3; k < all.size(); k += 3) all[k] = Tensor();
      for (std::size_t k = static_cast<std::size_t>(round) % 3; k < all.size(); k += 3)
        all[k] = full({static_cast<std::int64_t>((k + static_cast<std::size_t>(round)) % 7 + 1) << 15}, 1.0f);
      for (const Tensor& x : all) CHECK(sum(x).item() == static_cast<double>(x.size()));
    }
    CHECK(page_heap::held().now - before < 45 * megabyte);
  }
  release_cached_memory();
  CHECK(page_heap::held().now == before);
}
