#include <xgrad/autograd/kernels/runtime/ending.hpp>

#include <pthread.h>

#include <cstdlib>

namespace xgrad::detail {

std::atomic<std::uint32_t> process_generation{1};

namespace {

// ---- the end of a thread

pthread_key_t key;
std::atomic<bool> have_key{false};
__thread bool ended = false;

// The value of the key is the list of the thread. A key and not a thread_local object with a destructor: its function
// runs after all such destructors, and setting it takes no memory.
void end_thread(void* list) {
  ended = true;
  for (auto* each = static_cast<AtThreadEnd*>(list); each != nullptr;) {
    AtThreadEnd* next = each->next;
    each->run();
    each = next;
  }
}

// ---- fork

constexpr std::size_t most = 16;
struct Around {
  void (*before)() noexcept;
  void (*in_parent)() noexcept;
  void (*in_child)() noexcept;
};
std::mutex* mutexes[most];
Around arounds[most];
std::atomic<std::size_t> mutex_count{0}, around_count{0};

// Two threads that fork at once must not wait for each other halfway through the handlers.
std::mutex forking;

void before_fork() {
  forking.lock();
  for (std::size_t i = 0; i < around_count; ++i)
    if (arounds[i].before != nullptr) arounds[i].before();
  for (std::size_t i = 0; i < mutex_count; ++i) mutexes[i]->lock();
}

void unlock_all() {
  for (std::size_t i = mutex_count; i-- > 0;) mutexes[i]->unlock();
}

void after_fork_in_parent() {
  unlock_all();
  for (std::size_t i = around_count; i-- > 0;)
    if (arounds[i].in_parent != nullptr) arounds[i].in_parent();
  forking.unlock();
}

void after_fork_in_child() {
  process_generation.fetch_add(1, std::memory_order_relaxed);
  unlock_all();
  for (std::size_t i = around_count; i-- > 0;)
    if (arounds[i].in_child != nullptr) arounds[i].in_child();
  forking.unlock();
}

// Constructed before every static object of default priority that the library is linked with, so that they may compute
// in their constructors and destructors.
struct Handlers {
  Handlers() noexcept {
    have_key = pthread_key_create(&key, end_thread) == 0;
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  }
};
[[gnu::init_priority(101)]] const Handlers handlers;

// Threads that outlive the library, because it was loaded with dlopen() and is closed, must not call into it.
[[gnu::destructor(101)]] void delete_key() {
  if (have_key.exchange(false)) pthread_key_delete(key);
}

}  // namespace

bool at_thread_end(AtThreadEnd& what) noexcept {
  if (ended || !have_key.load(std::memory_order_relaxed)) return false;
  what.next = static_cast<AtThreadEnd*>(pthread_getspecific(key));
  return pthread_setspecific(key, &what) == 0;
}

void hold_across_fork(std::mutex& mutex) noexcept {
  const std::lock_guard<std::mutex> lock(forking);
  if (mutex_count == most) std::abort();
  mutexes[mutex_count] = &mutex;
  ++mutex_count;
}

void around_fork(void (*before)() noexcept, void (*in_parent)() noexcept, void (*in_child)() noexcept) noexcept {
  const std::lock_guard<std::mutex> lock(forking);
  if (around_count == most) std::abort();
  arounds[around_count] = {before, in_parent, in_child};
  ++around_count;
}

bool forked_child() noexcept { return process_generation.load(std::memory_order_relaxed) != 1; }

}  // namespace xgrad::detail
