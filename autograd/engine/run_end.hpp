#pragma once

#include <cstdint>
#include <functional>

namespace xgrad::detail {

/// For hooks: calls f when the run of backward that calls the hook has ended, in whatever way. f must not throw.
void at_end_of_run(std::function<void()> f);

/// For hooks: a number of the run of backward that calls the hook, which no other run in progress has; 0 outside of
/// one.
std::uint32_t current_run() noexcept;

}  // namespace xgrad::detail
