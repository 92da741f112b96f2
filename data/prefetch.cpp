#include <xgrad/data/prefetch.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <utility>

#include <xgrad/autograd/kernels/runtime/ending.hpp>

namespace xgrad::data::detail {
namespace {

/// While an object exists, this thread, and the threads that it starts, receive no signals but those of their own
/// faults: they are for the threads of the program.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF}) sigdelset(&all, own);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

struct Prefetch::Shared {
  struct Slot {
    bool done = false;
    Columns columns;
    std::exception_ptr thrown;
  };

  Make make;
  std::mutex mutex;
  std::condition_variable room, ready;
  std::vector<Slot> slots;      // batch b is in slot b % slots.size()
  std::int64_t next, low, end;  // the next batch to begin; the first that was not taken; that behind the last
  bool stop = false;

  Slot& slot(std::int64_t batch) { return slots[static_cast<std::size_t>(batch) % slots.size()]; }
  std::int64_t limit() const { return std::min(end, low + static_cast<std::int64_t>(slots.size())); }
  /// Forgets the batches before `batch`.
  void drop_before(std::int64_t batch) {
    const auto held = static_cast<std::int64_t>(slots.size());
    for (std::int64_t each = low; each < std::min(batch, low + held); ++each) slot(each) = {};
    low = std::max(low, batch);
    next = std::max(next, low);
  }
};

void Prefetch::work(const std::shared_ptr<Shared>& shared) {
  Shared& all = *shared;
  std::unique_lock<std::mutex> lock(all.mutex);
  for (;;) {
    all.room.wait(lock, [&] { return all.stop || all.next == all.end || all.next < all.limit(); });
    if (all.stop || all.next == all.end) return;
    const std::int64_t batch = all.next++;
    Shared::Slot made;
    lock.unlock();
    try {
      made.columns = all.make(batch);
    } catch (...) {
      made.thrown = std::current_exception();
    }
    made.done = true;
    lock.lock();
    if (batch < all.low) continue;
    all.slot(batch) = std::move(made);
    all.ready.notify_all();
  }
}

Prefetch::Prefetch(std::int64_t first, std::int64_t end, std::int64_t workers, std::int64_t ahead, Make make)
    : shared_(std::make_shared<Shared>()),
      threads_(std::make_unique<std::vector<std::thread>>()),
      generation_(xgrad::detail::process_generation.load(std::memory_order_relaxed)) {
  shared_->make = std::move(make);
  shared_->next = shared_->low = first;
  shared_->end = end;
  shared_->slots.resize(static_cast<std::size_t>(std::max<std::int64_t>(1, std::min(ahead, end - first))));
  const NoSignals blocked;
  try {
    for (std::int64_t i = 0; i < std::min(workers, end - first); ++i)
      threads_->emplace_back([shared = shared_] { work(shared); });
  } catch (const std::system_error&) {  // no more threads can be had: those that there are do the work, or the caller
  } catch (const std::bad_alloc&) {
  }
}

bool Prefetch::forked() const noexcept {
  return xgrad::detail::process_generation.load(std::memory_order_relaxed) != generation_;
}

Prefetch::~Prefetch() {
  if (forked()) {  // the threads are not in this process, and may have held the mutex
    static_cast<void>(threads_.release());
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->stop = true;
  }
  shared_->room.notify_all();
  for (std::thread& thread : *threads_) {
    if (thread.get_id() == std::this_thread::get_id())  // exit() was called within gather()
      thread.detach();
    else
      thread.join();
  }
}

Columns Prefetch::take(std::int64_t batch) {
  if (forked()) return shared_->make(batch);
  Shared& all = *shared_;
  std::unique_lock<std::mutex> lock(all.mutex);
  if (batch < all.low) {
    lock.unlock();
    return all.make(batch);
  }
  all.drop_before(batch);
  if (all.next == batch) {
    all.next = all.low = batch + 1;
    lock.unlock();
    all.room.notify_all();
    return all.make(batch);
  }
  Shared::Slot& slot = all.slot(batch);
  all.ready.wait(lock, [&] { return slot.done; });
  Shared::Slot taken = std::exchange(slot, {});
  all.low = batch + 1;
  lock.unlock();
  all.room.notify_all();
  if (taken.thrown) std::rethrow_exception(std::move(taken.thrown));
  return std::move(taken.columns);
}

}  // namespace xgrad::data::detail
