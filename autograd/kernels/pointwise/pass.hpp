#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/broadcast.hpp>
#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {

template <class T, int Isa>
void store(const Vec<T, Isa>& y, T* to) {
  y.store(to);
}

template <class T, int Isa>
void store(const Mask<T, Isa>& y, bool* to) {
  if constexpr (std::is_same_v<T, std::int64_t>)
    *to = y.v;
  else
    y.v.store_unaligned(to);
}

/// out[j] = f(in[0][j step[0]], in[1][j step[1]], ...) for n elements. out may be one of the inputs.
template <class T, class Out, class F, std::size_t... I>
[[gnu::flatten]] void pointwise_row(const F& f, Out* out, const std::array<const T*, sizeof...(I)>& in,
                                    const std::array<std::int64_t, sizeof...(I)>& step, std::int64_t n,
                                    std::index_sequence<I...>) {
  using B = Vec<T>;
  constexpr auto width = static_cast<std::int64_t>(B::width);
  constexpr std::size_t count = sizeof...(I) > 0 ? sizeof...(I) : 1;
  if (n == 1) {
    Out all[B::width];
    store(f(B(*in[I])...), all);
    *out = all[0];
    return;
  }
  // A broadcast input (step 0) is copied into a buffer of one vector and loaded from there each time.
  alignas(64) T spread[count][B::width];
  const T* from[count] = {(step[I] == 0 ? (std::fill_n(spread[I], B::width, *in[I]), spread[I]) : in[I])...};
  std::int64_t j = 0;
  for (; j + width <= n; j += width) store(f(B::load(from[I] + j * step[I])...), out + j);
  if (width == 1 || j == n) return;
  const std::int64_t rest = n - j;
  ((step[I] == 0 ? void()
                 : (std::fill_n(spread[I], B::width, from[I][j]), void(std::copy_n(from[I] + j, rest, spread[I])))),
   ...);
  Out last[B::width];
  store(f(B::load(spread[I])...), last);
  std::copy_n(last, rest, out + j);
}

/// pointwise_row() of one function and one dtype, so that what surrounds it is compiled once for all of them.
using RowBody = void (*)(const void* f, void* out, const void* const* in, const std::int64_t* step, std::int64_t n);

template <class T, class Out, std::size_t N, class F>
void row_body(const void* f, void* out, const void* const* in, const std::int64_t* step, std::int64_t n) {
  std::array<const T*, N> from;
  std::array<std::int64_t, N> steps;
  for (std::size_t i = 0; i < N; ++i) {
    from[i] = static_cast<const T*>(in[i]);
    steps[i] = step[i];
  }
  pointwise_row<T>(*static_cast<const F*>(f), static_cast<Out*>(out), from, steps, n, std::make_index_sequence<N>{});
}

}  // namespace xgrad::kernels
