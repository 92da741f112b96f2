#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace bench {

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The measurements of one task on one side: seconds, one entry for each repetition.
struct Series {
  std::vector<double> seconds, wall;
  std::string disagreement;  // the reason why no ratio is computed
  std::string bits;
  double bytes = 0;  // the bytes that the task moves or keeps, if it reports them

  double middle() const { return median(seconds); }
  double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

/// A task that is measured; the list is in the order of the report.
struct TaskInfo {
  std::string name, workload, title;
  double units;     // units of work in the reported time: 600 steps in an epoch
  bool all_on_two;  // whether the peers run on two threads too
};

struct Results {
  using Key = std::tuple<std::string, int, std::string>;  // task, threads, column

  std::map<Key, Series> series;
  std::map<std::string, double> counts;       // counters, by name
  std::map<std::string, std::string> absent;  // peers, and why
  std::vector<std::string> left_out;          // tasks for which there was no time
  std::vector<std::string> failed;            // peers that are here and did not start
  std::vector<std::string> columns;           // in the order of the report
  bool cpu_clock = false;                     // of `seconds` on one thread

  const Series* find(const std::string& task, const std::string& column, int threads = 1) const {
    const auto found = series.find({task, threads, column});
    return found == series.end() || found->second.seconds.empty() || !found->second.disagreement.empty()
               ? nullptr
               : &found->second;
  }
  std::optional<double> time(const std::string& task, const std::string& column, int threads = 1) const {
    const Series* s = find(task, column, threads);
    return s ? std::optional<double>(s->middle()) : std::nullopt;
  }
  /// The least median of the columns whose name begins with `peer`. JAX's scan, which compiles a hundred steps into one
  /// loop, is not comparable with single steps and is only reported.
  std::optional<double> best(const std::string& task, const std::string& peer, int threads = 1) const {
    std::optional<double> least;
    for (const std::string& column : columns)
      if (column.compare(0, peer.size(), peer) == 0 && column != "JAX scan")
        if (const auto t = time(task, column, threads); t && (!least || *t < *least)) least = t;
    return least;
  }
  std::optional<double> count(const std::string& name) const {
    const auto found = counts.find(name);
    return found == counts.end() ? std::nullopt : std::optional<double>(found->second);
  }
};

}  // namespace bench
