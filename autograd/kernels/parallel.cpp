#include <xgrad/autograd/kernels/parallel.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace xgrad::kernels {
namespace {

std::atomic<int> allowed{0};

// One arena a number of threads ever asked for; they are never destroyed while a kernel may run in them.
tbb::task_arena& arena_of(int count) {
  static std::mutex mutex;
  static std::unique_ptr<tbb::task_arena> arenas[65];
  const std::lock_guard<std::mutex> lock(mutex);
  auto& arena = arenas[count < 64 ? count : 64];
  if (!arena) arena = std::make_unique<tbb::task_arena>(count);
  return *arena;
}

}  // namespace

int threads() noexcept {
  const int set = allowed.load(std::memory_order_relaxed);
  if (set > 0) return set;
  static const int found = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return found;
}

void set_threads(int count) {
  if (count < 1) throw std::invalid_argument("set_num_threads: at least one thread is needed, got " + std::to_string(count));
  allowed.store(count, std::memory_order_relaxed);
}

void parallel_chunks(std::int64_t chunks, void (*body)(void*, std::int64_t), void* context) {
  const int count = threads();
  if (count == 1 || chunks <= 1) {
    for (std::int64_t i = 0; i < chunks; ++i) body(context, i);
    return;
  }
  arena_of(count).execute([&] {
    tbb::parallel_for(std::int64_t{0}, chunks, [&](std::int64_t i) { body(context, i); });
  });
}

}  // namespace xgrad::kernels
