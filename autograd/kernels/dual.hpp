#pragma once

#include <cstddef>
#include <utility>

namespace xgrad::kernels {

// The chain rule over the parts of dual numbers: part 0 is the value, the others are slopes, of which an undefined one is a
// zero that no arithmetic touches. Each replaces the parts of its first argument by those of the result. Compiled for tiles
// in tile.cpp, and for tensors under recording in ops/traced.cpp.

template <class F, class V>
void differentiate(const F& f, V* x, std::size_t parts);
template <class F, class V>
void differentiate(const F& f, V* a, V* b, std::size_t parts);
/// Chooses values and slopes alike: the slope of the branch not taken is gone, were it infinite or NaN.
template <class V>
void choose(const typename V::Mask& mask, V* a, V* b, std::size_t parts);

/// A value and its N slopes.
template <class V, std::size_t N>
struct Dual {
  using Mask = typename V::Mask;
  static constexpr std::size_t parts = N + 1;

  Dual() = default;
  Dual(double number) : part{V(number)} {}
  explicit Dual(V value) : part{std::move(value)} {}

  V part[parts];
};

template <class F, class V, std::size_t N>
Dual<V, N> apply(const F& f, Dual<V, N> x) {
  differentiate(f, x.part, N + 1);
  return x;
}
template <class F, class V, std::size_t N>
Dual<V, N> apply(const F& f, Dual<V, N> a, Dual<V, N> b) {
  differentiate(f, a.part, b.part, N + 1);
  return a;
}
template <class V, std::size_t N>
Dual<V, N> select(const V& mask, Dual<V, N> a, Dual<V, N> b) {
  choose(mask, a.part, b.part, N + 1);
  return a;
}

/// What a comparison looks at.
template <class V>
const V& value_of(const V& x) {
  return x;
}
template <class V, std::size_t N>
const V& value_of(const Dual<V, N>& x) {
  return x.part[0];
}

}  // namespace xgrad::kernels
