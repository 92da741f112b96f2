#pragma once

#include <cstddef>

namespace xgrad::detail {

/// Memory for large blocks, in whole pages, for all threads together. A freed block joins free neighbours, so that what
/// held activations in forward serves gradients of other sizes in backward; and where no free range is large enough,
/// free ranges go back to the system before more is taken, so that the process holds little more than it had in use at
/// once: by an eighth, or up to a quarter where blocks leave gaps that nothing fits.
namespace page_heap {

inline constexpr std::size_t page = 4096;

/// Uninitialised memory, aligned to a page; throws std::bad_alloc.
void* take(std::size_t bytes);
/// Never fails; `bytes` is the size that was asked for.
void give(void* block, std::size_t bytes) noexcept;

/// How many bytes of freed blocks are kept.
std::size_t free_bytes() noexcept;
/// Returns free ranges to the system until at most `most` bytes are kept.
void shrink(std::size_t most) noexcept;

/// Bytes that are in use or kept, now and at most since the last call of reset_peak().
struct Held {
  std::size_t now, peak;
};
Held held() noexcept;
void reset_peak() noexcept;

}  // namespace page_heap
}  // namespace xgrad::detail
