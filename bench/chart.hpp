#pragma once

#include "report.hpp"

namespace bench {

/// A bar chart with a logarithmic axis: the time of each side on one thread as a multiple of xgrad's time. Tasks
/// without a time of xgrad are left out.
std::string chart_svg(const Facts& facts, const Results& results, const std::vector<TaskInfo>& tasks);

}  // namespace bench
