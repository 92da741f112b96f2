// Recurrent layers and cells. tests/golden holds PyTorch's numbers for them; tests/cases_recurrence.cpp the ops behind.

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/matrix/packed_gemm.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/io/safetensors.hpp>
#include <xgrad/nn/clone.hpp>
#include <xgrad/nn/dropout.hpp>
#include <xgrad/nn/functional_call.hpp>
#include <xgrad/nn/recurrent_cells.hpp>
#include <xgrad/nn/sequential.hpp>
#include <xgrad/nn/summary.hpp>

#include "both_bodies.hpp"
#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

using namespace xgrad;

namespace {

using Tensors = std::vector<Tensor>;

std::string text(const nn::ModuleBase& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

nn::LSTM::Options two_ways() { return nn::LSTM::Options().num_layers(2).bidirectional(true); }

template <class Module>
Module in_double(Module module) {
  module.to(float64);
  return module;
}

std::string bits(const Tensors& all) {
  std::string result;
  for (const Tensor& x : all)
    result.append(static_cast<const char*>(Raw::bytes(x)), static_cast<std::size_t>(x.size()) * size_of(x.dtype()));
  return result;
}

// The outputs, states and gradients of a layer, as bits, at a number of threads.
template <class Layer>
std::string run_at(int threads, const Layer& layer, const Tensor& x) {
  kernels::set_threads(threads);
  const Tensor input = x.clone().requires_grad_();
  const auto [y, last] = layer(input);
  Tensors all = nn::detail::tensors_in(y, last);
  std::vector<Tensor> inputs = layer.parameters();
  inputs.push_back(input);
  for (const Tensor& g : grad({sum(y * cos(y))}, inputs, {})) all.push_back(g);
  kernels::set_threads(1);
  return bits(all);
}

}  // namespace

TEST_CASE("a call returns the states of all steps and the last ones", "[recurrence]") {
  const nn::LSTM lstm(3, 4, two_ways());
  const auto [y, state] = lstm(normal({5, 2, 3}, 1, float32));
  const auto [h, c] = state;
  REQUIRE(y.shape() == Shape{5, 2, 8});
  REQUIRE(h.shape() == Shape{4, 2, 4});
  REQUIRE(c.shape() == Shape{4, 2, 4});
  // Forwards the last step is the last row, backwards the first.
  CHECK(difference(h[2], y[4](xt::all(), xt::range(0, 4))) == "");
  CHECK(difference(h[3], y[0](xt::all(), xt::range(4, 8))) == "");
}

TEST_CASE("a state that is passed on continues the sequence", "[recurrence]") {
  const auto lstm = in_double(nn::LSTM(3, 4, nn::LSTM::Options().num_layers(2)));
  const auto gru = in_double(nn::GRU(3, 4));
  const Tensor x = normal({6, 2, 3}, 2), first = x(xt::range(0, 2)), rest = x(xt::range(2, 6));
  const auto [y1, state] = lstm(first);
  const auto [h, c] = state;
  require_close(concat({y1, lstm(rest, {h, c}).first}), lstm(x).first, 1e-14);
  require_close(concat({y1, lstm(rest, state).first}), lstm(x).first, 1e-14);
  const auto [z1, g] = gru(first);
  require_close(concat({z1, gru(rest, g).first}), gru(x).first, 1e-14);
}

TEST_CASE("cells step as layers do", "[recurrence]") {
  const auto lstm = in_double(nn::LSTM(3, 4));
  auto cell = in_double(nn::LSTMCell(3, 4));
  StateDict weights;
  for (const auto& [name, w] : lstm.state_dict()) weights.emplace_back(name.substr(0, name.size() - 3), w);
  cell.load_state_dict(weights);
  const Tensor x = normal({4, 2, 3}, 3);
  nn::LSTMState state;
  for (std::int64_t t = 0; t < 4; ++t) state = cell(x[t], state);
  const auto [h, c] = lstm(x).second;
  require_close(state.first, h[0], 1e-14);
  require_close(state.second, c[0], 1e-14);
  require_close(cell(x[0][1], {h[0][1], c[0][1]}).first, cell(x[0], {h[0], c[0]}).first[1], 1e-14);
}

TEST_CASE("one sequence and the batch first are the same numbers in other shapes", "[recurrence]") {
  manual_seed(4);
  const auto gru = in_double(nn::GRU(3, 4, nn::GRU::Options().bidirectional(true)));
  manual_seed(4);
  const auto first = in_double(nn::GRU(3, 4, nn::GRU::Options().bidirectional(true).batch_first(true)));
  const Tensor x = normal({5, 2, 3}, 5), h0 = normal({2, 2, 4}, 6);
  const auto [y, h] = gru(x, h0);
  const auto [turned, same] = first(swapaxes(x, 0, 1), h0);
  CHECK(difference(swapaxes(turned, 0, 1), y) == "");
  CHECK(difference(same, h) == "");
  const auto [row, last] = gru(x(xt::all(), 1), h0(xt::all(), 1));
  CHECK(row.shape() == Shape{5, 8});
  require_close(row, y(xt::all(), 1), 1e-14);
  require_close(last, h(xt::all(), 1), 1e-14);
}

TEST_CASE("packed sequences give what each sequence gives alone", "[recurrence]") {
  const auto lstm = in_double(nn::LSTM(3, 4, two_ways()));
  const Tensor lengths({2, 5, 1, 5});
  const Tensor x = normal({5, 4, 3}, 7).requires_grad_(), h0 = normal({4, 4, 4}, 8), c0 = normal({4, 4, 4}, 9);
  const auto packed = nn::pack_padded_sequence(x, lengths, nn::PackOptions().enforce_sorted(false));
  const auto [out, state] = lstm(packed, {h0, c0});
  const auto [y, back] = nn::pad_packed_sequence(out, nn::PadOptions().padding_value(-7));
  CHECK(difference(back, lengths) == "");
  Tensor total = sum(square(y * (y != -7).to(float64)));
  const Tensor slope = grad(total, x);
  for (std::int64_t b = 0; b < 4; ++b) {
    const std::int64_t n = lengths[b].item<std::int64_t>();
    const Tensor own = x(xt::range(0, n), b).detach().requires_grad_();
    const auto [alone, last] = lstm(own, {h0(xt::all(), b), c0(xt::all(), b)});
    require_close(y(xt::range(0, n), b), alone, 1e-14);
    require_close(state.first(xt::all(), b), last.first, 1e-14);
    require_close(state.second(xt::all(), b), last.second, 1e-14);
    require_close(slope(xt::range(0, n), b), grad(sum(square(alone)), own), 1e-13);
    if (n < 5) CHECK(sum(y(xt::range(n, 5), b) == -7).item() == 8. * static_cast<double>(5 - n));
    if (n < 5) CHECK(largest_of_all(slope(xt::range(n, 5), b)) == 0);
  }
}

TEST_CASE("results have the same bits at any number of threads", "[recurrence]") {
  const nn::LSTM lstm(24, 64, two_ways());
  const nn::GRU gru(24, 64, nn::GRU::Options().bidirectional(true));
  const nn::RNN rnn(24, 64);
  const Tensor x = normal({7, 37, 24}, 10, float32);
  const std::string one[] = {run_at(1, lstm, x), run_at(1, gru, x), run_at(1, rnn, x)};
  for (const int threads : {2, 3, 4, 8}) {
    INFO(threads << " threads");
    CHECK(run_at(threads, lstm, x) == one[0]);
    CHECK(run_at(threads, gru, x) == one[1]);
    CHECK(run_at(threads, rnn, x) == one[2]);
  }
}

TEST_CASE("relu's kernel and formula agree, and its kink has the slope 0", "[recurrence]") {
  const auto rnn = in_double(nn::RNN(2, 3, nn::RNN::Options().nonlinearity(nn::init::Nonlinearity::relu)));
  const Tensor x = normal({4, 2, 2}, 11).requires_grad_();
  require_bodies_agree([&](const Tensors& in) { return rnn(in[0]).first; }, {x});
  for (Tensor& p : rnn.parameters()) {
    const NoGrad off;
    p.fill_(0);
  }
  CHECK(largest_of_all(grad(sum(rnn(x).first), x)) == 0);
}

TEST_CASE("a projection is right to the second derivative", "[recurrence]") {
  auto lstm = in_double(nn::LSTM(2, 3, nn::LSTM::Options().proj_size(2).bidirectional(true)));
  const auto f = [&](const Tensors& in) {
    const auto [y, state] = lstm(in[0], {in[1], in[2]});
    return concat({y.reshape({-1}), state.first.reshape({-1}), state.second.reshape({-1})});
  };
  require_right(f, {normal({3, 2, 2}, 12).requires_grad_(), normal({2, 2, 2}, 13).requires_grad_(),
                    normal({2, 2, 3}, 14).requires_grad_()});
}

TEST_CASE("gradients come for what needs them alone", "[recurrence]") {
  auto lstm = in_double(nn::LSTM(2, 3));
  const Tensor x = normal({3, 2, 2}, 15), h = normal({1, 2, 3}, 16).requires_grad_(), c = normal({1, 2, 3}, 17);
  lstm.requires_grad_(false);
  lstm(x, {h, c}).first.sum().backward();
  CHECK(h.grad().shape() == h.shape());
  CHECK_FALSE(lstm(x, {c, c}).first.requires_grad());
  const NoGrad off;
  CHECK_FALSE(lstm(x, {h, c}).first.requires_grad());
}

TEST_CASE("dropout acts between layers, in training", "[recurrence]") {
  manual_seed(18);
  auto plain = nn::GRU(3, 4, nn::GRU::Options().num_layers(2));
  manual_seed(18);
  auto dropping = nn::GRU(3, 4, nn::GRU::Options().num_layers(2).dropout(0.5));
  const Tensor x = normal({5, 2, 3}, 19, float32);
  manual_seed(1);
  const auto [a, ha] = dropping(x);
  manual_seed(1);
  const auto [b, hb] = dropping(x);
  const auto [c, hc] = plain(x);
  CHECK(difference(a, b) == "");
  CHECK(difference(a, c) != "");
  CHECK(difference(ha[0], hc[0]) == "");  // the first layer's own states are not dropped
  dropping.eval();
  CHECK(difference(dropping(x).first, c) == "");

  // What the second layer reads is the first's output behind a mask of dropout().
  manual_seed(18);
  auto first = nn::GRU(3, 4);
  nn::GRU second(4, 4);
  StateDict weights;
  for (const auto& [name, w] : plain.state_dict())
    if (name.back() == '1') weights.emplace_back(name.substr(0, name.size() - 1) + "0", w);
  second.load_state_dict(weights);
  manual_seed(1);
  CHECK(difference(second(dropout(first(x).first, 0.5)).first, a) == "");
}

TEST_CASE("the edges: one step, no sequences, one number", "[recurrence]") {
  const nn::LSTM lstm(3, 4, two_ways());
  const Tensor none = zeros({5, 0, 3}).requires_grad_();
  const auto [y, state] = lstm(none);
  CHECK(y.shape() == Shape{5, 0, 8});
  CHECK(state.first.shape() == Shape{4, 0, 4});
  y.sum().backward();
  CHECK(none.grad().shape() == none.shape());
  CHECK(largest_of_all(lstm.parameter("weight_ih_l0").grad()) == 0);
  CHECK(lstm(ones({1, 1, 3})).first.shape() == Shape{1, 1, 8});
  CHECK(nn::RNN(1, 1)(ones({1, 1, 1})).first.shape() == Shape{1, 1, 1});
  CHECK(nn::GRUCell(0, 2)(ones({3, 0})).shape() == Shape{3, 2});
}

TEST_CASE("NaN and infinity go where they belong", "[recurrence]") {
  const auto gru = in_double(nn::GRU(1, 2));
  const Tensor x = Tensor({{{0.5}, {0.5}}, {{std::nan("")}, {0.5}}, {{0.5}, {1e308}}});
  const Tensor y = gru(x).first;
  CHECK(sum(isnan(y)).item() == 4);  // both numbers of the first sequence, from the second step on
  CHECK(sum(isnan(y(xt::all(), 1))).item() == 0);
}

TEST_CASE("names, shapes, beginnings and clones are PyTorch's", "[recurrence]") {
  manual_seed(20);
  const nn::LSTM lstm(3, 100, nn::LSTM::Options().num_layers(2).bidirectional(true).proj_size(2));
  std::vector<std::string> names;
  for (const auto& [name, w] : lstm.state_dict()) names.push_back(name);
  REQUIRE(names.size() == 20);
  CHECK(names[0] == "weight_ih_l0");
  CHECK(names[4] == "weight_hr_l0");
  CHECK(names[9] == "weight_hr_l0_reverse");
  CHECK(names[19] == "weight_hr_l1_reverse");
  CHECK(lstm.parameter("weight_ih_l1").shape() == Shape{400, 4});
  CHECK(lstm.parameter("weight_hh_l1").shape() == Shape{400, 2});
  CHECK(lstm.parameter("weight_hr_l1").shape() == Shape{2, 100});
  for (const Tensor& p : lstm.parameters()) CHECK((largest_of_all(p) <= 0.1 && largest_of_all(p) > 0.09));

  const nn::LSTM copy = nn::clone(lstm);
  const NoGrad off;
  copy.parameter("weight_ih_l0").zero_();
  CHECK(largest_of_all(lstm.parameter("weight_ih_l0")) > 0);
  CHECK(difference(copy(ones({2, 1, 3})).first, lstm(ones({2, 1, 3})).first) != "");
}

TEST_CASE("a state of PyTorch gives PyTorch's outputs, and is saved as it was", "[recurrence]") {
  const io::SafetensorsFile file(std::string(XGRAD_SOURCE_DIR) + "/tests/golden/files/torch_lstm.safetensors");
  nn::LSTM lstm(3, 4, two_ways());
  StateDict state;
  for (const auto& [name, w] : file.tensors())
    if (name.rfind("lstm.", 0) == 0) state.emplace_back(name.substr(5), w);
  lstm.load_state_dict(state);
  const auto [y, last] = lstm(file.tensor("x"));
  CHECK(difference(y, file.tensor("y"), 1e-6, 1e-6) == "");
  CHECK(difference(last.first, file.tensor("h"), 1e-6, 1e-6) == "");
  CHECK(difference(last.second, file.tensor("c"), 1e-6, 1e-6) == "");
  REQUIRE(lstm.state_dict().size() == 16);
  for (const auto& [name, w] : lstm.state_dict()) CHECK(difference(w, file.tensor("lstm." + name)) == "");
}

TEST_CASE("printing is PyTorch's", "[recurrence]") {
  CHECK(text(nn::LSTM(3, 4, two_ways().batch_first(true).dropout(0.1))) ==
        "LSTM(3, 4, num_layers=2, batch_first=True, dropout=0.1, bidirectional=True)");
  CHECK(text(nn::LSTM(3, 4, nn::LSTM::Options().proj_size(2).bias(false))) == "LSTM(3, 4, proj_size=2, bias=False)");
  CHECK(text(nn::RNN(3, 4)) == "RNN(3, 4)");
  CHECK(text(nn::RNNCell(3, 4, nn::no_bias, nn::init::Nonlinearity::relu)) ==
        "RNNCell(3, 4, bias=False, nonlinearity=relu)");
  CHECK(text(nn::GRUCell(3, 4)) == "GRUCell(3, 4)");
}

TEST_CASE("a summary counts the products of a recurrent layer", "[recurrence]") {
  const nn::GRU gru(3, 4);
  const nn::Summary table = nn::summary(gru, ones({5, 2, 3}));
  CHECK(table.multiply_adds == 5 * 2 * 12 * (3 + 4));
  CHECK(table.total == 12 * 3 + 12 * 4 + 24);
}

TEST_CASE("errors name the module, both values and a way out", "[recurrence]") {
  const nn::LSTM lstm(3, 4);
  require_refused(
      [&] {
        lstm(ones({5, 2, 4}));
      },
      "LSTM: expected 3 features on the last axis, got input of shape (5, 2, 4)");
  require_refused([&] { lstm(ones({0, 2, 3})); }, "LSTM: the input has shape (0, 2, 3): it must have a step");
  require_refused(
      [&] {
        lstm(ones({5, 2, 3}), {zeros({1, 3, 4}), zeros({1, 2, 4})});
      },
      "LSTM: expected h0 of shape (1, 2, 4) for input (5, 2, 3), got (1, 3, 4)");
  require_refused(
      [&] {
        nn::pack_padded_sequence(ones({5, 2, 3}), {2, 5});
      },
      "pack_padded_sequence: the lengths rise: sort the sequences by their lengths, the longest first, or "
      "pass PackOptions().enforce_sorted(false)");
  require_refused([] { nn::LSTM(0, 4); }, "LSTM: a layer cannot lead from 0 to 4 features: both must be positive");
}

TEST_CASE("packed sequences whose orders are none are refused before a state is read", "[recurrence]") {
  const nn::GRU gru(2, 4);
  const nn::LSTM lstm(2, 4);
  const nn::RNN rnn(2, 4);
  const Tensor h0 = ones({1, 2, 4});
  const auto refused = [&](const Tensor& sorted, const Tensor& unsorted, const std::string& text) {
    const nn::PackedSequence x{ones({3, 2}), Tensor({2, 1}), sorted, unsorted};
    require_refused([&] { gru(x, h0); }, "GRU: " + text);
    require_refused([&] { gru(x); }, "GRU: " + text);
    require_refused([&] { rnn(x, h0); }, "RNN: " + text);
    require_refused([&] { lstm(x, nn::LSTMState{h0, h0}); }, "LSTM: " + text);
    require_refused([&] { nn::pad_packed_sequence(x); }, "pad_packed_sequence: " + text);
    require_refused([&] { nn::unpack_sequence(x); }, "unpack_sequence: " + text);
  };
  const std::string rule = ", not an order of the 2 sequences: each of them must be there once, in int64";
  const Tensor order({1, 0});
  refused(Tensor({0}), Tensor({0}), "sorted_indices are int64 (1)" + rule);
  refused(Tensor({0, 0}), Tensor({0, 0}), "sorted_indices are int64 (2)" + rule);
  refused(Tensor({0, 2}), order, "sorted_indices are int64 (2)" + rule);
  refused(Tensor({-1, 0}), order, "sorted_indices are int64 (2)" + rule);
  refused(Tensor({1., 0.}), order, "sorted_indices are float64 (2)" + rule);
  refused(reshape(order, {1, 2}), order, "sorted_indices are int64 (1, 2)" + rule);
  refused(order, Tensor({1}), "unsorted_indices are int64 (1)" + rule);
  refused(order, Tensor({0, 1}),
          "unsorted_indices has 0 at place 0, where the inverse of sorted_indices has 1: leave it undefined, and it is "
          "computed");
  refused({}, order,
          "the packed sequences have unsorted_indices of shape (2), but no sorted_indices: give both, or the latter");
}

TEST_CASE("an order without its inverse gets it, so that states come back in their order", "[recurrence]") {
  const auto gru = in_double(nn::GRU(3, 4));
  const Tensor x = normal({5, 3, 3}, 7), h0 = normal({1, 3, 4}, 8);
  const auto packed = nn::pack_padded_sequence(x, Tensor({2, 5, 3}), nn::PackOptions().enforce_sorted(false));
  const auto [y, last] = gru(packed, h0);
  const auto [again, state] = gru(nn::PackedSequence{packed.data, packed.batch_sizes, packed.sorted_indices, {}}, h0);
  CHECK(difference(state, last) == "");
  CHECK(difference(again.unsorted_indices, packed.unsorted_indices) == "");
}

TEST_CASE("batch sizes whose sum would overflow are refused", "[recurrence]") {
  const std::int64_t quarter = std::int64_t{1} << 62;
  const nn::PackedSequence wraps{ones({0, 3}), Tensor({quarter, quarter, quarter, quarter}), {}, {}};
  const char* text =
      "the packed sequences hold data of shape (0, 3) and batch sizes of shape (4): the sizes must be int64 with one "
      "axis, not rise, and have the sum of the rows";
  require_refused([&] { nn::GRU(3, 4)(wraps); }, std::string("GRU: ") + text);
  require_refused([&] { nn::RNN(3, 4)(wraps); }, std::string("RNN: ") + text);
  require_refused([&] { nn::pad_packed_sequence(wraps); }, std::string("pad_packed_sequence: ") + text);
  require_refused([&] { nn::unpack_sequence(wraps); }, std::string("unpack_sequence: ") + text);
  // Rows without elements may be as many; their lengths may not.
  const nn::PackedSequence many{zeros({quarter, 0}), Tensor({quarter}), {}, {}};
  CHECK_THROWS_WITH(nn::pad_packed_sequence(many), Catch::Matchers::StartsWith("pad_packed_sequence: "));
}

TEST_CASE("a padded sequence without steps comes back", "[recurrence]") {
  const Tensor y = nn::pad_sequence({zeros({0}), ones({2})});
  const auto back = nn::unpad_sequence(y, Tensor({0, 2}));
  REQUIRE(back.size() == 2);
  CHECK(difference(back[0], zeros({0})) == "");
  CHECK(difference(back[1], ones({2})) == "");
  require_refused(
      [&] {
        nn::unpad_sequence(y, Tensor({-1, 2}));
      },
      "unpad_sequence: a length is -1, and there are 2 steps: lengths must not be negative, and at most that");
}

TEMPLATE_TEST_CASE("a packed matrix of several blocks multiplies as gemm does", "[recurrence]", float, double) {
  const DType dtype = std::is_same_v<TestType, float> ? float32 : float64;
  for (const auto& [n, k] : {std::pair<std::int64_t, std::int64_t>{300, 801}, {129, 385}})
    for (const bool transposed : {false, true}) {
      const Tensor a = normal({13, k}, 21).to(dtype), b = normal({k, n}, 22).to(dtype);
      const Tensor stored = transposed ? transpose(b) : b;
      const kernels::PackedMatrix<TestType> packed(transposed, n, k, Raw::data<TestType>(stored));
      Tensor y = zeros({13, n}, dtype);
      packed.product(13, Raw::data<TestType>(a), Raw::write<TestType>(y));
      require_close(y.to(float64), matmul(a.to(float64), b.to(float64)), dtype == float32 ? 1e-3 : 1e-12);
    }
}

TEST_CASE("a packed matrix multiplies as gemm does, for all sizes of tiles", "[recurrence]") {
  for (const std::int64_t m : {1, 2, 5, 6, 7, 13, 16})
    for (const std::int64_t n : {1, 7, 16, 33, 70})
      for (const bool transposed : {false, true}) {
        const std::int64_t k = 9;
        const Tensor a = normal({m, k}, 21), b = normal({k, n}, 22), c = normal({m, n}, 23);
        const Tensor stored = transposed ? transpose(b) : b;
        const kernels::PackedMatrix<double> packed(transposed, n, k, Raw::data<double>(stored));
        Tensor y = c.clone();
        packed.product(m, Raw::data<double>(a), Raw::write<double>(y), {Raw::data<double>(y), n});
        require_close(y, c + matmul(a, b), 1e-14);
        packed.product(m, Raw::data<double>(a), Raw::write<double>(y));
        require_close(y, matmul(a, b), 1e-14);
        packed.product(m, Raw::data<double>(a), Raw::write<double>(y), {Raw::data<double>(c), 0});
        require_close(y, c[0] + matmul(a, b), 1e-14);
      }
}

TEST_CASE("sizes of recurrent layers and of padded sequences that cannot be are refused by name", "[recurrence]") {
  using Catch::Matchers::StartsWith;
  const std::int64_t huge = std::int64_t{1} << 61;
  CHECK_THROWS_WITH(nn::LSTM(2, huge), StartsWith("LSTM: a layer from 2 to 2305843009213693952 features"));
  CHECK_THROWS_WITH(nn::GRU(huge, 2), StartsWith("GRU: a layer from 2305843009213693952 to 2 features"));
  CHECK_THROWS_WITH(nn::LSTM(2, 3, nn::LSTM::Options().num_layers(10001)), StartsWith("LSTM: num_layers is 10001"));
  for (const std::int64_t steps : {std::int64_t{1} << 50, std::int64_t{1} << 62}) {
    const auto options = nn::PadOptions().total_length(steps);
    CHECK_THROWS_WITH(nn::pad_sequence({ones({2, 3})}, options), StartsWith("pad_sequence: "));
    const nn::PackedSequence packed = nn::pack_sequence({ones({2, 3})});
    CHECK_THROWS_WITH(nn::pad_packed_sequence(packed, options), StartsWith("pad_packed_sequence: "));
  }
}

TEST_CASE("weights of other shapes and dtypes are refused by name", "[recurrence]") {
  nn::GRUCell gru_cell(3, 5);
  gru_cell.weight_hh.set_data(ones({1, 5}));
  require_refused(
      [&] {
        gru_cell(ones({1, 3}), ones({1, 5}));
      },
      "GRUCell: weight_hh has shape (1, 5): this layer asks for (15, 5)");
  nn::LSTMCell lstm_cell(3, 5);
  lstm_cell.bias_ih.set_data(ones({2}));
  require_refused([&] { lstm_cell(ones({1, 3})); }, "LSTMCell: bias_ih has shape (2): this layer asks for (20)");
  nn::RNNCell rnn_cell(3, 5);
  rnn_cell.weight_ih.set_data(ones({3}));
  require_refused([&] { rnn_cell(ones({1, 3})); }, "RNNCell: weight_ih has shape (3): this layer asks for (5, 3)");

  const auto refused_with = [](auto layer, const std::string& name, const Tensor& values) {
    layer.named_parameters().at(name).set_data(values);
    layer(ones({5, 2, 3}));
  };
  const nn::LSTM::Options both = nn::LSTM::Options().bidirectional(true).num_layers(2);
  require_refused([&] { refused_with(nn::LSTM(3, 4), "bias_hh_l0", ones({2})); },
                  "LSTM: bias_hh_l0 has shape (2): this layer asks for (16)");
  require_refused(
      [&] {
        refused_with(nn::LSTM(3, 4), "weight_ih_l0", ones({4, 3}));
      },
      "LSTM: weight_ih_l0 has shape (4, 3): this layer asks for (16, 3)");
  require_refused(
      [&] {
        refused_with(nn::LSTM(3, 4, both), "weight_ih_l1_reverse", ones({16, 4}));
      },
      "LSTM: weight_ih_l1_reverse has shape (16, 4): this layer asks for (16, 8)");
  require_refused(
      [&] {
        refused_with(nn::LSTM(3, 4, nn::LSTM::Options().proj_size(2)), "weight_hr_l0", ones({3, 4}));
      },
      "LSTM: weight_hr_l0 has shape (3, 4): this layer asks for (2, 4)");
  require_refused([&] { refused_with(nn::GRU(3, 4), "weight_hh_l0", ones({4})); },
                  "GRU: weight_hh_l0 has shape (4): this layer asks for (12, 4)");

  const auto with_double = [](const auto& layer, const std::string& name, const Tensor& x) {
    StateDict values;
    values.emplace_back(name, layer.named_parameters().at(name).detach().to(float64));
    const Tensor y = func::functional_call(layer, values, [&] {
      layer(x);
      return x;
    });
  };
  require_refused(
      [&] {
        with_double(nn::RNN(3, 4), "weight_hh_l0", ones({5, 2, 3}));
      },
      "RNN: input is float32, weight_hh_l0 is float64: write 1.0f");
  require_refused(
      [&] {
        with_double(nn::GRUCell(3, 4), "bias_hh", ones({2, 3}));
      },
      "GRUCell: input is float32, bias_hh is float64: write 1.0f");
}
