#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace bench {
namespace {

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  char text[400];
  std::snprintf(text, sizeof text, pattern, arguments...);
  return text;
}

std::string quantity(const std::string& name, double value) {
  if (name.find("bytes") == std::string::npos)
    return name.find("seconds") != std::string::npos ? time_text(value) : format("%.4g", value);
  return value >= 1e6 ? format("%.1f MB", value * 1e-6) : format("%.0f B", value);
}

bool has_any(const std::string& column, const Results& results, const std::vector<TaskInfo>& tasks) {
  for (const TaskInfo& task : tasks)
    for (const int threads : {1, 2})
      if (results.time(task.name, column, threads)) return true;
  return false;
}

// The columns of the table: each peer as its users have it first, without its variants, and last the floors.
std::vector<std::string> columns_of(const Results& results, const std::vector<TaskInfo>& tasks) {
  const std::set<std::string> floors{"hand", "gemm", "stream"}, variants{"fused", "tiles", "ops", "scan"};
  std::vector<std::string> found;
  for (const std::string& column : results.columns) {
    const std::string last = column.substr(column.rfind(' ') + 1);
    if (column != "xgrad" && variants.count(last) == 0 && has_any(column, results, tasks)) found.push_back(column);
  }
  std::stable_partition(found.begin(), found.end(), [&](const auto& column) { return floors.count(column) == 0; });
  return found;
}

}  // namespace

std::string time_text(double seconds) {
  if (seconds >= 1) return format("%.3g s", seconds);
  if (seconds >= 1e-3) return format("%.3g ms", seconds * 1e3);
  if (seconds >= 1e-6) return format("%.3g us", seconds * 1e6);
  return format("%.3g ns", seconds * 1e9);
}

void print_tasks(std::ostream& out, const Results& results, const std::vector<TaskInfo>& tasks) {
  for (const TaskInfo& task : tasks)
    for (const int threads : {1, 2}) {
      const auto ours = results.time(task.name, "xgrad", threads);
      std::string rows;
      for (const std::string& column : results.columns) {
        const auto found = results.series.find({task.name, threads, column});
        if (found == results.series.end()) continue;
        const Series& s = found->second;
        if (!s.disagreement.empty()) {
          rows += format("    %-22s %s\n", column.c_str(), s.disagreement.c_str());
        } else if (!s.seconds.empty()) {
          rows += format("    %-22s %10s %10s", column.c_str(), time_text(s.middle()).c_str(),
                         time_text(s.least()).c_str());
          rows += ours && column != "xgrad" ? format(" %9.2f\n", s.middle() / *ours) : std::string("\n");
        }
      }
      if (rows.empty()) continue;
      out << format("%-26s %10s %10s %9s   %s, %d thread%s\n", task.name.c_str(), "median", "minimum", "of xgrad",
                    task.title.c_str(), threads, threads == 1 ? "" : "s")
          << rows;
    }
}

void print_counts(std::ostream& out, const Results& results) {
  for (const auto& [name, value] : results.counts)
    out << format("  %-58s %12s\n", name.c_str(), quantity(name, value).c_str());
}

void print_goals(std::ostream& out, const std::vector<Goal>& goals) {
  for (const Goal& goal : goals) {
    out << format("%-4s %-12s %s\n", goal.name.c_str(), goal.state().c_str(), goal.title.c_str());
    for (const Figure& f : goal.figures) {
      if (!f.value)
        out << format("       %-64s not measured: %s\n", f.what.c_str(), f.unmeasured.c_str());
      else if (!f.judged)
        out << format("       %-64s %9.3g\n", f.what.c_str(), *f.value);
      else
        out << format("       %-64s %9.3g  %s %-6.4g %s\n", f.what.c_str(), *f.value,
                      f.at_least ? "at least" : "at most ", f.bound, f.met() ? "met" : "missed");
    }
  }
}

void write_markdown(std::ostream& out, const Facts& facts, const Results& results, const std::vector<TaskInfo>& tasks,
                    const std::vector<Goal>& goals) {
  const auto share = [&](const TaskInfo& task, const std::string& column, int threads, double ours) {
    const auto time = results.time(task.name, column, threads);
    return time ? time_text(*time) + format(" (%.2f)", *time / ours) : std::string();
  };
  const std::vector<std::string> peers = columns_of(results, tasks);
  for (const auto& [name, value] : facts) out << "- " << name << ": " << value << "\n";
  for (const auto& [name, why] : results.absent) out << "- " << name << ": absent, " << why << "\n";
  out << "\n| what | threads | xgrad |";
  for (const std::string& peer : peers) out << " " << peer << " |";
  out << "\n|---|---|---|";
  for (std::size_t i = 0; i < peers.size(); ++i) out << "---|";
  out << "\n";
  for (const TaskInfo& task : tasks)
    for (const int threads : {1, 2}) {
      const auto ours = results.time(task.name, "xgrad", threads);
      if (!ours || (threads == 2 && !task.all_on_two)) continue;
      out << "| " << task.name << ": " << task.title << " | " << threads << " | " << time_text(*ours) << " |";
      for (const std::string& peer : peers) out << " " << share(task, peer, threads, *ours) << " |";
      out << "\n";
    }
  out << "\n| goal | figure | reached | bound | |\n|---|---|---|---|---|\n";
  for (const Goal& goal : goals)
    for (const Figure& f : goal.figures) {
      if (!f.judged) continue;
      out << "| " << goal.name << " " << goal.title << " | " << f.what << " | "
          << (f.value ? format(f.met() ? "%.3g" : "%.4g", *f.value) : f.unmeasured) << " | "
          << format("%s %.4g", f.at_least ? "at least" : "at most", f.bound) << " | "
          << (!f.value  ? ""
              : f.met() ? "met"
                        : "**missed**")
          << " |\n";
    }
}

nlohmann::json as_json(const Facts& facts, const Results& results, const std::vector<TaskInfo>& tasks,
                       const std::vector<Goal>& goals) {
  nlohmann::json all;
  for (const auto& [name, value] : facts) all["about"][name] = value;
  all["absent"] = results.absent;
  all["left out"] = results.left_out;
  all["counts"] = results.counts;
  for (const TaskInfo& task : tasks)
    for (const auto& [key, s] : results.series) {
      if (std::get<0>(key) != task.name) continue;
      nlohmann::json row{
          {"task", task.name}, {"title", task.title}, {"threads", std::get<1>(key)}, {"side", std::get<2>(key)}};
      if (!s.disagreement.empty()) row["disagreement"] = s.disagreement;
      if (!s.seconds.empty())
        row.update({{"median", s.middle()}, {"minimum", s.least()}, {"seconds", s.seconds}, {"wall", s.wall}});
      if (s.bytes > 0) row["bytes"] = s.bytes;
      all["tasks"].push_back(row);
    }
  for (const Goal& goal : goals) {
    nlohmann::json figures;
    for (const Figure& f : goal.figures) {
      nlohmann::json figure{{"what", f.what}};
      if (f.judged) figure[f.at_least ? "at least" : "at most"] = f.bound;
      if (f.value)
        figure["value"] = *f.value;
      else
        figure["not measured"] = f.unmeasured;
      if (f.judged && f.value) figure["met"] = f.met();
      figures.push_back(figure);
    }
    all["goals"].push_back({{"name", goal.name}, {"title", goal.title}, {"state", goal.state()}, {"figures", figures}});
  }
  return all;
}

}  // namespace bench
