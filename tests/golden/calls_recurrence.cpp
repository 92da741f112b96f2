#include <xgrad/nn/functional_call.hpp>
#include <xgrad/nn/recurrent_cells.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

nn::init::Nonlinearity nonlinearity(const Call& c) {
  return c.word("nonlinearity", "tanh") == "relu" ? nn::init::Nonlinearity::relu : nn::init::Nonlinearity::tanh;
}

template <class Options>
Options options(const Call& c) {
  Options all;
  all.num_layers(c.integer("num_layers", 1)).bias(c.flag("bias", true)).batch_first(c.flag("batch_first"));
  return all.bidirectional(c.flag("bidirectional"));
}

// The padded output and the states. With lengths, the sequences are packed in between.
template <class Layer, class State>
Tensors outputs(const Call& c, const Layer& layer, const State& state) {
  if (!c.has("lengths")) {
    const auto [y, last] = layer(c["input"], state);
    return nn::detail::tensors_in(y, last);
  }
  const bool first = c.flag("batch_first");
  const auto packed =
      nn::pack_padded_sequence(c["input"], c["lengths"], nn::PackOptions().batch_first(first).enforce_sorted(false));
  const auto [y, last] = layer(packed, state);
  return nn::detail::tensors_in(nn::pad_packed_sequence(y, nn::PadOptions().batch_first(first)).first, last);
}

// The results of a module whose parameters are the tensors `weights` of the call.
template <class Module, class F>
Results with_weights(const Call& c, Module module, std::size_t count, const F& run) {
  module.to(c["input"].dtype());
  Results all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(func::functional_call(module, c.list("weights"), [&] { return run(module).at(i); }));
  return all;
}

Results rnn(const Call& c) {
  const nn::RNN module(c["input"].shape(-1), c.integer("hidden"),
                       options<nn::RNN::Options>(c).nonlinearity(nonlinearity(c)));
  return with_weights(c, module, 2, [&](const nn::RNN& net) { return outputs(c, net, c["h0"]); });
}

Results gru(const Call& c) {
  const nn::GRU module(c["input"].shape(-1), c.integer("hidden"), options<nn::GRU::Options>(c));
  return with_weights(c, module, 2, [&](const nn::GRU& net) { return outputs(c, net, c["h0"]); });
}

Results lstm(const Call& c) {
  const nn::LSTM module(c["input"].shape(-1), c.integer("hidden"),
                        options<nn::LSTM::Options>(c).proj_size(c.integer("proj_size")));
  return with_weights(c, module, 3, [&](const nn::LSTM& net) {
    return outputs(c, net, nn::LSTMState{c["h0"], c["c0"]});
  });
}

Results rnn_cell(const Call& c) {
  const nn::RNNCell cell(c["input"].shape(-1), c.integer("hidden"), c.flag("bias", true), nonlinearity(c));
  return with_weights(c, cell, 1, [&](const nn::RNNCell& net) { return Tensors{net(c["input"], c["h0"])}; });
}

Results gru_cell(const Call& c) {
  const nn::GRUCell cell(c["input"].shape(-1), c.integer("hidden"), c.flag("bias", true));
  return with_weights(c, cell, 1, [&](const nn::GRUCell& net) { return Tensors{net(c["input"], c["h0"])}; });
}

Results lstm_cell(const Call& c) {
  const nn::LSTMCell cell(c["input"].shape(-1), c.integer("hidden"), c.flag("bias", true));
  return with_weights(c, cell, 2, [&](const nn::LSTMCell& net) {
    return nn::detail::tensors_in(net(c["input"], nn::LSTMState{c["h0"], c["c0"]}));
  });
}

nn::PackOptions packing(const Call& c) {
  return nn::PackOptions().batch_first(c.flag("batch_first")).enforce_sorted(c.flag("enforce_sorted", true));
}

Results parts(const nn::PackedSequence& packed) { return Tensors{packed.data, packed.batch_sizes}; }

}  // namespace

Registry recurrence_calls() {
  return {
      {"nn_rnn", rnn},
      {"nn_gru", gru},
      {"nn_lstm", lstm},
      {"nn_rnn_cell", rnn_cell},
      {"nn_gru_cell", gru_cell},
      {"nn_lstm_cell", lstm_cell},
      {"pack_padded_sequence",
       [](const Call& c) { return parts(nn::pack_padded_sequence(c["input"], c["lengths"], packing(c))); }},
      {"pack_sequence", [](const Call& c) { return parts(nn::pack_sequence(c.list("sequences"), packing(c))); }},
      {"pad_sequence",
       [](const Call& c) {
         return nn::pad_sequence(c.list("sequences"), nn::PadOptions()
                                                          .batch_first(c.flag("batch_first"))
                                                          .padding_value(c.number("padding_value"))
                                                          .padding_left(c.word("padding_side", "right") == "left"));
       }},
      {"unpad_sequence",
       [](const Call& c) {
         return nn::unpad_sequence(c["padded_sequences"], c["lengths"],
                                   nn::PackOptions().batch_first(c.flag("batch_first")));
       }},
      {"unpack_sequence",
       [](const Call& c) {
         return nn::unpack_sequence(nn::pack_sequence(c.list("sequences"), nn::PackOptions().enforce_sorted(false)));
       }},
  };
}

}  // namespace golden
