#include <xgrad/autograd/kernels/runtime/parallel.hpp>

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#if defined(__SANITIZE_THREAD__)
#define XGRAD_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define XGRAD_THREAD_SANITIZER
#endif
#endif

namespace xgrad::kernels {
namespace {

std::atomic<int> chosen_threads{0};  // 0: as many as usable CPUs

// The number of CPUs in the affinity mask of the process, which may be fewer than the machine has.
int usable_cpus() noexcept {
  static const int found = [] {
    cpu_set_t affinity;
    const bool known = sched_getaffinity(0, sizeof affinity, &affinity) == 0;
    return known ? CPU_COUNT(&affinity) : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }();
  return found;
}

#ifdef XGRAD_THREAD_SANITIZER

// TBB is not compiled with ThreadSanitizer, which therefore does not see that a chunk runs between the call of
// parallel_for() and its return, and reports races in every kernel and in TBB itself. With plain threads, a race that
// it reports in a kernel is one.
template <class F>
void run_in(int count, std::int64_t chunks, const F& body) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr thrown;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (std::int64_t i = next++; i < chunks; i = next++) body(i);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      thrown = std::current_exception();
    }
  };
  std::vector<std::thread> helpers;
  while (static_cast<int>(helpers.size()) < count - 1) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  if (thrown) std::rethrow_exception(thrown);
}

#else

// One arena for each number of threads that was ever asked for; none is destroyed while a kernel may run in it.
tbb::task_arena& arena_of(int count) {
  static std::mutex mutex;
  static std::unique_ptr<tbb::task_arena> arenas[65];
  const std::lock_guard<std::mutex> lock(mutex);
  auto& arena = arenas[count < 64 ? count : 64];
  if (!arena) arena = std::make_unique<tbb::task_arena>(count);
  return *arena;
}

// TBB has as many workers as there are CPUs, and warns on stderr when it is asked for more.
template <class F>
void run_in(int count, std::int64_t chunks, const F& body) {
  arena_of(std::min(count, usable_cpus())).execute([&] { tbb::parallel_for(std::int64_t{0}, chunks, body); });
}

#endif

}  // namespace

int threads() noexcept {
  const int set = chosen_threads.load(std::memory_order_relaxed);
  return set > 0 ? set : usable_cpus();
}

void set_threads(int count) {
  if (count < 1)
    throw std::invalid_argument("set_num_threads: at least one thread is needed, got " + std::to_string(count));
  chosen_threads.store(count, std::memory_order_relaxed);
}

void parallel_chunks(std::int64_t chunks, void (*body)(void*, std::int64_t), void* context) {
  const int count = threads();
  if (count == 1 || chunks <= 1) {
    for (std::int64_t i = 0; i < chunks; ++i) body(context, i);
    return;
  }
  run_in(count, chunks, [=](std::int64_t i) { body(context, i); });
}

}  // namespace xgrad::kernels
