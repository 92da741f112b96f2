#pragma once

#include <utility>

namespace xgrad::kernels {

template <class F, int... I>
[[gnu::always_inline]] inline void each_of(F&& f, std::integer_sequence<int, I...>) {
  (f(I), ...);
}
/// Calls f(0), f(1), ..., f(N-1), unrolled at compile time, so that arrays with these indices live in registers.
template <int N, class F>
[[gnu::always_inline]] inline void each(F&& f) {
  each_of(f, std::make_integer_sequence<int, N>{});
}

/// The head of a lambda for each(), which is inlined into the loop around it.
#define XGRAD_INLINE(i) [&](int i) __attribute__((always_inline))

}  // namespace xgrad::kernels
