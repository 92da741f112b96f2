#pragma once

#include <xgrad/autograd/kernels/attention/attention.hpp>

namespace xgrad::kernels {

/// Where the gradients go; a null pointer is not wanted. Those of operands that are repeated along the batch are not
/// added up. That of the mask is (items, queries, keys).
template <class T>
struct AttentionGradients {
  Matrices<T> q, k, v;
  T* mask = nullptr;
};

/// The gradients for the gradient g of y, by blocks that are computed anew.
template <class T>
void attention_backward(const Attention& by, const AttentionOperands<T>& x, Matrices<const T> y, Matrices<const T> g,
                        const T* shift, const T* inverse, const AttentionGradients<T>& to);

}  // namespace xgrad::kernels
