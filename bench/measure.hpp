#pragma once

#include <memory>
#include <random>
#include <vector>

#include "process.hpp"
#include "results.hpp"

namespace bench {

struct Effort {
  int repetitions;
  double seconds;  // the time that one repetition of one side should take
  double limit;    // after this time a task ends with three repetitions
  bool quick;
};

/// The sides that run, on one thread and on two, and a side of xgrad whose heap allocations are counted.
struct Sides {
  std::vector<std::unique_ptr<Process>> processes;
  std::unique_ptr<Process> counted;
};

/// One task on all sides that offer it: first that they agree, then repetitions, each in a fresh order.
void measure(const TaskInfo& task, const Sides& sides, const Effort& effort, std::mt19937& random, Results& results);

/// W7 and the growth of G13: chains of nodes, in xgrad from a thousand to a million of them.
void measure_chains(const Sides& sides, const Effort& effort, std::mt19937& random, Results& results);

/// Heap allocations a step (G11), and the memory of 100,000 steps (G13).
void count_heap(const std::vector<std::string>& workloads, const Sides& sides, Results& results);
void count_growth(const Sides& sides, Results& results);

}  // namespace bench
