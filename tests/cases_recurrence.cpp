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

// Sequences side by side, of these lengths and features.
struct Lengths {
  std::vector<std::int64_t> lengths;
  Shape features;
};

Case packing(const char* op, std::function<Tensor(const Tensors&, const Tensor&, const nn::PackOptions&)> f,
             std::int64_t least) {
  Case row{op, {}, {}, no_scalars};
  const std::vector<Lengths> list = {{{2, 1}, {0}},    {{1}, {0}},       {{3, 1}, {2, 0}}, {{1, 2, 2}, {0, 2}},
                                     {{1}, {}},        {{3}, {}},        {{2, 2}, {}},     {{3, 1}, {}},
                                     {{1, 3}, {}},     {{1, 3, 2}, {2}}, {{4, 1}, {1}},    {{2, 3, 1}, {}},
                                     {{1, 1, 1}, {2}}, {{2, 1}, {2, 2}}, {{1, 2}, {17}},   {{5, 2, 4}, {1, 1}}};
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Lengths& given = list[i];
    const bool batch_first = i % 2 == 1;
    const nn::PackOptions options = nn::PackOptions().batch_first(batch_first).enforce_sorted(false);
    const auto steps =
        *std::max_element(given.lengths.begin(), given.lengths.end()) + static_cast<std::int64_t>(i % 3 == 0);
    const auto batch = static_cast<std::int64_t>(given.lengths.size());
    const Shape shape =
        given.features.inserted(0, batch_first ? steps : batch).inserted(0, batch_first ? batch : steps);
    const Tensor lengths(given.lengths);
    row.samples.push_back({[=](const Tensors& x) { return f(x, lengths, options); }, {any(shape)}});
  }
  const auto with = [f](std::vector<std::int64_t> lengths) {
    return [=](const Tensors& x) { return f(x, Tensor(lengths), nn::PackOptions().enforce_sorted(false)); };
  };
  row.refusals = {{with({4, 1}), {any({3, 2})}, {"4", "3"}},
                  {with({least - 1, 1}), {any({3, 2})}, {"lengths"}},
                  {with({1, 1, 1}), {any({3, 2})}, {"3"}}};
  return row;
}

Case packing_sequences() {
  Case row{"pack_sequence", {}, {}, no_scalars};
  const std::vector<std::vector<Shape>> list = {{{2, 0}, {1, 0}},
                                                {{1, 0}},
                                                {{3, 2, 0}, {1, 2, 0}},
                                                {{1, 0, 2}, {2, 0, 2}},
                                                {{1}},
                                                {{3}},
                                                {{2}, {2}},
                                                {{3}, {1}},
                                                {{1}, {3}},
                                                {{1, 2}, {3, 2}, {2, 2}},
                                                {{2}, {3}, {1}},
                                                {{1, 1}, {4, 1}},
                                                {{2, 2, 2}, {1, 2, 2}},
                                                {{1, 17}, {2, 17}},
                                                {{9}, {2}},
                                                {{1}, {1}, {1}}};
  const TensorFunction f = [](const Tensors& x) {
    return nn::pack_sequence(x, nn::PackOptions().enforce_sorted(false)).data;
  };
  for (const std::vector<Shape>& shapes : list) row.samples.push_back({f, each_any(shapes)});
  row.refusals = {{f, {any({2, 3}), any({2, 4})}}, {f, {any({2}), any({2, 1})}}};
  return row;
}

}  // namespace

std::vector<Case> recurrence_cases() {
  using Options = nn::PackOptions;
  Case padded = packing(
      "pad_packed_sequence",
      [](const Tensors& x, const Tensor& lengths, const Options& options) {
        return nn::pad_packed_sequence(nn::pack_padded_sequence(x[0], lengths, options),
                                       nn::PadOptions().batch_first(options.batch_first()).padding_value(0.5))
            .first;
      },
      1);
  Case unpacked = packing(
      "unpack_sequence",
      [](const Tensors& x, const Tensor& lengths, const Options& options) {
        return concat(weighted(nn::unpack_sequence(nn::pack_padded_sequence(x[0], lengths, options))));
      },
      1);
  // What these refuse is no shape, and is tested in recurrence_test.cpp.
  padded.refusals.clear();
  unpacked.refusals.clear();
  return {recurrence_case("lstm", RecurrentKind::lstm),
          recurrence_case("gru", RecurrentKind::gru),
          recurrence_case("rnn_tanh", RecurrentKind::rnn_tanh),
          padding(),
          packing(
              "pack_padded_sequence",
              [](const Tensors& x, const Tensor& lengths, const Options& options) {
                return nn::pack_padded_sequence(x[0], lengths, options).data;
              },
              1),
          packing(
              "unpad_sequence",
              [](const Tensors& x, const Tensor& lengths, const Options& options) {
                return concat(weighted(nn::unpad_sequence(x[0], lengths, options)));
              },
              0),
          packing_sequences(),
          padded,
          unpacked};
}

}  // namespace cases
