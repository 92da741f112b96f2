// The examples of docs/reference/recurrence.md.

#include "example.hpp"

namespace {

void layers() {
  example("RNN", "RNNOptions", "RecurrentOptions");
  {
    const nn::RNN rnn(3, 4, nn::RNN::Options().nonlinearity(nn::init::Nonlinearity::relu));
    const auto [y, h] = rnn(ones({5, 2, 3}));
    std::cout << rnn << ' ' << y.shape() << ' ' << h.shape() << '\n';
  }
  example("LSTM", "LSTMOptions");
  {
    const nn::LSTM lstm(3, 4, nn::LSTM::Options().num_layers(2).bidirectional(true));
    auto [y, state] = lstm(ones({5, 2, 3}));
    auto [h, c] = state;
    std::cout << lstm << '\n' << y.shape() << ' ' << h.shape() << ' ' << c.shape() << '\n';
    std::cout << lstm(ones({1, 2, 3}), {h, c}).first.shape() << '\n';
  }
  example("GRU", "GRUOptions");
  {
    const nn::GRU gru(3, 4, nn::GRU::Options().batch_first(true));
    const auto [y, h] = gru(ones({2, 5, 3}));
    std::cout << gru << ' ' << y.shape() << ' ' << h.shape() << '\n';
  }
  example("RNNCell", "RecurrentCell");
  {
    const nn::RNNCell cell(3, 4);
    Tensor h;
    for (int t = 0; t < 5; ++t) h = cell(ones({2, 3}), h);
    std::cout << cell << ' ' << h.shape() << '\n';
  }
  example("LSTMCell", "LSTMState");
  {
    const nn::LSTMCell cell(3, 4);
    nn::LSTMState state;
    for (int t = 0; t < 5; ++t) state = cell(ones({2, 3}), state);
    std::cout << cell << ' ' << state.first.shape() << '\n';
  }
  example("GRUCell");
  std::cout << nn::GRUCell(3, 4)(ones({3})).shape() << '\n';
}

void sequences() {
  const Tensor a{1., 2., 3.}, b{4., 5.};
  example("pad_sequence", "PadOptions");
  std::cout << nn::pad_sequence({a, b}, nn::PadOptions().batch_first(true)) << '\n';
  example("pack_sequence", "PackedSequence");
  {
    const nn::PackedSequence packed = nn::pack_sequence({Tensor{1., 2., 3.}, Tensor{4., 5.}});
    std::cout << packed.data << '\n' << packed.batch_sizes << '\n';
  }
  example("pack_padded_sequence", "PackOptions");
  {
    const Tensor x{{1., 2., 0.}, {4., 5., 6.}};
    const auto packed = nn::pack_padded_sequence(x, {2, 3}, nn::PackOptions().batch_first(true).enforce_sorted(false));
    std::cout << packed.data << '\n' << packed.batch_sizes << '\n';
  }
  example("pad_packed_sequence");
  {
    const nn::GRU gru(1, 4);
    const auto packed = nn::pack_sequence({ones({3, 1}), ones({2, 1})});
    const auto [y, h] = gru(packed);
    const auto [padded, lengths] = nn::pad_packed_sequence(y);
    std::cout << padded.shape() << ' ' << h.shape() << ' ' << lengths << '\n';
  }
  example("unpad_sequence");
  std::cout << nn::unpad_sequence(Tensor{{1., 4.}, {2., 5.}, {3., 0.}}, {3, 2})[1] << '\n';
  example("unpack_sequence");
  std::cout << nn::unpack_sequence(nn::pack_sequence({a, b}))[1] << '\n';
}

}  // namespace

int main() {
  layers();
  sequences();
  return 0;
}
