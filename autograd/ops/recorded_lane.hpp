#pragma once

// Tensors as a kind of value for dual numbers (kernels/pointwise/dual.hpp): the lane that records the derivative of a
// user's elementwise() lambda. An undefined Tensor is a slope of zero, and a weak number of rank 0 is a literal that
// the user wrote. The functions are compiled into the library for every function of the table.

#include <cstddef>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/pointwise/dual.hpp>

namespace xgrad {

namespace kernels {
template <>
struct MaskTraits<Tensor> {
  using Type = Tensor;  // of dtype bool
  /// 1 where the mask holds, else 0; a weak number, as if the user had written it.
  static Tensor number(const Tensor& mask);
};
}  // namespace kernels

template <class F>
void differentiate(const F& f, Tensor* x, std::size_t parts);
template <class F>
void differentiate(const F& f, Tensor* a, Tensor* b, std::size_t parts);
void choose_parts(const Tensor& mask, Tensor* a, Tensor* b, std::size_t parts);
/// On masks: x = f(x), and a = f(a, b).
template <class F>
void transform(const F& f, Tensor& x);
template <class F>
void transform(const F& f, Tensor& a, Tensor& b);

}  // namespace xgrad
