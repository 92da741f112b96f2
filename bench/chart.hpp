#pragma once

#include "report.hpp"

namespace bench {

/// Bars on a logarithmic axis: how long each side takes, on one thread, as a multiple of xgrad's time. Tasks without a
/// time of xgrad are left out.
std::string chart_svg(const Facts& facts, const Results& results, const std::vector<TaskInfo>& tasks);

}  // namespace bench
