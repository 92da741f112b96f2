#include <xgrad/nn/recurrent_cells.hpp>

#include <cmath>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/recurrence.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/nn/weight_checks.hpp>

namespace xgrad::nn {

using xgrad::detail::argument_error;
using xgrad::detail::RecurrentKind;

namespace {

// The kernels read as much of each weight as the widths of the first two ask for.
void check_weights(const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh, std::int64_t gates) {
  const auto width = [](const Tensor& w) { return w.rank() > 0 ? w.shape().back() : 0; };
  const DType dtype = w_ih.dtype();
  const std::int64_t hidden = width(w_hh), rows = Shape{gates, hidden}.count();
  detail::require_weight("weight_hh", w_hh, {rows, hidden}, dtype);
  detail::require_weight("weight_ih", w_ih, {rows, width(w_ih)}, dtype);
  if (!b_ih.defined()) return;
  detail::require_weight("bias_ih", b_ih, {rows}, dtype);
  detail::require_weight("bias_hh", b_hh, {rows}, dtype);
}

}  // namespace

RecurrentCell::RecurrentCell(const char* name, std::int64_t gates, std::int64_t input_size, std::int64_t hidden_size,
                             Bias bias) {
  const xgrad::detail::Calling calling(name);
  if (input_size < 0 || hidden_size < 0)
    throw argument_error(std::string(name) + ": a cell cannot lead from " + std::to_string(input_size) + " to " +
                         std::to_string(hidden_size) + " features: neither may be negative");
  const double bound = hidden_size > 0 ? 1 / std::sqrt(static_cast<double>(hidden_size)) : 0;
  const auto drawn = [&](const Shape& shape) {
    return Parameter(init::uniform_(Raw::uninitialized(shape, float32), -bound, bound));
  };
  const std::int64_t rows = Shape{gates, hidden_size}.count();
  weight_ih = drawn({rows, input_size});
  weight_hh = drawn({rows, hidden_size});
  if (!bias.on()) return;
  bias_ih = drawn({rows});
  bias_hh = drawn({rows});
}

std::string RecurrentCell::text() const {
  return std::to_string(weight_ih.shape(1)) + ", " + std::to_string(weight_hh.shape(1)) +
         (bias_ih.defined() ? "" : ", bias=False");
}

std::vector<std::pair<const char*, Parameter*>> RecurrentCell::named() {
  std::vector<std::pair<const char*, Parameter*>> all = {{"weight_ih", &weight_ih}, {"weight_hh", &weight_hh}};
  if (bias_ih.defined()) all.insert(all.end(), {{"bias_ih", &bias_ih}, {"bias_hh", &bias_hh}});
  return all;
}

LSTMState RecurrentCell::step(RecurrentKind kind, const Tensor& x, const Tensor& h, const Tensor& c, Source at) const {
  check_weights(weight_ih, weight_hh, bias_ih, bias_hh, xgrad::detail::gates_of(kind));
  const std::int64_t in = weight_ih.shape(1), hidden = weight_hh.shape(1);
  if (!x.defined()) throw argument_error("the input is undefined");
  if ((x.rank() != 1 && x.rank() != 2) || x.shape(-1) != in)
    throw argument_error("expected input of shape (B, " + std::to_string(in) + ") or (" + std::to_string(in) +
                         "), got " + to_string(x.shape()));
  const Shape state = x.shape().with(x.rank() - 1, hidden);
  for (const Tensor& given : {h, c})
    if (given.defined() && given.shape() != state)
      throw argument_error("expected a state of shape " + to_string(state) + " for input " + to_string(x.shape()) +
                           ", got " + to_string(given.shape()));
  for (const Tensor& each : {x, h, c})
    if (each.defined() && each.dtype() != weight_ih.dtype())
      throw argument_error(std::string("an input is ") + name_of(each.dtype()) + ", weight is " +
                           name_of(weight_ih.dtype()) + ": write 1.0f, x.to(float32) or model.to(float64)");
  const bool single = x.rank() == 1;
  const auto row = [&](const Tensor& t) { return single && t.defined() ? unsqueeze(t, 0, at) : t; };
  const Tensor rows = row(x);
  const auto [y, cell] = xgrad::detail::recurrence(
      kind,
      {rows, row(h), row(c), weight_ih, weight_hh, bias_ih, bias_hh, {}, full({1}, rows.shape()[0], int64), false}, at);
  const auto back = [&](const Tensor& t) { return single && t.defined() ? squeeze(t, 0, at) : t; };
  return {back(y), back(cell)};
}

RNNCell::RNNCell(Dim input_size, Dim hidden_size, Bias bias, init::Nonlinearity nonlinearity)
    : RecurrentCell("RNNCell", 1, input_size, hidden_size, bias), relu_(nonlinearity == init::Nonlinearity::relu) {
  if (!relu_ && nonlinearity != init::Nonlinearity::tanh)
    throw argument_error("RNNCell: the nonlinearity must be tanh or relu");
  for (const auto& [name, weight] : named()) add(name, *weight);
  describe(text() + (relu_ ? ", nonlinearity=relu" : ""));
}

Tensor RNNCell::forward(const Tensor& x, const Tensor& h) {
  return step(relu_ ? RecurrentKind::rnn_relu : RecurrentKind::rnn_tanh, x, h, {}, call_site()).first;
}

LSTMCell::LSTMCell(Dim input_size, Dim hidden_size, Bias bias)
    : RecurrentCell("LSTMCell", 4, input_size, hidden_size, bias) {
  for (const auto& [name, weight] : named()) add(name, *weight);
  describe(text());
}

LSTMState LSTMCell::operator()(const Tensor& x, const LSTMState& state, Source at) const {
  return ModuleOf::operator()(x, state, at);
}

LSTMState LSTMCell::forward(const Tensor& x, const LSTMState& state) {
  if (state.first.defined() != state.second.defined())
    throw argument_error("one of h and c is undefined: pass both or none");
  return step(RecurrentKind::lstm, x, state.first, state.second, call_site());
}

GRUCell::GRUCell(Dim input_size, Dim hidden_size, Bias bias)
    : RecurrentCell("GRUCell", 3, input_size, hidden_size, bias) {
  for (const auto& [name, weight] : named()) add(name, *weight);
  describe(text());
}

Tensor GRUCell::forward(const Tensor& x, const Tensor& h) {
  return step(RecurrentKind::gru, x, h, {}, call_site()).first;
}

}  // namespace xgrad::nn
