#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/recurrence/sequences.hpp>

namespace xgrad::kernels {

// One layer of long short-term memory in one direction, for float and double: with gates i, f, g, o of x Wᵀ + h Uᵀ + b,
// c = σ(f) c' + σ(i) tanh(g) and h = σ(o) tanh(c). States before the first step are (batch, H), null for zeros.

/// `gates` (rows, 4 H) holds x Wᵀ + b, and then σ(i), σ(f), tanh(g), σ(o). h (rows + batch, H) receives the states and
/// then the last cells of all sequences, c (rows, H) the cells. U is (4 H, H).
template <class T>
void lstm_forward(const Sequences& s, std::int64_t hidden, const T* u, const T* h0, const T* c0, T* gates, T* h, T* c);

/// From g, the gradient of all of h: that of what `gates` held at first, and of the states before the first step.
template <class T>
void lstm_backward(const Sequences& s, std::int64_t hidden, const T* u, const T* c0, const T* gates, const T* c,
                   const T* g, T* d_gates, T* dh0, T* dc0);

}  // namespace xgrad::kernels
