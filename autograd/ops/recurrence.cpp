#include <xgrad/autograd/ops/recurrence.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/matrix/gemm.hpp>
#include <xgrad/autograd/kernels/recurrence/gru.hpp>
#include <xgrad/autograd/kernels/recurrence/lstm.hpp>
#include <xgrad/autograd/kernels/recurrence/rnn.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/recurrence_formula.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::detail {
namespace {

kernels::Sequences sequences_of(const RecurrentLayer& layer) {
  return {layer.sizes.size(), Raw::data<std::int64_t>(layer.sizes), layer.reversed};
}

// What a layer computes: the states, followed by the last cells of an LSTM; and what its gradient reads beside: the
// gates, and the cells, or the inner part of a GRU.
struct Computed {
  Tensor y, gates, inner;
};

// b + b', where both enter by one sum.
template <class T>
Tensor joined_bias(const RecurrentLayer& layer) {
  if (!layer.b_ih.defined()) return {};
  Tensor sum = Raw::uninitialized(layer.b_ih.shape(), layer.b_ih.dtype());
  const T *a = Raw::data<T>(layer.b_ih), *b = Raw::data<T>(layer.b_hh);
  std::transform(a, a + sum.size(), b, Raw::write<T>(sum), [](T x, T y) { return x + y; });
  return sum;
}

template <class T>
Computed computed(RecurrentKind kind, const RecurrentLayer& layer) {
  const kernels::Sequences s = sequences_of(layer);
  const std::int64_t n = layer.w_hh.shape()[1], rows = s.rows(), width = gates_of(kind) * n;
  const DType dtype = layer.x.dtype();
  const auto room = [&](std::int64_t count, std::int64_t size) { return Raw::uninitialized({count, size}, dtype); };
  const bool lstm = kind == RecurrentKind::lstm, gru = kind == RecurrentKind::gru;
  Computed out;
  out.y = room(lstm ? rows + s.batch() : rows, n);
  if (lstm || gru) {
    out.gates = room(rows, width);
    out.inner = room(rows, n);
  }
  const Tensor bias = gru ? layer.b_ih : joined_bias<T>(layer);
  T *h = Raw::write<T>(out.y), *gates = lstm || gru ? Raw::write<T>(out.gates) : h;
  kernels::gemm<T>(false, true, rows, width, layer.x.shape()[1], Raw::data<T>(layer.x), Raw::data<T>(layer.w_ih), gates,
                   {Raw::data_or_null<T>(bias), 0});
  const T *u = Raw::data<T>(layer.w_hh), *h0 = Raw::data_or_null<T>(layer.h0);
  if (lstm)
    kernels::lstm_forward(s, n, u, h0, Raw::data_or_null<T>(layer.c0), gates, h, Raw::write<T>(out.inner));
  else if (gru)
    kernels::gru_forward(s, n, u, Raw::data_or_null<T>(layer.b_hh), h0, gates, Raw::write<T>(out.inner), h);
  else
    kernels::rnn_forward(s, n, kind == RecurrentKind::rnn_relu, u, h0, h);
  return out;
}

// Σ of the outer products of gradients and the states before: one product where these lie side by side.
template <class T>
Tensor recurrent_weight(const kernels::Sequences& s, const RecurrentLayer& layer, const Tensor& d, const Tensor& y) {
  const std::int64_t n = layer.w_hh.shape()[1], rows = s.rows(), batch = s.batch();
  const auto outer = [](const Tensor& g, const Tensor& x, const Tensor& sum) {
    return product("matmul", g, x, true, false, Source(), sum);
  };
  if (!s.uniform()) {
    const Tensor before = Raw::uninitialized({rows, n}, y.dtype());
    kernels::states_before(s, n, Raw::data<T>(y), Raw::data_or_null<T>(layer.h0), Raw::write<T>(before));
    return outer(d, before, {});
  }
  const std::int64_t inner = rows - batch, first = s.reversed() ? inner : 0, others = s.reversed() ? 0 : batch;
  const Tensor sum = outer(narrow(d, 0, others, inner), narrow(y, 0, batch - others, inner), {});
  return layer.h0.defined() ? outer(narrow(d, 0, first, batch), layer.h0, sum) : sum;
}

constexpr std::size_t inputs = 10;
using Gradients = std::array<Tensor, inputs>;

template <class T>
Gradients pull_kernel(RecurrentKind kind, const RecurrentLayer& layer, const Computed& made, const Tensor& g,
                      Needs needs) {
  const kernels::Sequences s = sequences_of(layer);
  const std::int64_t n = layer.w_hh.shape()[1];
  const bool gru = kind == RecurrentKind::gru;
  const auto room = [&](std::int64_t rows, std::int64_t size) { return Raw::uninitialized({rows, size}, g.dtype()); };
  const Tensor a = room(s.rows(), gates_of(kind) * n), u = gru ? room(s.rows(), 3 * n) : a;
  Gradients out;
  out[1] = room(s.batch(), n);
  const T *w = Raw::data<T>(layer.w_hh), *h0 = Raw::data_or_null<T>(layer.h0), *up = Raw::data<T>(g);
  T *of_a = Raw::write<T>(a), *dh0 = Raw::write<T>(out[1]);
  if (kind == RecurrentKind::lstm) {
    out[2] = room(s.batch(), n);
    kernels::lstm_backward(s, n, w, Raw::data_or_null<T>(layer.c0), Raw::data<T>(made.gates), Raw::data<T>(made.inner),
                           up, of_a, dh0, Raw::write<T>(out[2]));
  } else if (gru) {
    kernels::gru_backward(s, n, w, h0, Raw::data<T>(made.gates), Raw::data<T>(made.inner), Raw::data<T>(made.y), up,
                          of_a, Raw::write<T>(u), dh0);
  } else {
    kernels::rnn_backward(s, n, kind == RecurrentKind::rnn_relu, w, Raw::data<T>(made.y), up, of_a, dh0);
  }
  if (needs[0]) {
    const std::int64_t in = layer.x.shape()[1], width = gates_of(kind) * n;
    out[0] = room(s.rows(), in);
    kernels::gemm<T>(false, false, s.rows(), in, width, of_a, Raw::data<T>(layer.w_ih), Raw::write<T>(out[0]), {});
  }
  if (needs[3]) out[3] = product("matmul", a, layer.x, true, false, Source(), {});
  if (needs[4]) out[4] = recurrent_weight<T>(s, layer, u, made.y);
  if (needs[5] || (needs[6] && !gru)) out[5] = sum(a, 0);
  if (needs[6]) out[6] = gru ? sum(u, 0) : out[5];
  return out;
}

Gradients pull_formula(RecurrentKind kind, const RecurrentLayer& layer, const Tensor& g) {
  const bool lstm = kind == RecurrentKind::lstm;
  const std::int64_t rows = layer.x.shape()[0], batch = g.shape()[0] - rows;
  const RecurrentGradients all =
      recorded_gradients(kind, layer, lstm ? narrow(g, 0, 0, rows) : g, lstm ? narrow(g, 0, rows, batch) : Tensor());
  return {all.x, all.h0, all.c0, all.w_ih, all.w_hh, all.b_ih, all.b_hh, {}, {}, {}};
}

}  // namespace

const char* op_name(RecurrentKind kind) {
  static constexpr const char* names[] = {"lstm", "gru", "rnn_tanh", "rnn_relu"};
  return names[static_cast<std::size_t>(kind)];
}

std::int64_t gates_of(RecurrentKind kind) {
  return kind == RecurrentKind::lstm ? 4 : kind == RecurrentKind::gru ? 3 : 1;
}

RecurrentStates recurrence(RecurrentKind kind, RecurrentLayer layer, Source at) {
  if (layer.w_hr.defined()) return recorded_recurrence(kind, layer, at);
  const Timed timed(op_name(kind), at);
  const std::int64_t rows = layer.x.shape()[0];
  const bool reversed = layer.reversed, starts = layer.h0.defined(), cells = layer.c0.defined(),
             biased = layer.b_ih.defined();
  Computed made =
      visit_floating(layer.x.dtype(), [&](auto type) { return computed<typename decltype(type)::type>(kind, layer); });
  // `sizes`, which needs no gradient, takes the place of what is not there.
  Tensor sizes = std::move(layer.sizes);
  const auto present = [&](Tensor& x) { return x.defined() ? std::move(x) : sizes; };
  const auto rule = [=](Tensor x, Tensor h0, Tensor c0, Tensor w_ih, Tensor w_hh, Tensor b_ih, Tensor b_hh,
                        Tensor steps, Tensor gates, Tensor inner, Tensor y, Tensor g, Needs needs) {
    const RecurrentLayer of{x,
                            starts ? h0 : Tensor(),
                            cells ? c0 : Tensor(),
                            w_ih,
                            w_hh,
                            biased ? b_ih : Tensor(),
                            biased ? b_hh : Tensor(),
                            {},
                            steps,
                            reversed};
    if (grad_enabled()) return pull_formula(kind, of, g);
    return visit_floating(g.dtype(), [&](auto type) {
      return pull_kernel<typename decltype(type)::type>(kind, of, {y, gates, inner}, g, needs);
    });
  };
  constexpr std::uint32_t flags = ((1u << inputs) - 1) | reads_y | rule_joint;
  Tensor y = record(op_name(kind), at, std::move(made.y),
                    {present(layer.x), present(layer.h0), present(layer.c0), present(layer.w_ih), present(layer.w_hh),
                     present(layer.b_ih), present(layer.b_hh), sizes, present(made.gates), present(made.inner)},
                    attributes("reversed", reversed), Rule<flags, decltype(rule)>{rule});
  if (kind != RecurrentKind::lstm) return {std::move(y), {}};
  const std::int64_t batch = y.shape()[0] - rows;
  return {narrow(y, 0, 0, rows, at), narrow(y, 0, rows, batch, at)};
}

}  // namespace xgrad::detail
