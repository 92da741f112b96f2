#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// Two independent standard normal numbers from two that are uniform in [0, 1).
void normal_pair(double u, double w, double out[2]);

/// to[i] = mean + deviation z for the numbers z that Philox(seed, stream).normal() gives from the start of a block on:
/// two for each block. Computed in double, and rounded to T.
template <class T>
void normal(T* to, std::int64_t n, double mean, double deviation, std::uint64_t seed, std::uint64_t stream,
            std::uint64_t block);

}  // namespace xgrad::kernels
