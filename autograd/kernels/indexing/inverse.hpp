#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include <xgrad/autograd/kernels/runtime/memory.hpp>

namespace xgrad::kernels {

/// The rows of the input that go to each of the n rows of the output: order[first[r] .. first[r + 1]), in their order.
struct Inverse {
  detail::Scratch<std::int64_t> first, order;

  Inverse(const std::int64_t* rows, std::int64_t count, std::int64_t n) : first(n + 1), order(count) {
    std::int64_t* at = first.data();
    std::fill_n(at, n + 1, std::int64_t{0});
    for (std::int64_t j = 0; j < count; ++j) ++at[rows[j]];
    std::int64_t sum = 0;
    for (std::int64_t r = 0; r <= n; ++r) sum += std::exchange(at[r], sum);
    for (std::int64_t j = 0; j < count; ++j) order.data()[at[rows[j]]++] = j;
    std::copy_backward(at, at + n, at + n + 1);
    at[0] = 0;
  }
};

}  // namespace xgrad::kernels
