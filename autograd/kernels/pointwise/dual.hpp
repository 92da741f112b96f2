#pragma once

#include <cstddef>
#include <utility>

namespace xgrad::kernels {

/// The mask type of a kind of value V, which comparisons return and choose() takes, and its conversion to ones and
/// zeros.
template <class V>
struct MaskTraits {
  using Type = typename V::Mask;
  static V number(Type mask) { return V(std::move(mask)); }
};
template <class V>
using MaskOf = typename MaskTraits<V>::Type;

/// A dual number: a value and its N slopes, over any kind of value V with differentiate() and choose_parts() beside it,
/// which apply the chain rule to the parts. An undefined slope is a zero that takes part in no arithmetic.
template <class V, std::size_t N>
struct Dual {
  using Mask = MaskOf<V>;

  Dual() = default;
  Dual(double number) : part{V(number)} {}
  explicit Dual(V value) : part{std::move(value)} {}

  V part[N + 1];
};

template <class F, class V, std::size_t N>
void transform(const F& f, Dual<V, N>& x) {
  differentiate(f, x.part, N + 1);
}
template <class F, class V, std::size_t N>
void transform(const F& f, Dual<V, N>& a, Dual<V, N>& b) {
  differentiate(f, a.part, b.part, N + 1);
}
template <class V, std::size_t N>
struct MaskTraits<Dual<V, N>> {
  using Type = MaskOf<V>;
  static Dual<V, N> number(Type mask) { return Dual<V, N>(MaskTraits<V>::number(std::move(mask))); }
};
template <class V, std::size_t N>
void choose(const V& mask, Dual<V, N>& a, Dual<V, N>& b) {
  choose_parts(mask, a.part, b.part, N + 1);
}

/// The part that a comparison reads.
template <class V>
const V& value_of(const V& x) {
  return x;
}
template <class V, std::size_t N>
const V& value_of(const Dual<V, N>& x) {
  return x.part[0];
}

}  // namespace xgrad::kernels
