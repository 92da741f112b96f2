#pragma once

#include <cstddef>
#include <utility>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/functions.hpp>

namespace xgrad::detail {

/// A tensor, a C++ number or nothing (a slope of zero), as the lane in which the derivative of a user's pointwise op is
/// itself recorded. Its functions are ops whose rules keep the guard of fn::Chained at every order: a path that a where()
/// did not take, or along which nothing changes, contributes exactly 0. All tensors of one computation have one dtype;
/// masks are tensors of ones and zeros.
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

// Instantiated in traced.cpp for every function of kernels/functions.hpp.

template <class F>
Traced apply(const F& f, const Traced& x);
template <class F>
Traced apply(const F& f, const Traced& a, const Traced& b);
/// d f'(x), guarded.
template <class F>
Traced chain(const F& f, const Traced& x, const Traced& y, const Traced& d);
/// da ∂f/∂a + db ∂f/∂b, guarded; one of da and db may be undefined.
template <class F>
Traced chain(const F& f, const Traced& a, const Traced& b, const Traced& y, const Traced& da, const Traced& db);
Traced select(const Traced& mask, const Traced& a, const Traced& b);

}  // namespace xgrad::detail
