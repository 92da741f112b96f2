#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// The numbers that Philox(seed, stream) gives from the start of a block on: of double uniform(), two for each block;
/// of float (next32() >> 8) / 2^24, four, which are exact, so that none is rounded up to 1. By several threads if there
/// are many, as the following two.
template <class T>
void uniform(T* to, std::int64_t n, std::uint64_t seed, std::uint64_t stream, std::uint64_t block);

/// low (1 - u) + high u, rounded to T, for u = uniform(); at most `below`, the largest number before high.
template <class T>
void uniform(T* to, std::int64_t n, double low, double high, double below, std::uint64_t seed, std::uint64_t stream);

}  // namespace xgrad::kernels
