#pragma once

#include <functional>

namespace xgrad::detail {

/// For hooks: calls f when the run of backward that calls the hook has ended, in whatever way. f must not throw.
void at_end_of_run(std::function<void()> f);

}  // namespace xgrad::detail
