#pragma once

// Shared by the programs of all sides: a side offers tasks and answers the driver over stdin and stdout, one line for
// each request and one for each answer.
//
//     check TASK      the numbers on which all sides must agree, and optionally a digest of the result's bits
//     time TASK N     the seconds of N units of work after a warm-up; their wall-clock time; optionally parts of it
//     count TASK N    heap allocations per unit, if the counter is loaded
//     memory          resident bytes
//
// A task is called `workload/variant`; without a variant it stands for the side's best. C++17, standard library only,
// since it is compiled with every peer.

#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {

struct Checked {
  std::vector<double> values;
  std::string bits;  // a digest of the result; empty where equal bits are not required
};

using Parts = std::vector<std::pair<std::string, double>>;

struct Timed {
  double seconds;
  Parts parts = {};
};

struct Task {
  std::function<Checked()> check;
  std::function<Timed(std::int64_t)> time;
  bool warm = true;  // whether `time` runs some units before it measures
};

using Tasks = std::map<std::string, std::function<Task()>>;

inline double wall() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The clock that tasks are timed with: wall-clock time, or with `--clock cpu` the CPU time of this process, which is
/// the same for a program on one core but does not include other programs' time.
inline bool count_cpu = false;
inline double now() {
  if (!count_cpu) return wall();
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// A task whose unit is one call of f.
template <class F>
std::function<Timed(std::int64_t)> repeat(F f) {
  return [f = std::move(f)](std::int64_t n) mutable {
    const double start = now();
    for (std::int64_t i = 0; i < n; ++i) f();
    return Timed{now() - start};
  };
}

/// FNV-1a over bytes.
inline std::string digest(const void* data, std::size_t bytes, std::uint64_t hash = 0xcbf29ce484222325u) {
  for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3u;
  std::ostringstream out;
  out << std::hex << hash;
  return out.str();
}

inline double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// The counters of count_allocations.cpp; zero where they are not loaded.
struct Heap {
  std::uint64_t allocations = 0;
  std::int64_t live_bytes = 0;
  bool counted = false;

  static Heap read() {
    using Read = void (*)(std::uint64_t*, std::int64_t*);
    static const auto counters = reinterpret_cast<Read>(dlsym(RTLD_DEFAULT, "xgrad_bench_heap"));
    Heap heap;
    if (counters == nullptr) return heap;
    counters(&heap.allocations, &heap.live_bytes);
    heap.counted = true;
    return heap;
  }
};

inline std::string blas_core() {
  using Name = char* (*)();
  const auto name = reinterpret_cast<Name>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return name ? name() : "";
}

/// The word after `flag` on the command line.
inline std::string argument(int argc, char** argv, const std::string& flag, const std::string& otherwise) {
  for (int i = 1; i + 1 < argc; ++i)
    if (argv[i] == flag) return argv[i + 1];
  return otherwise;
}

inline std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

class Server {
 public:
  Server(Tasks tasks, int argc, char** argv) : tasks_(std::move(tasks)) {
    count_cpu = argument(argc, argv, "--clock", "wall") == "cpu";
  }

  /// Sends the side's name and tasks, then answers requests until the driver closes the pipe.
  int run(const std::string& version) {
    std::cout << std::setprecision(17) << "{\"version\":" << quoted(version) << ",\"blas\":" << quoted(blas_core())
              << ",\"counted\":" << (Heap::read().counted ? "true" : "false") << ",\"tasks\":[";
    const char* comma = "";
    for (const auto& entry : tasks_) std::cout << std::exchange(comma, ",") << quoted(entry.first);
    std::cout << "]}" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
      try {
        answer(line);
      } catch (const std::exception& error) {
        std::cout << "{\"error\":" << quoted(error.what()) << "}";
      }
      std::cout << std::endl;
    }
    return 0;
  }

 private:
  Task& task(const std::string& name) {
    const auto open = opened_.find(name);
    if (open != opened_.end()) return open->second;
    const auto found = tasks_.find(name);
    if (found == tasks_.end()) throw std::runtime_error("no task " + name);
    return opened_.emplace(name, found->second()).first->second;
  }

  void answer(const std::string& line) {
    std::istringstream words(line);
    std::string word, name;
    std::int64_t n = 1;
    words >> word >> name >> n;
    if (word == "memory") {
      std::cout << "{\"bytes\":" << resident_bytes() << "}";
    } else if (word == "close") {
      opened_.clear();
      std::cout << "{}";
    } else if (word == "check") {
      const Task& asked = task(name);
      const Checked checked = asked.check ? asked.check() : Checked();
      std::cout << "{\"values\":[";
      const char* comma = "";
      for (double value : checked.values) std::cout << std::exchange(comma, ",") << value;
      std::cout << "],\"bits\":" << quoted(checked.bits) << "}";
    } else if (word == "time") {
      Task& asked = task(name);
      if (asked.warm) asked.time(std::max<std::int64_t>(1, n / 8));
      const double start = wall();
      const Timed timed = asked.time(n);
      std::cout << "{\"seconds\":" << timed.seconds << ",\"wall\":" << wall() - start;
      for (const auto& part : timed.parts) std::cout << "," << quoted(part.first) << ":" << part.second;
      std::cout << "}";
    } else if (word == "count") {
      Task& asked = task(name);
      asked.time(5);
      const Heap before = Heap::read();
      asked.time(n);
      const Heap after = Heap::read();
      std::cout << "{\"allocations\":"
                << static_cast<double>(after.allocations - before.allocations) / static_cast<double>(n) << "}";
    } else {
      throw std::runtime_error("no command " + word);
    }
  }

  Tasks tasks_;
  std::map<std::string, Task> opened_;
};

}  // namespace bench
