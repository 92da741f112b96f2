#include "measure.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <thread>

namespace bench {
namespace {

struct Participant {
  Process* process;
  std::string task, column;
  Series* series;
  std::int64_t n = 1;
};

// "gemm" of the floor, "xgrad tiles", "JAX".
std::string column_of(const Process& process, const std::string& variant) {
  if (variant.empty()) return process.name();
  return process.name() == "floor" ? variant : process.name() + " " + variant;
}

std::vector<Participant> participants(const std::string& task, bool all_on_two, const Sides& sides, Results& results) {
  std::vector<Participant> found;
  for (const auto& process : sides.processes) {
    if (process->threads() > 1 && process->name() != "xgrad" && !all_on_two) continue;
    for (const auto& offered : process->hello()["tasks"]) {
      const auto name = offered.get<std::string>();
      const std::size_t slash = name.find('/');
      if (name.substr(0, slash) != task) continue;
      const std::string column = column_of(*process, slash == std::string::npos ? "" : name.substr(slash + 1));
      if (std::find(results.columns.begin(), results.columns.end(), column) == results.columns.end())
        results.columns.push_back(column);
      found.push_back({process.get(), name, column, &results.series[{task, process->threads(), column}]});
    }
  }
  return found;
}

// An error of a peer is recorded in its results, and the other sides continue.
template <class F>
void guarded(Participant& p, F f) {
  if (!p.series->disagreement.empty()) return;
  try {
    f();
  } catch (const std::exception& error) {
    if (p.process->name() == "xgrad") throw;
    p.series->disagreement = error.what();
  }
}

void check(std::vector<Participant>& all) {
  std::vector<double> agreed;
  std::string by;
  for (Participant& p : all) {
    nlohmann::json reply{{"values", nlohmann::json::array()}};
    guarded(p, [&] { reply = p.process->ask("check " + p.task); });
    const auto values = reply["values"].get<std::vector<double>>();
    p.series->bits = reply.value("bits", "");
    if (values.empty()) continue;  // a floor computes no loss
    if (agreed.empty()) {
      agreed = values;
      by = p.column;
    }
    for (std::size_t i = 0; i < agreed.size() && p.series->disagreement.empty(); ++i) {
      const double other = i < values.size() ? values[i] : NAN;
      if (std::fabs(other - agreed[i]) <= 1e-4 * std::fabs(agreed[i]) + 1e-6) continue;
      char text[160];
      std::snprintf(text, sizeof text, "differs from %s at value %zu: %.7g against %.7g", by.c_str(), i, other,
                    agreed[i]);
      p.series->disagreement = text;
    }
  }
}

void time_once(Participant& p, double units) {
  const nlohmann::json reply = p.process->ask("time " + p.task + " " + std::to_string(p.n));
  const double scale = units / static_cast<double>(p.n);
  p.series->seconds.push_back(reply["seconds"].get<double>() * scale);
  p.series->wall.push_back(reply["wall"].get<double>() * scale);
  p.series->bytes = std::max(p.series->bytes, reply.value("bytes", 0.0));
  // Waits, since worker threads that still spin after their work would disturb the next side.
  if (p.process->threads() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void alternate(std::vector<Participant>& all, int repetitions, double limit, double units, std::mt19937& random) {
  const auto start = std::chrono::steady_clock::now();
  for (int r = 0; r < repetitions; ++r) {
    if (r >= 3 && std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > limit) return;
    std::shuffle(all.begin(), all.end(), random);
    for (Participant& p : all) guarded(p, [&] { time_once(p, units); });
  }
}

// The number of units of work in a repetition.
void calibrate(Participant& p, double seconds) {
  for (p.n = 1; p.n < (std::int64_t{1} << 40);) {
    const double took = p.process->ask("time " + p.task + " " + std::to_string(p.n))["wall"].get<double>();
    if (took >= seconds / 2) return;
    const double factor = took > 0 ? seconds / took : 100;
    p.n = static_cast<std::int64_t>(static_cast<double>(p.n) * std::min(factor, 100.0)) + 1;
    if (took > seconds / 10) return;
  }
}

}  // namespace

void measure(const TaskInfo& task, const Sides& sides, const Effort& effort, std::mt19937& random, Results& results) {
  std::vector<Participant> all = participants(task.name, task.all_on_two, sides, results);
  check(all);
  for (Participant& p : all) guarded(p, [&] { calibrate(p, effort.seconds); });
  alternate(all, effort.repetitions, effort.limit, task.units, random);
  for (Participant& p : all) guarded(p, [&] { p.process->ask("close"); });
}

void measure_chains(const Sides& sides, const Effort& effort, std::mt19937& random, Results& results) {
  std::vector<Participant> all = participants("W7", false, sides, results);
  check(all);
  std::vector<Participant> run;
  for (Participant& p : all) {
    if (p.process->threads() > 1) continue;
    p.n = p.process->name() == "xgrad" || !effort.quick ? 1000000 : 100000;
    run.push_back(p);
  }
  alternate(run, effort.quick ? 2 : 3, effort.limit, 1e6, random);
  for (Participant& p : run)
    if (p.series->bytes > 0)  // of the first chain: later ones reuse its pages
      results.counts["W7 bytes a node, resident, " + p.column] = p.series->bytes / static_cast<double>(p.n);
  for (Participant& p : run) {
    if (p.process->name() != "xgrad") continue;
    for (std::int64_t n = 1000; n <= 1000000; n *= 10) {
      std::vector<double> times;
      for (int i = 0; i < (n < 100000 ? 7 : 2); ++i)
        times.push_back(p.process->ask("time W7 " + std::to_string(n))["seconds"].get<double>() /
                        static_cast<double>(n));
      results.counts["W7 seconds a node of " + std::to_string(n)] = *std::min_element(times.begin(), times.end());
      if (!sides.counted) continue;
      const auto reply = sides.counted->ask("time W7 " + std::to_string(n));
      results.counts["W7 bytes a node of " + std::to_string(n)] = reply["bytes"].get<double>() / static_cast<double>(n);
    }
  }
}

void count_heap(const std::vector<std::string>& workloads, const Sides& sides, Results& results) {
  if (!sides.counted) return;
  for (const std::string& task : workloads)
    if (sides.counted->offers(task))
      results.counts["heap allocations a step, " + task] =
          sides.counted->ask("count " + task + " 10")["allocations"].get<double>();
  sides.counted->ask("close");
}

void count_growth(const Sides& sides, Results& results) {
  if (!sides.counted || !sides.counted->offers("W3")) return;
  sides.counted->ask("time W3 2000");
  const double before = sides.counted->ask("memory")["bytes"].get<double>();
  sides.counted->ask("time W3 100000");
  results.counts["bytes more after 100000 steps"] = sides.counted->ask("memory")["bytes"].get<double>() - before;
  results.counts["bytes resident before them"] = before;
}

}  // namespace bench
