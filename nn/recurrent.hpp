#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/nn/generators.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/module_of.hpp>
#include <xgrad/nn/packed_sequence.hpp>

namespace xgrad::nn {

/// The states h and c of an LSTM.
using LSTMState = std::pair<Tensor, Tensor>;

namespace detail {

/// What the options of recurrent layers hold.
struct RecurrentSettings {
  std::int64_t num_layers = 1, proj_size = 0;
  bool bias = true, batch_first = false, bidirectional = false;
  double dropout = 0;
};

/// The layers of a recurrent module: their settings and weights, and how they are run.
class RecurrentLayers {
 public:
  /// Which recurrence: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU", as in PyTorch.
  RecurrentLayers(const char* mode, std::int64_t input_size, std::int64_t hidden_size,
                  const RecurrentSettings& settings);
  RecurrentLayers(const RecurrentLayers&) = default;  // without a move, which would leave the other handle incomplete
  RecurrentLayers& operator=(const RecurrentLayers&) = default;

  /// The weights as "weight_ih_l0" and so on.
  std::vector<std::pair<std::string, Parameter*>> named();
  /// What printing puts between the parentheses.
  std::string text() const;

  struct Result {
    Tensor y, h, c;
  };
  /// y = the states of the last layer at all steps. h0 and c0 may be undefined.
  Result run(const Tensor& x, const Tensor& h0, const Tensor& c0, bool training, Source at) const;
  std::pair<PackedSequence, LSTMState> run(const PackedSequence& given, const Tensor& h0, const Tensor& c0,
                                           bool training, Source at) const;

  std::vector<Parameter> weights;
  OwnGenerator generator;

 private:
  Result run_rows(Tensor rows, const Tensor& sizes, const Tensor& h0, const Tensor& c0, bool training, Source at) const;
  void check_input(const Tensor& x) const;
  Tensor initial(const char* name, const Tensor& given, const Tensor& x, std::int64_t batch, std::int64_t size) const;
  std::int64_t directions() const { return settings_.bidirectional ? 2 : 1; }
  std::int64_t output_size() const { return settings_.proj_size > 0 ? settings_.proj_size : hidden_size_; }
  std::int64_t weights_of_layer() const { return 2 + (settings_.bias ? 2 : 0) + (settings_.proj_size > 0 ? 1 : 0); }

  std::string mode_;
  std::int64_t input_size_, hidden_size_;
  RecurrentSettings settings_;
};

}  // namespace detail

/// What the options of recurrent layers share.
template <class OwnOptions>
class RecurrentOptions : public xgrad::detail::OptionsOf<OwnOptions> {
 public:
  /// How many layers, of which each reads the states of the one before; by default 1, at most 10,000.
  OwnOptions& num_layers(std::int64_t value) { return this->set(settings_.num_layers, value); }
  OwnOptions& bias(bool on) { return this->set(settings_.bias, on); }
  /// Whether inputs and outputs are (B, T, ...) and not (T, B, ...). States are (layers, B, H) all the same.
  OwnOptions& batch_first(bool on) { return this->set(settings_.batch_first, on); }
  /// The probability with which, in training, the outputs of all layers but the last are dropped; by default 0.
  OwnOptions& dropout(double value) { return this->set(settings_.dropout, value); }
  /// Whether every layer runs in both directions, and its output is the two states side by side.
  OwnOptions& bidirectional(bool on) { return this->set(settings_.bidirectional, on); }

  const detail::RecurrentSettings& settings() const { return settings_; }

 protected:
  detail::RecurrentSettings settings_;
};

/// RNNOptions().nonlinearity(nn::init::Nonlinearity::relu).
class RNNOptions : public RecurrentOptions<RNNOptions> {
 public:
  /// tanh, the default, or relu.
  RNNOptions& nonlinearity(init::Nonlinearity value) { return set(nonlinearity_, value); }
  init::Nonlinearity nonlinearity() const { return nonlinearity_; }

 private:
  init::Nonlinearity nonlinearity_ = init::Nonlinearity::tanh;
};

/// GRUOptions().num_layers(2).
class GRUOptions : public RecurrentOptions<GRUOptions> {};

/// LSTMOptions().num_layers(2).
class LSTMOptions : public RecurrentOptions<LSTMOptions> {
 public:
  /// If positive, the states are multiplied by a matrix (proj_size, H) before they go on; smaller than H.
  LSTMOptions& proj_size(std::int64_t value) { return set(settings_.proj_size, value); }
};

// Recurrent layers. The input is (T, B, I), or (T, I) for one sequence; or packed sequences of different lengths. The
// output has the states of the last layer at every step, (T, B, D H), D = 2 if bidirectional; beside it are returned
// the states after the last step of each layer and direction, (layers D, B, H), which may be passed to the next call:
// row layer D + direction. For one sequence they are (layers D, H). Without a state the first is 0. Weights start
// uniform in ±1/√H; their names are PyTorch's: parameter("weight_ih_l0").

/// h_t = tanh(W x_t + b + U h_(t-1) + b'), or relu of it (Elman, 1990).
///
///     nn::RNN rnn(3, 20);
///     auto [y, h] = rnn(x);
class RNN : public ModuleOf<RNN> {
 public:
  using Options = RNNOptions;

  RNN(Dim input_size, Dim hidden_size, const Options& options = {});

  std::pair<Tensor, Tensor> forward(const Tensor& x, const Tensor& h0 = {});
  std::pair<PackedSequence, Tensor> forward(const PackedSequence& x, const Tensor& h0 = {});

 private:
  detail::RecurrentLayers layers_;
};

/// With i, f, g, o from W x_t + b + U h_(t-1) + b':
/// c_t = σ(f) c_(t-1) + σ(i) tanh(g), h_t = σ(o) tanh(c_t) (Hochreiter and Schmidhuber, 1997; Gers et al., 2000).
///
///     nn::LSTM lstm(3, 20, nn::LSTM::Options().num_layers(2));
///     auto [y, state] = lstm(x);
///     auto [h, c] = state;
///     y = lstm(next, state).first;   // or lstm(next, {h, c})
class LSTM : public ModuleOf<LSTM> {
 public:
  using Options = LSTMOptions;

  LSTM(Dim input_size, Dim hidden_size, const Options& options = {});

  using ModuleOf::operator();
  std::pair<Tensor, LSTMState> operator()(const Tensor& x, const LSTMState& state, Source at = Source::here()) const;
  std::pair<PackedSequence, LSTMState> operator()(const PackedSequence& x, const LSTMState& state,
                                                  Source at = Source::here()) const;

  std::pair<Tensor, LSTMState> forward(const Tensor& x, const LSTMState& state = {});
  std::pair<PackedSequence, LSTMState> forward(const PackedSequence& x, const LSTMState& state = {});

 private:
  detail::RecurrentLayers layers_;
};

/// With r, z, n from W x_t + b and r', z', n' from U h_(t-1) + b': R = σ(r + r'), Z = σ(z + z'),
/// N = tanh(n + R n') and h_t = (1 - Z) N + Z h_(t-1) (Cho et al., 2014; as in PyTorch, R multiplies after the
/// product).
class GRU : public ModuleOf<GRU> {
 public:
  using Options = GRUOptions;

  GRU(Dim input_size, Dim hidden_size, const Options& options = {});

  std::pair<Tensor, Tensor> forward(const Tensor& x, const Tensor& h0 = {});
  std::pair<PackedSequence, Tensor> forward(const PackedSequence& x, const Tensor& h0 = {});

 private:
  detail::RecurrentLayers layers_;
};

}  // namespace xgrad::nn
