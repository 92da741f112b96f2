#pragma once

#include <cstdint>

namespace xgrad {

// What a program may ask and set of the library as it runs.

/// How many nodes of graphs exist in this process.
std::int64_t live_nodes() noexcept;

/// How many threads kernels may use together; results do not depend on it.
int num_threads() noexcept;
void set_num_threads(int count);

/// The registers that the library's kernels were compiled for: "SSE2", "AVX2" or "AVX-512".
const char* instruction_set() noexcept;

}  // namespace xgrad
