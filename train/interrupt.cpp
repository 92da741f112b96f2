#include <xgrad/train/interrupt.hpp>

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>

namespace xgrad::train {
namespace {

// What the handler touches: lock-free, and never destroyed.
std::atomic<long> signals{0};      // that were requests
std::atomic<bool> awaited{false};  // whether there is an object that has seen none
struct sigaction former;           // written while the handler is not installed
static_assert(std::atomic<long>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "a signal handler takes no locks");

std::mutex scopes_mutex;
// The numbers of requests before the objects. Made by the first, which may be static, and never destroyed.
std::multiset<long>& scopes() {
  static std::multiset<long>& all = *new std::multiset<long>;
  return all;
}
bool installed = false;

void act_as_before(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const bool has_info = (former.sa_flags & SA_SIGINFO) != 0;
  if ((!has_info && former.sa_handler == SIG_DFL) || (former.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) {
    ::sigaction(SIGINT, &former, nullptr);
    ::raise(SIGINT);  // comes when this handler returns
  } else if (has_info) {
    former.sa_sigaction(signal, info, context);
  } else {
    former.sa_handler(signal);
  }
  errno = error;
}

void handle(int signal, siginfo_t* info, void* context) {
  if (awaited.exchange(false))
    signals.fetch_add(1);
  else
    act_as_before(signal, info, context);
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == handle;
}

void install() {
  struct sigaction current = {};
  if (::sigaction(SIGINT, nullptr, &current) != 0 || is_ours(current)) return;
  if ((current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == SIG_IGN) return;
  former = current;
  struct sigaction ours = {};
  ours.sa_sigaction = handle;
  ours.sa_flags = SA_RESTART | SA_SIGINFO;
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
  // A signal between the two lines is one of an older object, or comes before this one.
  do {
    before_ = signals.load();
    awaited.store(true);
  } while (signals.load() != before_);
  scopes().insert(before_);
  if (scopes().size() == 1) install();
}

InterruptScope::~InterruptScope() {
  const std::lock_guard<std::mutex> lock(scopes_mutex);
  scopes().erase(scopes().find(before_));
  if (scopes().empty()) remove();
  // A signal from here on finds that the others have seen one.
  if (scopes().count(signals.load()) == 0) awaited.store(false);
}

bool InterruptScope::requested() const { return signals.load(std::memory_order_relaxed) != before_; }

}  // namespace xgrad::train
