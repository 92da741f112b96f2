#pragma once

// Whole passes of simd::elementwise, compiled in the user's file.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xgrad/autograd/kernels/pointwise/broadcast.hpp>
#include <xgrad/autograd/kernels/pointwise/register_lane.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_pass.hpp>

namespace xgrad::kernels {

/// Calls body(in, out, step, j) for the registers of a row, at in[i] + j step[i] and out[o] + j; a null output is
/// skipped. A remainder shorter than a register goes through the same code by way of buffers.
template <int Isa, class T, class Out, std::size_t In, std::size_t Outs, class Body>
[[gnu::flatten]] void register_row(const Body& body, std::array<Out*, Outs> out, std::array<const T*, In> in,
                                   std::array<std::int64_t, In> step, std::int64_t n) {
  constexpr auto width = static_cast<std::int64_t>(Vec<T, Isa>::width);
  alignas(64) T spread[In][Vec<T, Isa>::width];
  alignas(64) Out last[Outs][Vec<T, Isa>::width];
  // A broadcast input (step 0) is copied into a buffer of one register and loaded from there each time.
  for (std::size_t i = 0; i < In; ++i) {
    if (step[i] != 0) continue;
    std::fill_n(spread[i], width, *in[i]);
    in[i] = spread[i];
  }
  const std::int64_t rest = n % width;
  std::array<Out*, Outs> to = out;
  std::int64_t count = n - rest;
  for (bool tail = count == 0;; tail = true) {
    if (tail) {
      if (rest == 0) return;
      for (std::size_t i = 0; i < In; ++i) {
        if (step[i] == 0) continue;
        const T* from = in[i] + (n - rest);
        std::fill_n(spread[i], width, *from);
        std::copy_n(from, rest, spread[i]);
        in[i] = spread[i];
      }
      for (std::size_t o = 0; o < Outs; ++o)
        if (out[o] != nullptr) to[o] = last[o];
      count = width;
    }
    for (std::int64_t j = 0; j < count; j += width) body(in, to, step, j);
    if (!tail) continue;
    for (std::size_t o = 0; o < Outs; ++o)
      if (out[o] != nullptr) std::copy_n(last[o], rest, out[o] + (n - rest));
    return;
  }
}

/// The same over all rows of the outputs of a pass.
template <int Isa, class T, class Out, std::size_t In, std::size_t Outs, class Body>
void register_pass(const Body& body, const WholePass& pass, const std::array<Out*, Outs>& out) {
  std::array<const std::int64_t*, In> sizes;
  std::array<std::size_t, In> ranks;
  for (std::size_t i = 0; i < In; ++i) {
    sizes[i] = pass.in[i].sizes;
    ranks[i] = pass.in[i].rank;
  }
  const Plan<In> plan(pass.sizes, pass.rank, sizes, ranks);
  plan.run([&](std::int64_t to, const std::array<std::int64_t, In>& offsets, std::int64_t n) {
    std::array<const T*, In> in;
    for (std::size_t i = 0; i < In; ++i) in[i] = static_cast<const T*>(pass.in[i].data) + offsets[i];
    std::array<Out*, Outs> at = out;
    for (Out*& each : at)
      if (each != nullptr) each += to;
    register_row<Isa>(body, at, in, plan.step, n);
  });
}

template <class T, int Isa>
bool without_nan(const Vec<T, Isa>& x) {
  return xsimd::all((x == x).v);
}
template <class T, int Isa>
void store_numbers(const Vec<T, Isa>& y, T* to) {
  y.store(to);
}
/// Stores a mask given as ones and zeros.
template <class T, int Isa>
void store_numbers(const Vec<T, Isa>& y, bool* to) {
  (y != 0).v.store_unaligned(to);
}

}  // namespace xgrad::kernels
