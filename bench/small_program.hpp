#pragma once

#include <random>

#include "measure.hpp"

namespace bench {

/// W8: compiles the small program of each side, runs it, and measures the size of the libraries. `config` is the
/// configuration that CMake wrote.
void measure_small_program(const nlohmann::json& config, const Effort& effort, const std::vector<int>& cores,
                           const Environment& blas, bool cpu_clock, std::mt19937& random, Results& results);

}  // namespace bench
