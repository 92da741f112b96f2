#include <xgrad/autograd/kernels/matrix/blas_gate.hpp>

#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <new>

#include <xgrad/autograd/kernels/runtime/ending.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {
namespace {

sem_t permits;  // one for each CPU; a call of OpenBLAS holds one
int count = 1;
std::atomic<bool> closed{false};
__thread bool inside = false;
__thread bool ends_the_process = false;
std::atomic<int> calls{0};    // in progress
std::atomic<int> buffers{0};  // OpenBLAS has one for each call that was ever in progress at once

// OpenBLAS tries for ever to allocate a buffer. Its own size is 128 MiB or less, of which a call touches a part.
bool has_memory_for_buffer() noexcept {
  constexpr std::size_t size = std::size_t{136} << 20;
  void* const probe = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return probe != MAP_FAILED && munmap(probe, size) == 0;
}

void take_permit() noexcept {
  while (sem_wait(&permits) != 0) {
  }
}

// A signal handler may fork or exit in the middle of a call of its own thread, whose permit cannot be had.
int permits_of_others() noexcept { return count - inside; }

struct Gate {
  Gate() noexcept {
    count = usable_cpus();
    sem_init(&permits, 0, static_cast<unsigned>(count));
    detail::around_fork(
        []() noexcept {
          for (int i = permits_of_others(); i > 0; --i) take_permit();
        },
        []() noexcept {
          for (int i = permits_of_others(); i > 0; --i) sem_post(&permits);
        },
        []() noexcept {
          sem_init(&permits, 0, static_cast<unsigned>(permits_of_others()));
          calls.store(inside);
        });
  }
};
[[gnu::init_priority(103)]] const Gate gate;

// Runs after all static destructors and atexit handlers, and before OpenBLAS ends. It does not wait for ever, since a
// call may itself be waiting for this thread.
[[gnu::destructor(101)]] void close_gate() {
  ends_the_process = true;
  closed.store(true);
  timespec end{};
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 10;
  for (int i = permits_of_others(); i > 0; --i)
    if (sem_timedwait(&permits, &end) != 0) break;
  for (int i = count; i > 0; --i) sem_post(&permits);
}

}  // namespace

BlasCall::BlasCall() {
  take_permit();
  const int now = calls.fetch_add(1, std::memory_order_relaxed) + 1;
  if (now > buffers.load(std::memory_order_relaxed)) {
    if (!has_memory_for_buffer()) {
      leave();
      throw std::bad_alloc();
    }
    buffers.store(now, std::memory_order_relaxed);
  }
  allowed_ = !closed.load(std::memory_order_relaxed);
  inside = true;
  if (!allowed_ && !ends_the_process) {
    leave();
    for (;;) pause();  // for what remains of the process: a few destructors of libraries
  }
}

BlasCall::~BlasCall() { leave(); }

void BlasCall::leave() noexcept {
  inside = false;
  calls.fetch_sub(1, std::memory_order_relaxed);
  sem_post(&permits);
}

}  // namespace xgrad::kernels
