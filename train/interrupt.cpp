#include <xgrad/train/interrupt.hpp>

#include <signal.h>

#include <atomic>
#include <mutex>

namespace xgrad::train {
namespace {

// What the handler touches: lock-free, and never destroyed.
std::atomic<long> signals{0};
struct sigaction former;  // written while the handler is not installed
static_assert(std::atomic<long>::is_always_lock_free, "a signal handler takes no locks");

std::mutex scopes_mutex;
int scopes = 0;
bool installed = false;

void handle(int) {
  signals.fetch_add(1, std::memory_order_relaxed);
  ::sigaction(SIGINT, &former, nullptr);
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handle;
}

void install() {
  struct sigaction current = {};
  if (::sigaction(SIGINT, nullptr, &current) != 0 || is_ours(current)) return;
  if ((current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == SIG_IGN) return;
  former = current;
  struct sigaction ours = {};
  ours.sa_handler = handle;
  ours.sa_flags = SA_RESTART;
  ::sigemptyset(&ours.sa_mask);
  installed = ::sigaction(SIGINT, &ours, nullptr) == 0;
}

void remove() {
  struct sigaction current = {};
  if (installed && ::sigaction(SIGINT, nullptr, &current) == 0 && is_ours(current))
    ::sigaction(SIGINT, &former, nullptr);
  installed = false;
}

}  // namespace

InterruptScope::InterruptScope() {
  const std::lock_guard<std::mutex> lock(scopes_mutex);
  before_ = signals.load(std::memory_order_relaxed);
  if (scopes++ == 0) install();
}

InterruptScope::~InterruptScope() {
  const std::lock_guard<std::mutex> lock(scopes_mutex);
  if (--scopes == 0) remove();
}

bool InterruptScope::requested() const { return signals.load(std::memory_order_relaxed) != before_; }

}  // namespace xgrad::train
