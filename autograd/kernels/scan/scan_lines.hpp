#pragma once

// For kernels' sources only: a walk along the lines of an array with a state for each line.

#include <algorithm>
#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/kernels/scan/direction.hpp>

namespace xgrad::kernels {

/// Calls step(state, at, j) for the elements of every line in the given direction, where `at` is the element's place in
/// the array and j counts from 0 in that direction. Each line begins with a copy of `start`. Neighbouring lines advance
/// together, so that memory is read in order. After each line, end(state, line) is called.
template <class State, class Step, class End>
void scan_lines(Along axis, Direction direction, const State& start, const Step& step, const End& end) {
  constexpr std::int64_t most = 64;
  const std::int64_t n = axis.n, inner = axis.inner, groups = (inner + most - 1) / most;
  const std::int64_t work = std::max<std::int64_t>(1, n) * std::min(most, std::max<std::int64_t>(1, inner));
  parallel_ranges(axis.outer * groups, std::max<std::int64_t>(1, pointwise_grain / work),
                  [&](std::int64_t first, std::int64_t last) {
                    State state[most];
                    for (std::int64_t k = first; k < last; ++k) {
                      const std::int64_t o = k / groups, i = k % groups * most, count = std::min(most, inner - i);
                      std::fill_n(state, count, start);
                      for (std::int64_t j = 0; j < n; ++j) {
                        const std::int64_t row = direction == Direction::forward ? j : n - 1 - j;
                        const std::int64_t at = (o * n + row) * inner + i;
                        for (std::int64_t c = 0; c < count; ++c) step(state[c], at + c, j);
                      }
                      for (std::int64_t c = 0; c < count; ++c) end(state[c], o * inner + i + c);
                    }
                  });
}

template <class State, class Step>
void scan_lines(Along axis, Direction direction, const State& start, const Step& step) {
  scan_lines(axis, direction, start, step, [](const State&, std::int64_t) {});
}

}  // namespace xgrad::kernels
