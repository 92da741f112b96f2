// Processes that end in every way: `ends COUNT` runs each mode COUNT times in a process of its own, `ends COUNT MODE`
// that mode alone. None may hang, crash, or compute anything else than a process that is not about to end.

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/data/loader.hpp>
#include <xgrad/func.hpp>
#include <xgrad/linalg.hpp>
#include <xgrad/nn/embedding.hpp>

#include "sanitized.hpp"

using namespace xgrad;

namespace {

// Kernels of every kind: a product in OpenBLAS, which has few rows, two in our own kernels, pointwise passes and sums
// in several chunks, tiles, and a backward.
std::string work() {
  const Tensor a = (ones({333, 555}) * 0.5f).requires_grad_(), b = ones({555, 444}).requires_grad_();
  const Tensor small = matmul(ones({5, 7}), ones({7, 3})), thin = matmul(ones({20, 2000}), ones({2000, 1000}));
  const Tensor y = elementwise([](auto x) { return x / (1.0 + exp(-x)); }, matmul(a, b) * 0.01f);
  const Tensor loss = sum(tanh(y)) + sum(small) + sum(thin);
  loss.backward();
  std::string all(static_cast<const char*>(Raw::bytes(a.grad())), static_cast<std::size_t>(a.size()) * 4);
  return all.append(static_cast<const char*>(Raw::bytes(loss)), 4);
}

// What work() gave when the process began, never destroyed.
const std::string& expected() {
  static const std::string* const all = new std::string(work());
  return *all;
}

void check(const char* where) {
  if (work() == expected()) return;
  std::fprintf(stderr, "ends: other numbers in %s\n", where);
  _exit(2);
}

[[noreturn]] void compute_for_ever() {
  for (;;) check("a thread that goes on");
}

void let_threads_compute(int count) {
  static std::atomic<int> running{0};
  for (int i = 0; i < count; ++i)
    std::thread([] {
      ++running;
      compute_for_ever();
    }).detach();
  while (running < count) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::microseconds(getpid() % 5000));  // at another place in each process
}

struct ComputesAtTheEnd {
  bool on = false;
  ~ComputesAtTheEnd() {
    if (on) check("a destructor");
  }
};

ComputesAtTheEnd in_static;
thread_local ComputesAtTheEnd in_thread;

void static_destructor() {
  in_static.on = true;
  check("main");
}

// Nothing was computed before the process ends.
void first_in_static_destructor() { in_static.on = true; }

void atexit_handler() {
  std::atexit([] { check("an atexit handler"); });
  check("main");
}

void exit_in_thread() {
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::microseconds(20000 + getpid() % 5000));
    std::exit(0);
  }).detach();
  compute_for_ever();
}

void detached_threads() { let_threads_compute(3); }

void main_ends_first() {
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    check("the last thread");
    std::exit(0);
  }).detach();
  pthread_exit(nullptr);
}

void thread_local_destructor() {
  for (int i = 0; i < 3; ++i)
    std::thread([i] {
      if (i != 1) in_thread.on = true;  // constructed before what the library keeps for the thread
      if (i != 2) check("a thread");
      if (i == 1) in_thread.on = true;
    }).join();
  in_thread.on = true;
}

void exit_in_a_kernel() {
  std::atexit([] { check("an atexit handler in the middle of a kernel"); });
  static std::atomic<int> calls{0};
  const Tensor y = elementwise(
      [](auto x) {
        if (++calls == 30) std::exit(0);
        return exp(x);
      },
      ones({1 << 20}));
}

void wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  if (status == 0) return;
  std::fprintf(stderr, "ends: a child ended with status %d\n", status);
  _exit(3);
}

void children(bool compute) {
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      if (compute) {
        check("a child");
        std::thread([] { check("a thread of a child"); }).join();
        release_cached_memory();
      }
      std::exit(0);
    }
    wait_for(child);
  }
}

void fork_while_others_compute() {
  let_threads_compute(3);
  children(true);
  _exit(0);
}

void fork_and_exit_while_others_compute() {
  let_threads_compute(3);
  children(false);
}

// What takes other locks of the process: a leaf that changes while a graph refers to it, and the name of a custom
// function.
void change_leaf() {
  const Tensor leaf = ones({3}).requires_grad_();
  const Tensor use = func::custom(
      "doubled", [](const std::vector<Tensor>& x) { return 2 * x[0]; },
      [](const std::vector<Tensor>&, const Tensor&, const Tensor& g) { return std::vector<Tensor>{2 * g}; })(leaf);
  leaf.requires_grad_(false);
}

void fork_while_leaves_change() {
  for (int i = 0; i < 3; ++i)
    std::thread([] {
      for (;;) change_leaf();
    }).detach();
  for (int i = 0; i < 60; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      change_leaf();
      _exit(0);
    }
    wait_for(child);
  }
  _exit(0);
}

// The first kernels run without memory; later ones, with it, must not wait for what those began.
void no_memory_at_first() {
  struct rlimit before;
  getrlimit(RLIMIT_AS, &before);
  long pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  for (int more = 0; more < 64; more += 4) {
    struct rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(pages * 4096 + more * (1 << 20));
    setrlimit(RLIMIT_AS, &tight);
    try {
      work();
    } catch (const std::bad_alloc&) {
    }
    setrlimit(RLIMIT_AS, &before);
  }
  check("a process that has memory again");
}

// Without memory for an op's result or for what its kernel needs besides, the error names the op.
void errors_without_memory() {
  const Tensor square = eye(700, float64) * 2 + full({700, 700}, .001, float64), one = ones({1, 1, 1});
  const Tensor lower = tril(full({700, 700}, 1e-320, float64));
  const auto resize = [&] {
    return interpolate(one, InterpolateOptions().size({4'000'000}).mode(InterpolateMode::linear));
  };
  const Tensor few = arange(200'000), part = zeros({200'000});
  const Tensor which = arange(1'000'000), rows = rand({1'000'000, 1});
  const Tensor x = zeros({1'000'000}), table = ones({1'000'000, 1});
  const Tensor matrices = ones({300'000, 1, 1}), sides = ones({300'000, 1});
  const std::pair<const char*, std::function<void()>> ops[] = {
      {"svd", [&] { static_cast<void>(linalg::svd(square)); }},
      {"eigh", [&] { static_cast<void>(linalg::eigh(square)); }},
      {"qr", [&] { static_cast<void>(linalg::qr(square)); }},
      {"expm", [&] { static_cast<void>(linalg::expm(square)); }},
      {"inverse", [&] { static_cast<void>(linalg::inverse(lower)); }},
      {"interpolate", [&] { static_cast<void>(resize()); }},
      {"put", [&] { static_cast<void>(put(x, {which}, 1.0)); }},
      {"slice", [&] { static_cast<void>(x(xt::drop(0, 2))); }},
      {"unique", [&] { static_cast<void>(unique(rows, 0)); }},
      {"scatter_reduce", [&] { static_cast<void>(scatter_reduce(part, 0, few, part, ScatterReduce::prod)); }},
      {"embedding_bag", [&] { static_cast<void>(nn::embedding_bag(which, table, which)); }},
      {"solve", [&] { static_cast<void>(linalg::solve(matrices, sides)); }},
      {"det", [&] { static_cast<void>(linalg::det(matrices)); }}};
  for (const auto& [name, op] : ops) op();
  struct rlimit before;
  getrlimit(RLIMIT_AS, &before);
  for (const auto& [name, op] : ops) {
    int errors = 0;
    bool succeeded = false;
    for (int more = 0; more < 512 && !succeeded; more += 16) {
      release_cached_memory();
      long pages = 0;
      std::ifstream("/proc/self/statm") >> pages;
      struct rlimit tight = before;
      tight.rlim_cur = static_cast<rlim_t>(pages * 4096 + more * (1 << 20));
      setrlimit(RLIMIT_AS, &tight);
      std::string error;
      try {
        op();
      } catch (const OutOfMemory& e) {
        error = e.what();
      } catch (const std::bad_alloc&) {
        error = "std::bad_alloc";
      }
      setrlimit(RLIMIT_AS, &before);
      succeeded = error.empty();
      errors += !succeeded;
      if (succeeded || error.find(": out of memory") != std::string::npos) continue;
      std::fprintf(stderr, "ends: %s: %s\n", name, error.c_str());
      _exit(3);
    }
    if (errors > 0 && succeeded) continue;
    std::fprintf(stderr, "ends: %s: %d errors, and then %s\n", name, errors, succeeded ? "success" : "no success");
    _exit(3);
  }
}

/// Batches that take some time to make, of which one may end the process in a worker.
class Slow : public data::DatasetOf<1> {
 public:
  explicit Slow(std::int64_t last) : last_(last) {}
  std::int64_t size() const override { return 1000; }
  std::array<Tensor, 1> gather(const std::int64_t* rows, std::int64_t count) const override {
    const EnableGrad on;  // for the backward in it
    check("a worker");
    if (rows[0] == last_) std::exit(0);
    return {full({count}, Tensor(static_cast<double>(rows[0])))};
  }

 private:
  std::int64_t last_;
};

void take_batches(std::int64_t last) {
  static data::Loader loader(Slow(last), data::LoaderOptions().workers(3));
  static auto at = loader.begin();
  for (int i = 0; i < 10; ++i, ++at)
    if ((*at)[0].item() != i) _exit(2);
}

// A static iterator is destroyed while its threads make batches.
void exit_while_prefetching() { take_batches(-1); }

void exit_in_a_prefetching_thread() {
  take_batches(15);
  for (;;) pause();
}

struct Mode {
  const char* name;
  void (*run)();
  bool left_out = false;
};

// The thread sanitizer takes no exit() in the middle of threads, no threads after a fork and no limit of memory, the
// address sanitizer no limit of memory, and its allocator stays locked in a child if another thread was in it.
const Mode modes[] = {
    {"static_destructor", static_destructor},
    {"first_in_static_destructor", first_in_static_destructor},
    {"atexit_handler", atexit_handler},
    {"exit_in_thread", exit_in_thread},
    {"detached_threads", detached_threads},
    {"main_ends_first", main_ends_first},
    {"thread_local_destructor", thread_local_destructor},
    {"exit_in_a_kernel", exit_in_a_kernel, thread_sanitized},
    {"fork_while_others_compute", fork_while_others_compute, sanitized},
    {"fork_and_exit_while_others_compute", fork_and_exit_while_others_compute, thread_sanitized},
    {"fork_while_leaves_change", fork_while_leaves_change, sanitized},
    {"no_memory_at_first", no_memory_at_first, sanitized},
    {"errors_without_memory", errors_without_memory, sanitized},
    {"exit_while_prefetching", exit_while_prefetching},
    {"exit_in_a_prefetching_thread", exit_in_a_prefetching_thread, thread_sanitized},
};

int status_of(const char* program, const char* mode) {
  const pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    execl(program, program, "run", mode, static_cast<char*>(nullptr));
    _exit(127);
  }
  for (int waited = 0; waited < 60000; waited += 2) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  kill(-child, SIGKILL);  // and its children
  waitpid(child, nullptr, 0);
  return -1;
}

}  // namespace

// Read by the address sanitizer. A process that ends in the middle of a computation frees nothing, and glibc keeps some
// bytes for the first thread when that ends before the others.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "run") == 0) {
    set_num_threads(4);
    if (std::strcmp(argv[2], "no_memory_at_first") != 0 && std::strcmp(argv[2], "first_in_static_destructor") != 0)
      expected();
    for (const Mode& mode : modes)
      if (std::strcmp(mode.name, argv[2]) == 0) {
        mode.run();
        return 0;
      }
    std::fprintf(stderr, "ends: no mode %s\n", argv[2]);
    return 2;
  }
  const int count = argc > 1 ? std::atoi(argv[1]) : 5;
  int failures = 0;
  bool known = argc <= 2;
  for (const Mode& mode : modes) {
    if (argc > 2 && std::strcmp(mode.name, argv[2]) != 0) continue;
    known = true;
    if (mode.left_out) {
      std::printf("%-36s left out under this sanitizer\n", mode.name);
      continue;
    }
    int hung = 0, failed = 0, last = 0;
    for (int i = 0; i < count; ++i) {
      const int status = status_of("/proc/self/exe", mode.name);
      hung += status == -1;
      failed += status > 0;
      if (status > 0) last = status;
    }
    std::printf("%-36s %d processes, %d hung, %d failed", mode.name, count, hung, failed);
    if (failed > 0) std::printf(" (the last with status %d)", last);
    std::printf("\n");
    std::fflush(stdout);
    failures += hung + failed;
  }
  if (!known) std::fprintf(stderr, "ends: no mode %s\n", argv[2]);
  return known ? failures > 0 : 2;
}
