#pragma once

#include <cstddef>
#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/pointwise/functions.hpp>

namespace xgrad::detail {

/// A tensor, a C++ number or nothing (a slope of zero), as the lane in which the derivative of a user's pointwise op is
/// itself recorded. Its functions are ops whose rules keep the guard of fn::Chained at every order: a path that a
/// where() did not take, or along which nothing changes, contributes exactly 0. All tensors of one computation have one
/// dtype; masks are tensors of ones and zeros.
class Traced {
 public:
  using Mask = Traced;

  Traced() noexcept = default;
  Traced(double number) noexcept : number_(number), is_number_(true) {}
  Traced(Tensor tensor, Source at) noexcept : tensor_(std::move(tensor)), at_(at) {}

  bool defined() const noexcept { return is_number_ || tensor_.defined(); }
  bool is_number() const noexcept { return is_number_; }
  bool is_literal() const noexcept { return is_number_; }
  double number() const noexcept { return number_; }
  const Tensor& tensor() const noexcept { return tensor_; }
  /// The user's line.
  Source at() const noexcept { return at_; }

 private:
  Tensor tensor_;
  Source at_;
  double number_ = 0;
  bool is_number_ = false;
};

// As beside kernels::Tile. Instantiated in traced.cpp for every function of kernels/functions.hpp.

template <class F>
Traced apply(const F& f, const Traced& x);
template <class F>
Traced apply(const F& f, const Traced& a, const Traced& b);
Traced select(const Traced& mask, const Traced& a, const Traced& b);
template <class F>
void differentiate(const F& f, Traced* x, std::size_t parts);
template <class F>
void differentiate(const F& f, Traced* a, Traced* b, std::size_t parts);
void choose_parts(const Traced& mask, Traced* a, Traced* b, std::size_t parts);

template <class F>
void transform(const F& f, Traced& x) {
  x = apply(f, x);
}
template <class F>
void transform(const F& f, Traced& a, Traced& b) {
  a = apply(f, a, b);
}
inline void choose(const Traced& mask, Traced& a, Traced& b) { a = select(mask, a, b); }

}  // namespace xgrad::detail
