#pragma once

#include <atomic>
#include <cstdint>

namespace xgrad::detail {

/// How many forks separate this process from the one that loaded the library, plus one.
extern std::atomic<std::uint32_t> process_generation;

}  // namespace xgrad::detail
