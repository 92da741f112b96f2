#include <xgrad/nn/recurrent.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/dropout.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/recurrence.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/nn/printing.hpp>
#include <xgrad/nn/weight_checks.hpp>

namespace xgrad::nn {

using xgrad::detail::argument_error;
using xgrad::detail::RecurrentKind;

namespace {

RecurrentKind kind_of(const std::string& mode) {
  return mode == "LSTM"       ? RecurrentKind::lstm
         : mode == "GRU"      ? RecurrentKind::gru
         : mode == "RNN_TANH" ? RecurrentKind::rnn_tanh
                              : RecurrentKind::rnn_relu;
}

void check_settings(const std::string& name, std::int64_t input_size, std::int64_t hidden_size,
                    const detail::RecurrentSettings& s) {
  if (input_size < 1 || hidden_size < 1)
    throw argument_error(name + ": a layer cannot lead from " + std::to_string(input_size) + " to " +
                         std::to_string(hidden_size) + " features: both must be positive");
  constexpr std::int64_t most_features = INT64_MAX / 4, most_layers = 10000;  // more is a mistake
  if (input_size > most_features || hidden_size > most_features)
    throw argument_error(name + ": a layer from " + std::to_string(input_size) + " to " + std::to_string(hidden_size) +
                         " features has weights of more than 2^63 - 1 elements");
  if (s.num_layers < 1 || s.num_layers > most_layers)
    throw argument_error(name + ": num_layers is " + std::to_string(s.num_layers) + ": it must be in 1 .. " +
                         std::to_string(most_layers));
  if (!(s.dropout >= 0 && s.dropout <= 1))
    throw argument_error(name + ": dropout must lie in [0, 1], got " + detail::python(s.dropout));
  if (s.proj_size < 0 || s.proj_size >= hidden_size)
    throw argument_error(name + ": proj_size is " + std::to_string(s.proj_size) + ": it must be smaller than the " +
                         std::to_string(hidden_size) + " hidden features, or 0 for none");
}

// The row of the last step of each sequence.
Tensor last_rows(const Tensor& sizes) {
  const auto* n = Raw::data<std::int64_t>(sizes);
  xgrad::detail::ScratchVector<std::int64_t> rows(static_cast<std::size_t>(n[0]));
  std::int64_t begin = 0;
  for (std::int64_t t = 0; t < sizes.size(); begin += n[t++])
    for (std::int64_t b = 0; b < n[t]; ++b) rows[static_cast<std::size_t>(b)] = begin + b;
  return Tensor(rows);
}

// The states of all sequences after their last steps.
Tensor last_states(const Tensor& h, const Tensor& sizes, bool reversed, Source at) {
  const auto* n = Raw::data<std::int64_t>(sizes);
  const std::int64_t steps = sizes.size(), rows = h.shape()[0];
  if (reversed) return narrow(h, 0, 0, n[0], at);
  if (n[steps - 1] == n[0]) return narrow(h, 0, rows - n[0], n[0], at);
  return index_select(h, 0, last_rows(sizes), at);
}

// Calls f(name, layer, direction, shape) with every weight that such a module has, in their order.
template <class F>
void each_weight(RecurrentKind kind, std::int64_t input_size, std::int64_t hidden_size,
                 const detail::RecurrentSettings& s, const F& f) {
  const std::int64_t directions = s.bidirectional ? 2 : 1, states = s.proj_size > 0 ? s.proj_size : hidden_size,
                     rows = xgrad::detail::gates_of(kind) * hidden_size;
  for (std::int64_t layer = 0; layer < s.num_layers; ++layer)
    for (std::int64_t d = 0; d < directions; ++d) {
      f("weight_ih", layer, d, Shape{rows, layer == 0 ? input_size : states * directions});
      f("weight_hh", layer, d, Shape{rows, states});
      if (s.bias) {
        f("bias_ih", layer, d, Shape{rows});
        f("bias_hh", layer, d, Shape{rows});
      }
      if (s.proj_size > 0) f("weight_hr", layer, d, Shape{s.proj_size, hidden_size});
    }
}

std::string full_name(const char* name, std::int64_t layer, std::int64_t direction) {
  return name + ("_l" + std::to_string(layer)) + (direction == 0 ? "" : "_reverse");
}

Tensor joined(const std::vector<Tensor>& states, Source at) {
  return states.size() == 1 ? unsqueeze(states[0], 0, at) : stack(states, 0, at);
}

}  // namespace

namespace detail {

RecurrentLayers::RecurrentLayers(const char* mode, std::int64_t input_size, std::int64_t hidden_size,
                                 const RecurrentSettings& settings)
    : mode_(mode), input_size_(input_size), hidden_size_(hidden_size), settings_(settings) {
  const std::string name = mode_.substr(0, mode_.find('_'));
  const xgrad::detail::Calling calling(name == "RNN" ? "RNN" : name == "GRU" ? "GRU" : "LSTM");
  check_settings(name, input_size, hidden_size, settings);
  const double bound = 1 / std::sqrt(static_cast<double>(hidden_size));
  each_weight(kind_of(mode_), input_size, hidden_size, settings,
              [&](const char*, std::int64_t, std::int64_t, const Shape& shape) {
                weights.push_back(Parameter(init::uniform_(Raw::uninitialized(shape, float32), -bound, bound)));
              });
}

std::vector<std::pair<std::string, Parameter*>> RecurrentLayers::named() {
  std::vector<std::pair<std::string, Parameter*>> all;
  each_weight(kind_of(mode_), input_size_, hidden_size_, settings_,
              [&](const char* name, std::int64_t layer, std::int64_t direction, const Shape&) {
                all.emplace_back(full_name(name, layer, direction), &weights[all.size()]);
              });
  return all;
}

std::string RecurrentLayers::text() const {
  std::string text = std::to_string(input_size_) + ", " + std::to_string(hidden_size_);
  if (settings_.proj_size != 0) text += ", proj_size=" + std::to_string(settings_.proj_size);
  if (settings_.num_layers != 1) text += ", num_layers=" + std::to_string(settings_.num_layers);
  if (!settings_.bias) text += ", bias=False";
  if (settings_.batch_first) text += ", batch_first=True";
  if (settings_.dropout != 0) text += ", dropout=" + python(settings_.dropout);
  if (settings_.bidirectional) text += ", bidirectional=True";
  return text;
}

void RecurrentLayers::check_input(const Tensor& x) const {
  if (!x.defined()) throw argument_error("the input is undefined");
  if (x.rank() == 0 || x.shape(-1) != input_size_)
    throw argument_error("expected " + std::to_string(input_size_) + " features on the last axis, got input of shape " +
                         to_string(x.shape()));
  if (x.dtype() != weights[0].dtype())
    throw argument_error(std::string("input is ") + name_of(x.dtype()) + ", weight is " + name_of(weights[0].dtype()) +
                         ": write 1.0f, x.to(float32) or model.to(float64)");
  // The kernels read as much of each weight as these sizes ask for.
  auto weight = weights.begin();
  each_weight(kind_of(mode_), input_size_, hidden_size_, settings_,
              [&](const char* name, std::int64_t layer, std::int64_t direction, const Shape& shape) {
                const Tensor& given = *weight++;
                if (given.shape() == shape && given.dtype() == x.dtype()) return;
                detail::refuse_weight(full_name(name, layer, direction), given, shape, x.dtype());
              });
}

Tensor RecurrentLayers::initial(const char* name, const Tensor& given, const Tensor& x, std::int64_t batch,
                                std::int64_t size) const {
  if (!given.defined()) return {};
  const std::int64_t layers = settings_.num_layers * directions();
  const Shape expected = batch < 0 ? Shape{layers, size} : Shape{layers, batch, size};
  if (given.shape() != expected)
    throw argument_error(std::string("expected ") + name + " of shape " + to_string(expected) + " for input " +
                         to_string(x.shape()) + ", got " + to_string(given.shape()));
  if (given.dtype() != x.dtype())
    throw argument_error(std::string("input is ") + name_of(x.dtype()) + ", " + name + " is " + name_of(given.dtype()) +
                         ": they must have the same dtype");
  return batch < 0 ? unsqueeze(given, 1) : given;
}

RecurrentLayers::Result RecurrentLayers::run(const Tensor& x, const Tensor& h0, const Tensor& c0, bool training,
                                             Source at) const {
  check_input(x);
  if (x.rank() != 2 && x.rank() != 3)
    throw argument_error("the input has shape " + to_string(x.shape()) + ": it must have axes " +
                         (settings_.batch_first ? "(B, T, I)" : "(T, B, I)") + ", or (T, I) for one sequence");
  const bool single = x.rank() == 2, turned = !single && settings_.batch_first;
  const std::int64_t steps = x.shape()[turned ? 1 : 0], batch = single ? 1 : x.shape()[turned ? 0 : 1];
  if (steps == 0) throw argument_error("the input has shape " + to_string(x.shape()) + ": it must have a step");
  const std::int64_t given = single ? -1 : batch;
  const Tensor h = initial("h0", h0, x, given, output_size()), c = initial("c0", c0, x, given, hidden_size_);
  const Tensor rows = reshape(turned ? swapaxes(x, 0, 1, at) : x, {steps * batch, input_size_}, at);
  Result r = run_rows(rows, full({steps}, batch, int64), h, c, training, at);
  const std::int64_t width = output_size() * directions();
  if (single) {
    r.h = squeeze(r.h, 1, at);
    if (r.c.defined()) r.c = squeeze(r.c, 1, at);
    return r;
  }
  r.y = reshape(r.y, {steps, batch, width}, at);
  if (turned) r.y = swapaxes(r.y, 0, 1, at);
  return r;
}

std::pair<PackedSequence, LSTMState> RecurrentLayers::run(const PackedSequence& given, const Tensor& h0,
                                                          const Tensor& c0, bool training, Source at) const {
  check_input(given.data);
  if (given.data.rank() != 2)
    throw argument_error("the packed sequences hold data of shape " + to_string(given.data.shape()) +
                         ": it must be (rows, " + std::to_string(input_size_) + ")");
  const PackedSequence x = checked_sequences("", given);
  const Tensor& sizes = x.batch_sizes;
  const std::int64_t batch = Raw::data<std::int64_t>(sizes)[0];
  const auto ordered = [&](const Tensor& states, const Tensor& order) {
    return states.defined() && order.defined() ? index_select(states, 1, order, at) : states;
  };
  const Tensor h = ordered(initial("h0", h0, x.data, batch, output_size()), x.sorted_indices);
  const Tensor c = ordered(initial("c0", c0, x.data, batch, hidden_size_), x.sorted_indices);
  Result r = run_rows(x.data, sizes, h, c, training, at);
  return {x.with(std::move(r.y)), {ordered(r.h, x.unsorted_indices), ordered(r.c, x.unsorted_indices)}};
}

RecurrentLayers::Result RecurrentLayers::run_rows(Tensor rows, const Tensor& sizes, const Tensor& h0, const Tensor& c0,
                                                  bool training, Source at) const {
  std::vector<Tensor> h, c;
  auto weight = weights.begin();
  for (std::int64_t layer = 0; layer < settings_.num_layers; ++layer) {
    std::vector<Tensor> outputs;
    for (std::int64_t d = 0; d < directions(); ++d, weight += weights_of_layer()) {
      const std::int64_t k = layer * directions() + d;
      const bool reversed = d == 1;
      const auto own = [&](const Tensor& all) { return all.defined() ? select(all, 0, k, at) : Tensor(); };
      xgrad::detail::RecurrentLayer one{rows, own(h0), own(c0), weight[0], weight[1], {}, {}, {}, sizes, reversed};
      if (settings_.bias) {
        one.b_ih = weight[2];
        one.b_hh = weight[3];
      }
      if (settings_.proj_size > 0) one.w_hr = weight[weights_of_layer() - 1];
      const auto [states, cells] = xgrad::detail::recurrence(kind_of(mode_), std::move(one), at);
      outputs.push_back(states);
      h.push_back(last_states(states, sizes, reversed, at));
      if (cells.defined()) c.push_back(cells);
    }
    rows = outputs.size() == 1 ? outputs[0] : concat(outputs, 1, at);
    if (settings_.dropout > 0 && layer + 1 < settings_.num_layers)
      rows = dropout(rows, settings_.dropout, training, *generator ? &**generator : nullptr, at);
  }
  return {rows, joined(h, at), c.empty() ? Tensor() : joined(c, at)};
}

}  // namespace detail

namespace {

const char* mode_of(init::Nonlinearity nonlinearity) {
  if (nonlinearity != init::Nonlinearity::tanh && nonlinearity != init::Nonlinearity::relu)
    throw argument_error("RNN: the nonlinearity must be tanh or relu");
  return nonlinearity == init::Nonlinearity::tanh ? "RNN_TANH" : "RNN_RELU";
}

void check_both(const LSTMState& state) {
  if (state.first.defined() != state.second.defined())
    throw argument_error("one of h0 and c0 is undefined: pass both or none");
}

}  // namespace

RNN::RNN(Dim input_size, Dim hidden_size, const Options& options)
    : layers_(mode_of(options.nonlinearity()), input_size, hidden_size, options.settings()) {
  for (const auto& [name, weight] : layers_.named()) add(name, *weight);
  describe(layers_.text());
  register_generator(*this, layers_.generator);
}

std::pair<Tensor, Tensor> RNN::forward(const Tensor& x, const Tensor& h0) {
  auto r = layers_.run(x, h0, {}, is_training(), call_site());
  return {std::move(r.y), std::move(r.h)};
}

std::pair<PackedSequence, Tensor> RNN::forward(const PackedSequence& x, const Tensor& h0) {
  auto r = layers_.run(x, h0, {}, is_training(), call_site());
  return {std::move(r.first), std::move(r.second.first)};
}

GRU::GRU(Dim input_size, Dim hidden_size, const Options& options)
    : layers_("GRU", input_size, hidden_size, options.settings()) {
  for (const auto& [name, weight] : layers_.named()) add(name, *weight);
  describe(layers_.text());
  register_generator(*this, layers_.generator);
}

std::pair<Tensor, Tensor> GRU::forward(const Tensor& x, const Tensor& h0) {
  auto r = layers_.run(x, h0, {}, is_training(), call_site());
  return {std::move(r.y), std::move(r.h)};
}

std::pair<PackedSequence, Tensor> GRU::forward(const PackedSequence& x, const Tensor& h0) {
  auto r = layers_.run(x, h0, {}, is_training(), call_site());
  return {std::move(r.first), std::move(r.second.first)};
}

LSTM::LSTM(Dim input_size, Dim hidden_size, const Options& options)
    : layers_("LSTM", input_size, hidden_size, options.settings()) {
  for (const auto& [name, weight] : layers_.named()) add(name, *weight);
  describe(layers_.text());
  register_generator(*this, layers_.generator);
}

std::pair<Tensor, LSTMState> LSTM::operator()(const Tensor& x, const LSTMState& state, Source at) const {
  return ModuleOf::operator()(x, state, at);
}

std::pair<PackedSequence, LSTMState> LSTM::operator()(const PackedSequence& x, const LSTMState& state,
                                                      Source at) const {
  return ModuleOf::operator()(x, state, at);
}

std::pair<Tensor, LSTMState> LSTM::forward(const Tensor& x, const LSTMState& state) {
  check_both(state);
  auto r = layers_.run(x, state.first, state.second, is_training(), call_site());
  return {std::move(r.y), LSTMState{std::move(r.h), std::move(r.c)}};
}

std::pair<PackedSequence, LSTMState> LSTM::forward(const PackedSequence& x, const LSTMState& state) {
  check_both(state);
  return layers_.run(x, state.first, state.second, is_training(), call_site());
}

}  // namespace xgrad::nn
