#pragma once

#include <cstddef>

namespace xgrad {

namespace detail {

/// Memory for values and nodes: on a multiple of 64 bytes where there are 256 or more of them, else of 16. A training
/// step asks for the same sizes as the one before, so each thread keeps what it lets go of, up to a limit, and takes
/// that again: no call of the system's allocator, and memory that is still in the cache.
void* take_memory(std::size_t bytes);
/// `bytes` as it was asked for. Any thread may give back what another took.
void give_memory(void* block, std::size_t bytes) noexcept;

}  // namespace detail

/// How many bytes the calling thread keeps for reuse: at most 512 MiB.
std::size_t cached_memory() noexcept;
/// Gives them to the system.
void release_cached_memory() noexcept;

}  // namespace xgrad
