#include <xgrad/autograd/kernels/runtime/parallel.hpp>

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <xgrad/autograd/kernels/runtime/ending.hpp>

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
int count_cpus() noexcept {
  cpu_set_t affinity;
  const bool known = sched_getaffinity(0, sizeof affinity, &affinity) == 0;
  return known ? CPU_COUNT(&affinity) : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

std::atomic<bool> pool_closed{false};         // the process ends, or is a forked child: every kernel runs in its caller
std::atomic<std::int64_t> kernels_inside{0};  // that use the pool now
__thread int own_kernels = 0;                 // of this thread, of those
__thread int own_chunks = 0;                  // that this thread is running, for its own kernels or for others'
__thread bool of_pool = false;                // this thread has run a chunk for another one

// A kernel's use of the pool.
class InPool {
 public:
  InPool() noexcept {
    ++own_kernels;
    kernels_inside.fetch_add(1);
    open_ = !pool_closed.load();
    if (!open_) leave();
  }
  ~InPool() {
    if (open_) leave();
  }
  InPool(const InPool&) = delete;
  InPool& operator=(const InPool&) = delete;
  bool open() const noexcept { return open_; }

 private:
  static void leave() noexcept {
    kernels_inside.fetch_sub(1, std::memory_order_release);
    --own_kernels;
  }
  bool open_;
};

class InChunk {
 public:
  InChunk() noexcept {
    ++own_chunks;
    if (own_kernels == 0) of_pool = true;
  }
  ~InChunk() { --own_chunks; }
  InChunk(const InChunk&) = delete;
  InChunk& operator=(const InChunk&) = delete;
};

// TBB destroys its state at the end of the process, after this object, even if threads are using it. So from here on
// no kernel enters the pool, and those of other threads are waited for; but not for ever, since one of them may be
// waiting for this thread.
struct Pool {
  Pool() noexcept {
    cpus = count_cpus();
    detail::around_fork(nullptr, nullptr, []() noexcept {
      pool_closed.store(true);
      kernels_inside.store(own_kernels);
    });
  }
  ~Pool() {
    pool_closed.store(true);
    for (int i = 0; i < 10000 && own_chunks == 0 && kernels_inside.load() > own_kernels; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  int cpus = 1;
};
[[gnu::init_priority(102)]] const Pool pool;

std::atomic<bool> pool_used{false};
std::atomic<int> exit_status{0};

// Where TBB cannot be destroyed, the process ends here, after the destructors and handlers of the program: if a lambda
// in a kernel, or a signal handler, has called exit() in a thread of the pool, which TBB would destroy too; and in a
// forked child, where TBB would wait for locks that threads of the parent held.
[[gnu::destructor(101)]] void end_without_pool() {
  if (!of_pool && own_chunks == 0 && !(pool_used && detail::forked_child())) return;
  std::fflush(nullptr);
  _exit(exit_status);
}

void note_use() noexcept {
  static const int noted = on_exit([](int status, void*) { exit_status = status; }, nullptr);
  static_cast<void>(noted);
  pool_used.store(true, std::memory_order_relaxed);
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
  try {
    while (static_cast<int>(helpers.size()) < count - 1) helpers.emplace_back(work);
  } catch (const std::exception&) {  // no memory for another thread
  }
  work();
  for (std::thread& helper : helpers) helper.join();
  if (thrown) std::rethrow_exception(thrown);
}

#else

// Whether `count` more threads can be started. TBB ends the process if one of its own cannot.
bool can_start(int count) noexcept {
  sem_t end;
  sem_init(&end, 0, 0);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::size_t{4} << 20);  // TBB's own choice
  pthread_t started[64];
  int running = 0;
  const auto wait = [](void* for_end) -> void* {
    while (sem_wait(static_cast<sem_t*>(for_end)) != 0) {
    }
    return nullptr;
  };
  while (running < count && pthread_create(&started[running], &attributes, wait, &end) == 0) ++running;
  for (int i = 0; i < running; ++i) sem_post(&end);
  for (int i = 0; i < running; ++i) pthread_join(started[i], nullptr);
  pthread_attr_destroy(&attributes);
  sem_destroy(&end);
  return running == count;
}

// One arena for each number of threads that was ever asked for, never destroyed. Null where there is no memory for
// one. An arena that fails to initialise would block whoever uses it afterwards, so nobody else sees it before.
tbb::task_arena* arena_of(int count) noexcept {
  static std::atomic<tbb::task_arena*> arenas[65];
  static std::mutex mutex;
  std::atomic<tbb::task_arena*>& place = arenas[std::min(count, 64)];
  if (tbb::task_arena* made = place.load(std::memory_order_acquire)) return made;
  const std::lock_guard<std::mutex> lock(mutex);
  if (tbb::task_arena* made = place.load(std::memory_order_relaxed)) return made;
  if (!can_start(std::min(count, 64) - 1)) return nullptr;
  auto* made = new (std::nothrow) tbb::task_arena(count);
  if (made == nullptr) return nullptr;
  try {
    made->initialize();
  } catch (...) {
    delete made;
    return nullptr;
  }
  place.store(made, std::memory_order_release);
  return made;
}

// TBB has as many workers as there are CPUs, and warns on stderr when it is asked for more.
template <class F>
void run_in(int count, std::int64_t chunks, const F& body) {
  if (tbb::task_arena* arena = arena_of(std::min(count, pool.cpus)))
    return arena->execute([&] { tbb::parallel_for(std::int64_t{0}, chunks, body); });
  for (std::int64_t i = 0; i < chunks; ++i) body(i);
}

#endif

}  // namespace

int threads() noexcept {
  const int set = chosen_threads.load(std::memory_order_relaxed);
  return set > 0 ? set : pool.cpus;
}

int usable_cpus() noexcept { return std::max(1, pool.cpus); }

void set_threads(int count) {
  if (count < 1)
    throw std::invalid_argument("set_num_threads: at least one thread is needed, got " + std::to_string(count));
  chosen_threads.store(count, std::memory_order_relaxed);
}

void parallel_chunks(std::int64_t chunks, void (*body)(void*, std::int64_t), void* context) {
  const int count = threads();
  if (count > 1 && chunks > 1) {
    const InPool here;
    if (here.open()) {
      note_use();
      return run_in(count, chunks, [=](std::int64_t i) {
        const InChunk mark;
        body(context, i);
      });
    }
  }
  for (std::int64_t i = 0; i < chunks; ++i) body(context, i);
}

bool in_worker() noexcept { return of_pool; }

}  // namespace xgrad::kernels
