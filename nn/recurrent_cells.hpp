#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/nn/linear.hpp>
#include <xgrad/nn/recurrent.hpp>

namespace xgrad::detail {
enum class RecurrentKind : std::uint8_t;
}  // namespace xgrad::detail

namespace xgrad::nn {

/// What the cells share: the weights of one step, with PyTorch's names and shapes: (gates H, I), (gates H, H) and
/// (gates H) for 1, 4 or 3 gates. Without biases these are undefined.
class RecurrentCell {
 public:
  Parameter weight_ih, weight_hh, bias_ih, bias_hh;

 protected:
  RecurrentCell(const char* name, std::int64_t gates, std::int64_t input_size, std::int64_t hidden_size, Bias bias);
  std::string text() const;
  /// The weights that are there and their names.
  std::vector<std::pair<const char*, Parameter*>> named();
  /// The state and, for an LSTM, the cell after the step.
  LSTMState step(xgrad::detail::RecurrentKind kind, const Tensor& x, const Tensor& h, const Tensor& c, Source at) const;
};

// Single steps of recurrent layers: x is (B, I), or (I) for one sample, and states are (B, H), or (H); they are 0 where
// they are not given. Weights start uniform in ±1/√H.

/// One step of an RNN: h = cell(x, h).
class RNNCell : public ModuleOf<RNNCell>, public RecurrentCell {
 public:
  RNNCell(Dim input_size, Dim hidden_size, Bias bias = with_bias,
          init::Nonlinearity nonlinearity = init::Nonlinearity::tanh);
  Tensor forward(const Tensor& x, const Tensor& h = {});

 private:
  bool relu_;
};

/// One step of an LSTM: state = cell(x, state), or auto [h, c] = cell(x, {h0, c0}).
class LSTMCell : public ModuleOf<LSTMCell>, public RecurrentCell {
 public:
  LSTMCell(Dim input_size, Dim hidden_size, Bias bias = with_bias);

  using ModuleOf::operator();
  LSTMState operator()(const Tensor& x, const LSTMState& state, Source at = Source::here()) const;
  LSTMState forward(const Tensor& x, const LSTMState& state = {});
};

/// One step of a GRU: h = cell(x, h).
class GRUCell : public ModuleOf<GRUCell>, public RecurrentCell {
 public:
  GRUCell(Dim input_size, Dim hidden_size, Bias bias = with_bias);
  Tensor forward(const Tensor& x, const Tensor& h = {});
};

}  // namespace xgrad::nn
