#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/recurrence/sequences.hpp>

namespace xgrad::kernels {

// One layer of gated recurrent units in one direction, for float and double: with r, z, n of x Wᵀ + b and r', z', n' of
// h' Uᵀ + b', h = (1 - Z) N + Z h' for R = σ(r + r'), Z = σ(z + z') and N = tanh(n + R n'). States before the first
// step are (batch, H), null for zeros; so are null biases.

/// `gates` (rows, 3 H) holds x Wᵀ + b, and then R, Z, N; `inner` (rows, H) receives n', and h (rows, H) the states. U
/// is (3 H, H), b' (3 H).
template <class T>
void gru_forward(const Sequences& s, std::int64_t hidden, const T* u, const T* b, const T* h0, T* gates, T* inner,
                 T* h);

/// From g, the gradient of h: that of x Wᵀ + b and of h' Uᵀ + b', both (rows, 3 H), and of the states before the first
/// step.
template <class T>
void gru_backward(const Sequences& s, std::int64_t hidden, const T* u, const T* h0, const T* gates, const T* inner,
                  const T* h, const T* g, T* d_input, T* d_recurrent, T* dh0);

}  // namespace xgrad::kernels
