#include <algorithm>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/autograd/ops/recurrence.hpp>
#include <xgrad/nn/packed_sequence.hpp>

#include "cases.hpp"

using namespace xgrad;
using detail::RecurrentKind;

namespace cases {
namespace {

struct Sizes {
  std::vector<std::int64_t> steps;  // rows of each
  std::int64_t in, hidden;
  bool reversed = false, states = true, biased = true;
};

// The inputs are x, h0, c0 (in an LSTM), both matrices and both biases, of which those that are there.
Sample recurring(RecurrentKind kind, const Sizes& s) {
  const Domain numbers = between(-1, 1);
  const std::int64_t batch = s.steps[0], rows = detail::gates_of(kind) * s.hidden;
  std::int64_t all = 0;
  for (const std::int64_t n : s.steps) all += n;
  const bool cells = kind == RecurrentKind::lstm;
  Sample sample{{}, {numbers({all, s.in}), numbers({rows, s.in}), numbers({rows, s.hidden})}};
  if (s.biased) sample.inputs.insert(sample.inputs.end(), {numbers({rows}), numbers({rows})});
  if (s.states) sample.inputs.push_back(numbers({batch, s.hidden}));
  if (s.states && cells) sample.inputs.push_back(numbers({batch, s.hidden}));
  sample.f = [=](const Tensors& x) {
    const std::size_t first = s.biased ? 5 : 3;
    detail::RecurrentLayer layer{x[0], {}, {}, x[1], x[2], {}, {}, {}, Tensor(s.steps), s.reversed};
    if (s.biased) layer.b_ih = x[3], layer.b_hh = x[4];
    if (s.states) layer.h0 = x[first];
    if (s.states && cells) layer.c0 = x[first + 1];
    const auto [h, c] = detail::recurrence(kind, layer);
    return c.defined() ? concat({h, c}) : h;
  };
  return sample;
}

Case recurrence_case(const char* op, RecurrentKind kind) {
  Case row{op, {}, {}, no_scalars | takes_empty | long_sums};
  const std::vector<Sizes> list = {
      {{2, 2, 2}, 3, 2},
      {{2, 2, 2}, 3, 2, true},
      {{0, 0}, 2, 2},
      {{0}, 2, 3, true},
      {{0, 0}, 1, 2, false, false},
      {{0, 0, 0}, 2, 1, true, true, false},
      {{1}, 1, 1},
      {{3, 2, 1}, 2, 3},
      {{3, 2, 1}, 2, 3, true},
      {{3, 3, 1, 1}, 1, 2, true, false},
      {{2, 1}, 2, 2, false, true, false},
      {{1, 1, 1, 1}, 2, 2, true, false, false},
      {{4, 1}, 2, 2, false, false},
      {{2, 2}, 1, 9, false},
      {{2, 1, 0}, 2, 2, true},
      {{2, 1, 0}, 2, 2},
      {{17, 2}, 1, 1, true},
      {{3, 3}, 2, 1, false, true, false},
  };
  for (const Sizes& sizes : list) row.samples.push_back(recurring(kind, sizes));
  return row;
}

Case padding() {
  Case row{"pad_sequence", {}, {}, no_scalars};
  const std::vector<std::vector<Shape>> list = {
      {{2}, {3}}, {{1, 2}, {3, 2}},     {{0, 2}, {2, 2}}, {{0}, {0}},
      {{0, 3}},   {{2, 0}, {1, 0}},     {{0}, {2}, {1}},  {{2, 1, 2}, {1, 1, 2}},
      {{3}},      {{1}, {2}, {3}, {4}}, {{2, 2}, {2, 2}}, {{5, 1}, {1, 1}},
      {{1}, {1}}, {{3, 2}, {1, 2}},     {{2}, {9}},       {{4, 2}, {3, 2}},
  };
  for (std::size_t i = 0; i < list.size(); ++i) {
    Sample sample;
    for (const Shape& shape : list[i]) sample.inputs.push_back(any(shape));
    const nn::PadOptions options = nn::PadOptions().batch_first(i % 2 == 1).padding_value(0.5).padding_left(i % 3 == 2);
    sample.f = [options](const Tensors& x) { return nn::pad_sequence(x, options); };
    row.samples.push_back(sample);
  }
  const TensorFunction f = [](const Tensors& x) { return nn::pad_sequence(x); };
  row.refusals = {{f, {any({2, 3}), any({2, 4})}}, {f, {any({2}), any({2, 1})}}};
  return row;
}

}  // namespace

std::vector<Case> recurrence_cases() {
  return {recurrence_case("lstm", RecurrentKind::lstm), recurrence_case("gru", RecurrentKind::gru),
          recurrence_case("rnn_tanh", RecurrentKind::rnn_tanh), padding()};
}

}  // namespace cases
