#pragma once

#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

// The op behind the recurrent layers of nn, which check the arguments.

enum class RecurrentKind : std::uint8_t { lstm, gru, rnn_tanh, rnn_relu };

/// "lstm", "gru", "rnn_tanh" or "rnn_relu".
const char* op_name(RecurrentKind kind);
/// How many rows of weights belong to one hidden number: 4, 3 or 1.
std::int64_t gates_of(RecurrentKind kind);

/// One layer in one direction. x (rows, I) holds the sequences step after step, as kernels::Sequences has them; h0 and
/// c0 (batch, H) are undefined for zeros, c0 is that of an LSTM; weights are PyTorch's: w_ih (gates H, I), w_hh (gates
/// H, H), and biases (gates H), which are undefined without; w_hr (P, H) projects the states of an LSTM to P numbers,
/// which then take the place of H in w_hh and h0.
struct RecurrentLayer {
  Tensor x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr;
  Tensor sizes;  ///< int64: the rows of each step
  bool reversed = false;
};

/// What a layer returns: the states of all rows, (rows, H), and the last cell of each sequence, (batch, H), which is
/// undefined unless it is an LSTM.
struct RecurrentStates {
  Tensor h, last_c;
};
[[nodiscard]] RecurrentStates recurrence(RecurrentKind kind, RecurrentLayer layer, Source at = Source::here());

}  // namespace xgrad::detail
