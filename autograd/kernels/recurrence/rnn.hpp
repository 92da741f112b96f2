#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/recurrence/sequences.hpp>

namespace xgrad::kernels {

// One layer of Elman's recurrent net in one direction, for float and double: h = tanh(a) or relu(a) for a = x Wᵀ + b +
// h' Uᵀ. States before the first step are (batch, H), null for zeros.

/// h (rows, H) holds x Wᵀ + b, and then the states. U is (H, H).
template <class T>
void rnn_forward(const Sequences& s, std::int64_t hidden, bool relu, const T* u, const T* h0, T* h);

/// From g, the gradient of h: that of a, (rows, H), and of the states before the first step.
template <class T>
void rnn_backward(const Sequences& s, std::int64_t hidden, bool relu, const T* u, const T* h, const T* g, T* da,
                  T* dh0);

/// The state before each row, (rows, H), 0 where there is none: what the gradient of U reads.
template <class T>
void states_before(const Sequences& s, std::int64_t hidden, const T* h, const T* h0, T* out);

}  // namespace xgrad::kernels
