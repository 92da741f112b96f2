#pragma once

#include <ostream>

#include <nlohmann/json.hpp>

#include "goals.hpp"

namespace bench {

/// The machine and the settings of the measurement, in the order of the report.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// "1.23 ms", "4.5 us".
std::string time_text(double seconds);

void print_tasks(std::ostream& out, const Results& results, const std::vector<TaskInfo>& tasks);
void print_counts(std::ostream& out, const Results& results);
void print_goals(std::ostream& out, const std::vector<Goal>& goals);
/// The tasks that peers share, and the goals, as tables of Markdown for docs/performance.md.
void write_markdown(std::ostream& out, const Facts& facts, const Results& results, const std::vector<TaskInfo>& tasks,
                    const std::vector<Goal>& goals);
nlohmann::json as_json(const Facts& facts, const Results& results, const std::vector<TaskInfo>& tasks,
                       const std::vector<Goal>& goals);

}  // namespace bench
