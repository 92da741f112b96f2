#pragma once

#include <cstdint>
#include <type_traits>

namespace xgrad::kernels {

/// How many threads a kernel may use, at least 1. Results do not depend on it.
int threads() noexcept;
void set_threads(int count);
/// The number of CPUs that the process may use.
int usable_cpus() noexcept;

/// Calls body(context, i) for every i in 0 .. chunks-1, on several threads if more than one is allowed, and on the
/// calling thread alone in a forked child and at the end of the process, when the thread pool is gone. The chunks must
/// write to disjoint memory. An exception that a chunk throws reaches the caller.
void parallel_chunks(std::int64_t chunks, void (*body)(void*, std::int64_t), void* context);

/// Calls f(i) for every i in 0 .. chunks-1, as parallel_chunks does.
template <class F>
void parallel_for(std::int64_t chunks, F&& f) {
  if (chunks == 1) return f(std::int64_t{0});
  using Body = std::remove_reference_t<F>;
  parallel_chunks(
      chunks, [](void* context, std::int64_t i) { (*static_cast<Body*>(context))(i); }, &f);
}

/// Cuts 0 .. n-1 into ranges of `grain` elements and calls f(begin, end) for each, as parallel_chunks does.
template <class F>
void parallel_ranges(std::int64_t n, std::int64_t grain, F&& f) {
  if (n <= grain) {
    if (n > 0) f(std::int64_t{0}, n);
    return;
  }
  parallel_for(n / grain + (n % grain != 0), [&](std::int64_t i) {
    const std::int64_t begin = i * grain;
    f(begin, n - begin > grain ? begin + grain : n);
  });
}

/// Whether the calling thread is one of the pool's, which runs chunks for other threads.
bool in_worker() noexcept;

/// The number of elements in a chunk of a pointwise pass.
inline constexpr std::int64_t pointwise_grain = 32768;

}  // namespace xgrad::kernels
