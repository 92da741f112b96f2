// Bad calls of recurrent layers, cells and packed sequences.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

Tensor steps() { return full({4, 2, 3}, 0.5f); }
nn::PackedSequence packed() { return nn::pack_padded_sequence(steps(), Tensor({4, 2})); }

template <class Layer>
void layer(Catalogue& all, const char* name) {
  using Options = typename Layer::Options;
  probe(
      all, name,
      [](auto in, auto hidden, auto layers, auto dropout) {
        return Layer(in, hidden, Options().num_layers(layers).dropout(dropout)).parameters();
      },
      Size{3}, Size{5}, Index{2}, Setting{.5});
  probe(
      all, name, [](auto x) { return Layer(3, 5)(x).first; }, steps());
  refused(all, name, "one axis", [] { Layer(3, 5)(ones({3})); });
  refused(all, name, "four axes", [] { Layer(3, 5)(ones({1, 1, 1, 3})); });
  refused(all, name, "no step", [] { Layer(3, 5)(ones({0, 2, 3})); });
  refused(all, name, "float64", [] { Layer(3, 5)(ones({4, 2, 3}, float64)); });
  refused(all, name, "packed rows of 2 features", [] {
    Layer(2, 5)(nn::pack_padded_sequence(ones({4, 2, 3}), Tensor({4, 2})));
  });
  refused(all, name, "no batch sizes", [] { Layer(3, 5)(nn::PackedSequence{ones({4, 3}), {}, {}, {}}); });
  refused(all, name, "batch sizes that rise", [] { Layer(3, 5)(packed().with(ones({5, 3}))); });
  refused(all, name, "an order of one sequence for two", [] {
    nn::PackedSequence broken = packed();
    broken.sorted_indices = Tensor({0});
    Layer(3, 5)(broken);
  });
  refused(all, name, "an order that another takes back", [] {
    nn::PackedSequence broken = packed();
    broken.sorted_indices = Tensor({1, 0});
    broken.unsorted_indices = Tensor({0, 1});
    Layer(3, 5)(broken);
  });
}

template <class Layer>
void states(Catalogue& all, const char* name) {
  probe(
      all, name, [](auto x, auto h) { return Layer(3, 5)(x, Tensor(h)).first; }, steps(), Optional{zeros({1, 2, 5})});
  refused(all, name, "the state of two sequences for one", [] { Layer(3, 5)(ones({4, 3}), zeros({1, 2, 5})); });
}

void layers(Catalogue& all) {
  layer<nn::RNN>(all, "RNN");
  layer<nn::GRU>(all, "GRU");
  layer<nn::LSTM>(all, "LSTM");
  states<nn::RNN>(all, "RNN");
  states<nn::GRU>(all, "GRU");
  refused(all, "RNN", "a sigmoid",
          [] { nn::RNN(3, 5, nn::RNN::Options().nonlinearity(nn::init::Nonlinearity::sigmoid)); });
  probe(
      all, "LSTM", [](auto p) { return nn::LSTM(3, 5, nn::LSTM::Options().proj_size(p)).parameters(); }, Index{2});
  refused(all, "LSTM", "a projection to 5 of 5", [] { nn::LSTM(3, 5, nn::LSTM::Options().proj_size(5)); });
  refused(all, "LSTM", "h0 without c0", [] { nn::LSTM(3, 5)(steps(), {zeros({1, 2, 5}), {}}); });
  refused(all, "LSTM", "a c0 of another size", [] { nn::LSTM(3, 5)(steps(), {zeros({1, 2, 5}), zeros({1, 2, 4})}); });
  refused(all, "LSTM", "an h0 in float64", [] {
    nn::LSTM(3, 5)(steps(), {zeros({1, 2, 5}, float64), zeros({1, 2, 5})});
  });
  refused(all, "LSTM", "a state of three sequences for two packed ones", [] {
    nn::LSTM(3, 5)(packed(), nn::LSTMState{zeros({1, 3, 5}), zeros({1, 3, 5})});
  });
}

void cells(Catalogue& all) {
  const Tensor x = matrix(), h = zeros({2, 5});
#define XGRAD_BAD(Name) \
  probe(                \
      all, #Name, [](auto in, auto hidden) { return nn::Name(in, hidden).weight_hh; }, Size{3}, Size{5})
  XGRAD_BAD(RNNCell);
  XGRAD_BAD(GRUCell);
  XGRAD_BAD(LSTMCell);
#undef XGRAD_BAD
  probe(
      all, "RNNCell", [](auto in, auto state) { return nn::RNNCell(3, 5)(in, Tensor(state)); }, x, Optional{h});
  probe(
      all, "GRUCell", [](auto in, auto state) { return nn::GRUCell(3, 5)(in, Tensor(state)); }, x, Optional{h});
  probe(
      all, "LSTMCell", [](auto in) { return nn::LSTMCell(3, 5)(in).first; }, x);
  refused(all, "LSTMCell", "h without c", [=] { nn::LSTMCell(3, 5)(x, {h, {}}); });
  refused(all, "LSTMCell", "a c of another size", [=] { nn::LSTMCell(3, 5)(x, {h, zeros({2, 4})}); });
  refused(all, "RNNCell", "three axes", [=] { nn::RNNCell(3, 5)(steps()); });
  refused(all, "RNNCell", "a sigmoid", [] { nn::RNNCell(3, 5, nn::with_bias, nn::init::Nonlinearity::sigmoid); });
}

void packing(Catalogue& all) {
  const Tensor lengths({4, 2});
  probe(
      all, "pack_padded_sequence", [](auto x, auto n) { return nn::pack_padded_sequence(x, n).data; }, steps(),
      lengths);
  const auto bad_lengths = [&](const char* what, const Tensor& n) {
    refused(all, "pack_padded_sequence", what, [n] { nn::pack_padded_sequence(steps(), n); });
  };
  bad_lengths("lengths that rise", Tensor({2, 4}));
  bad_lengths("a length of 0", Tensor({4, 0}));
  bad_lengths("a length of -1", Tensor({4, -1}));
  bad_lengths("a length beyond the steps", Tensor({5, 2}));
  bad_lengths("three lengths for two sequences", Tensor({4, 2, 1}));
  bad_lengths("lengths in float64", Tensor({4., 2.}));
  refused(all, "pack_padded_sequence", "an empty batch", [] {
    nn::pack_padded_sequence(ones({4, 0, 3}), zeros({0}, int64));
  });
  probe(
      all, "pack_sequence", [](auto x) { return nn::pack_sequence(x).data; }, std::vector<Tensor>{matrix(), matrix()});
  refused(all, "pack_sequence", "a sequence without steps", [] { nn::pack_sequence({ones({2, 3}), ones({0, 3})}); });
  refused(all, "pack_sequence", "sequences that grow", [] { nn::pack_sequence({ones({2, 3}), ones({3, 3})}); });
  probe(
      all, "pad_sequence", [](auto x) { return nn::pad_sequence(x); }, std::vector<Tensor>{matrix(), matrix()});
  refused(all, "pad_sequence", "fewer steps than there are", [] {
    nn::pad_sequence({ones({2, 3})}, nn::PadOptions().total_length(1));
  });
  probe(
      all, "unpad_sequence", [](auto x, auto n) { return nn::unpad_sequence(x, n); }, steps(), lengths);
  refused(all, "pad_packed_sequence", "rows that do not fit", [] {
    nn::pad_packed_sequence(packed().with(ones({5, 3})));
  });
  refused(all, "pad_packed_sequence", "fewer steps than there are",
          [] { nn::pad_packed_sequence(packed(), nn::PadOptions().total_length(3)); });
  refused(all, "pad_packed_sequence", "an order that is none", [] {
    nn::PackedSequence broken = packed();
    broken.sorted_indices = Tensor({0, 0});
    nn::pad_packed_sequence(broken);
  });
  refused(all, "unpack_sequence", "rows that do not fit", [] { nn::unpack_sequence(packed().with(ones({5, 3}))); });
}

}  // namespace

void recurrence_calls(Catalogue& all) {
  layers(all);
  cells(all);
  packing(all);
}

}  // namespace bad_calls
