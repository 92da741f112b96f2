#pragma once

// The lane of simd::elementwise: dual numbers over SIMD registers, compiled in the user's file.

#include <cstddef>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/kernels/pointwise/chain_rule.hpp>
#include <xgrad/autograd/kernels/pointwise/dual.hpp>
#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {

/// A register of numbers as a kind of value for Lane and Dual. Whether it is a literal, or a slope of zero (the
/// default), is known at compile time once the lambda is inlined, and costs nothing. With Guarded, slopes are
/// multiplied as fn::GuardedProduct does; without it, 0 times infinity gives NaN.
template <class T, int Isa, bool Guarded>
class RegisterLane {
 public:
  using B = Vec<T, Isa>;
  using Mask = RegisterLane;  // of ones and zeros

  RegisterLane() : v(0) {}
  RegisterLane(double number) : v(number), number_(number), defined_(true), literal_(true) {}
  explicit RegisterLane(B value) : v(value), defined_(true) {}

  bool defined() const { return defined_; }
  bool is_literal() const { return literal_; }
  double number() const { return number_; }

  B v;

 private:
  double number_ = 0;
  bool defined_ = false, literal_ = false;
};

template <class F, class T, int Isa, bool G>
RegisterLane<T, Isa, G> apply(const F& f, RegisterLane<T, Isa, G> x) {
  return RegisterLane<T, Isa, G>(Vec<T, Isa>(f.value(x.v)));
}

template <class F, class T, int Isa, bool G>
RegisterLane<T, Isa, G> apply(const F& f, RegisterLane<T, Isa, G> a, RegisterLane<T, Isa, G> b) {
  using R = RegisterLane<T, Isa, G>;
  if constexpr (std::is_same_v<F, fn::GuardedProduct> && !G) return R(a.v * b.v);
  return R(Vec<T, Isa>(f.value(a.v, b.v)));
}

template <class F, class T, int Isa, bool G>
void transform(const F& f, RegisterLane<T, Isa, G>& x) {
  x = apply(f, x);
}
template <class F, class T, int Isa, bool G>
void transform(const F& f, RegisterLane<T, Isa, G>& a, RegisterLane<T, Isa, G>& b) {
  a = apply(f, a, b);
}
template <class T, int Isa, bool G>
void choose(const RegisterLane<T, Isa, G>& mask, RegisterLane<T, Isa, G>& a, RegisterLane<T, Isa, G>& b) {
  a = RegisterLane<T, Isa, G>(where(mask.v != 0, a.v, b.v));
}

template <class F, class T, int Isa, bool G>
RegisterLane<T, Isa, G> chain(const F& f, const RegisterLane<T, Isa, G>& x, const RegisterLane<T, Isa, G>& y,
                              const RegisterLane<T, Isa, G>& d) {
  using R = RegisterLane<T, Isa, G>;
  if constexpr (G)
    return times_slope(d, R(slope_of(f, x.v, y.v)));
  else
    return is_one(d) ? R(slope_of(f, x.v, y.v)) : R(pull_of(f, x.v, y.v, d.v));
}

namespace detail {

template <class F, class T, int Isa, bool G>
RegisterLane<T, Isa, G> chain_a(const F& f, const RegisterLane<T, Isa, G>& a, const RegisterLane<T, Isa, G>& b,
                                const RegisterLane<T, Isa, G>& y, const RegisterLane<T, Isa, G>& d) {
  using R = RegisterLane<T, Isa, G>;
  if constexpr (G)
    return times_slope(d, R(slope_of<Side::a>(f, a.v, b.v, y.v)));
  else
    return is_one(d) ? R(slope_of<Side::a>(f, a.v, b.v, y.v)) : R(pull_of<Side::a>(f, a.v, b.v, y.v, d.v));
}
template <class F, class T, int Isa, bool G>
RegisterLane<T, Isa, G> chain_b(const F& f, const RegisterLane<T, Isa, G>& a, const RegisterLane<T, Isa, G>& b,
                                const RegisterLane<T, Isa, G>& y, const RegisterLane<T, Isa, G>& d) {
  using R = RegisterLane<T, Isa, G>;
  if constexpr (G)
    return times_slope(d, R(slope_of<Side::b>(f, a.v, b.v, y.v)));
  else
    return is_one(d) ? R(slope_of<Side::b>(f, a.v, b.v, y.v)) : R(pull_of<Side::b>(f, a.v, b.v, y.v, d.v));
}

}  // namespace detail

template <class F, class T, int Isa, bool G>
RegisterLane<T, Isa, G> chain(const F& f, const RegisterLane<T, Isa, G>& a, const RegisterLane<T, Isa, G>& b,
                              const RegisterLane<T, Isa, G>& y, const RegisterLane<T, Isa, G>& da,
                              const RegisterLane<T, Isa, G>& db) {
  using R = RegisterLane<T, Isa, G>;
  if (!db.defined()) return detail::chain_a(f, a, b, y, da);
  if (!da.defined()) return detail::chain_b(f, a, b, y, db);
  // One division for both slopes.
  if constexpr (std::is_same_v<F, fn::Div> && !G) return R((da.v - db.v * y.v) / b.v);
  return R(detail::chain_a(f, a, b, y, da).v + detail::chain_b(f, a, b, y, db).v);
}

// The functions of dual numbers, unrolled over their parts.

namespace detail {

template <class F, class R, std::size_t... I>
void differentiate_each(const F& f, R* x, std::index_sequence<I...>) {
  const R y = apply(f, x[0]);
  if constexpr (F::flat)
    ((x[1 + I] = R()), ...);
  else
    ((x[1 + I].defined() ? void(x[1 + I] = chain(f, x[0], y, x[1 + I])) : void()), ...);
  x[0] = y;
}

template <class F, class R>
void differentiate_one(const F& f, const R& a, const R& b, const R& y, R& da, const R& db) {
  if (da.defined() || db.defined()) da = chain_both(f, a, b, y, da, db);
}

template <class F, class R, std::size_t... I>
void differentiate_each(const F& f, R* a, const R* b, std::index_sequence<I...>) {
  const R y = apply(f, a[0], b[0]);
  if constexpr (F::flat)
    ((a[1 + I] = R()), ...);
  else
    (differentiate_one(f, a[0], b[0], y, a[1 + I], b[1 + I]), ...);
  a[0] = y;
}

template <class R>
void choose_one(const R& mask, R& a, const R& b) {
  if (!a.defined() && !b.defined()) return;
  R left = a.defined() ? a : R(0.0), right = b.defined() ? b : R(0.0);
  choose(mask, left, right);
  a = left;
}

template <class R, std::size_t... I>
void choose_each(const R& mask, R* a, const R* b, std::index_sequence<I...>) {
  (choose_one(mask, a[I], b[I]), ...);
}

}  // namespace detail

template <class F, class T, int Isa, bool G, std::size_t N>
void transform(const F& f, Dual<RegisterLane<T, Isa, G>, N>& x) {
  detail::differentiate_each(f, x.part, std::make_index_sequence<N>{});
}
template <class F, class T, int Isa, bool G, std::size_t N>
void transform(const F& f, Dual<RegisterLane<T, Isa, G>, N>& a, Dual<RegisterLane<T, Isa, G>, N>& b) {
  detail::differentiate_each(f, a.part, b.part, std::make_index_sequence<N>{});
}
template <class T, int Isa, bool G, std::size_t N>
void choose(const RegisterLane<T, Isa, G>& mask, Dual<RegisterLane<T, Isa, G>, N>& a,
            Dual<RegisterLane<T, Isa, G>, N>& b) {
  detail::choose_each(mask, a.part, b.part, std::make_index_sequence<N + 1>{});
}

}  // namespace xgrad::kernels
