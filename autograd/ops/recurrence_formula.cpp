#include <xgrad/autograd/ops/recurrence_formula.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::detail {
namespace {

// One step of all sequences that have it: the states before, the new ones, and what the derivative reads.
struct Step {
  Tensor h_before, c_before, h, c;
  Tensor gate[4];
};

Tensor part(const Tensor& gates, std::int64_t i, std::int64_t hidden) { return narrow(gates, 1, i * hidden, hidden); }

// From a = x Wᵀ + b and u = h' Uᵀ + b'.
void advance(RecurrentKind kind, Step& s, const Tensor& a, const Tensor& u) {
  const std::int64_t n = a.shape()[1] / gates_of(kind);
  if (kind == RecurrentKind::lstm) {
    const Tensor all = a + u;
    s.gate[0] = sigmoid(part(all, 0, n));
    s.gate[1] = sigmoid(part(all, 1, n));
    s.gate[2] = tanh(part(all, 2, n));
    s.gate[3] = sigmoid(part(all, 3, n));
    s.c = s.gate[1] * s.c_before + s.gate[0] * s.gate[2];
    s.h = s.gate[3] * tanh(s.c);
  } else if (kind == RecurrentKind::gru) {
    s.gate[0] = sigmoid(part(a, 0, n) + part(u, 0, n));
    s.gate[1] = sigmoid(part(a, 1, n) + part(u, 1, n));
    s.gate[3] = part(u, 2, n);
    s.gate[2] = tanh(part(a, 2, n) + s.gate[0] * s.gate[3]);
    s.h = (s.h_before - s.gate[2]) * s.gate[1] + s.gate[2];
  } else {
    s.h = kind == RecurrentKind::rnn_tanh ? tanh(a + u) : relu(a + u);
  }
}

// What one step sends back: to a, to u, and to the states before by other ways than u.
struct Sent {
  Tensor a, u, h, c;
};

Sent pull(RecurrentKind kind, const Step& s, const Tensor& dh, const Tensor& dc) {
  const auto of_sigmoid = [](const Tensor& y) { return y * (1 - y); };
  const auto of_tanh = [](const Tensor& y) { return 1 - y * y; };
  const Tensor &i = s.gate[0], &f = s.gate[1], &g = s.gate[2], &o = s.gate[3];
  if (kind == RecurrentKind::lstm) {
    const Tensor t = tanh(s.c);
    const Tensor of_cell = dc + dh * o * of_tanh(t);
    const Tensor a = concat({of_cell * g * of_sigmoid(i), of_cell * s.c_before * of_sigmoid(f),
                             of_cell * i * of_tanh(g), dh * t * of_sigmoid(o)},
                            1);
    return {a, a, {}, of_cell * f};
  }
  if (kind == RecurrentKind::gru) {
    const Tensor &r = s.gate[0], &z = s.gate[1], &candidate = s.gate[2], &inner = s.gate[3];
    const Tensor of_candidate = dh * (1 - z) * of_tanh(candidate);
    const Tensor of_z = dh * (s.h_before - candidate) * of_sigmoid(z);
    const Tensor of_r = of_candidate * inner * of_sigmoid(r);
    return {concat({of_r, of_z, of_candidate}, 1), concat({of_r, of_z, of_candidate * r}, 1), dh * z, {}};
  }
  const Tensor a = kind == RecurrentKind::rnn_tanh ? dh * of_tanh(s.h) : where(s.h <= 0, 0, dh);
  return {a, a, {}, {}};
}

// The steps of a layer, and in which order the recurrence takes them.
class Steps {
 public:
  Steps(RecurrentKind kind, const RecurrentLayer& layer)
      : kind_(kind), layer_(layer), steps_(count()), begin_(count()) {
    for (std::size_t t = 1; t < count(); ++t) begin_[t] = begin_[t - 1] + size(t - 1);
  }

  std::size_t count() const { return static_cast<std::size_t>(layer_.sizes.size()); }
  std::int64_t size(std::size_t t) const { return Raw::data<std::int64_t>(layer_.sizes)[t]; }
  std::size_t at(std::size_t i) const { return layer_.reversed ? count() - 1 - i : i; }
  Step& operator[](std::size_t t) { return steps_[t]; }
  Tensor rows(const Tensor& all, std::size_t t) const { return narrow(all, 0, begin_[t], size(t)); }

  void run() {
    const Tensor a = linear(layer_.x, layer_.w_ih, layer_.b_ih);
    const std::int64_t states = layer_.w_hh.shape()[1], cells = layer_.w_hh.shape()[0] / gates_of(kind_);
    const auto given = [&](const Tensor& x, std::int64_t n) {
      return x.defined() ? x : zeros({size(0), n}, layer_.x.dtype());
    };
    const bool lstm = kind_ == RecurrentKind::lstm;
    const Tensor h0 = given(layer_.h0, states), c0 = lstm ? given(layer_.c0, cells) : Tensor();
    for (std::size_t i = 0; i < count(); ++i) {
      const std::size_t t = at(i);
      Step& s = steps_[t];
      s.h_before = before(i, h0, &Step::h);
      if (lstm) s.c_before = before(i, c0, &Step::c);
      advance(kind_, s, rows(a, t), linear(s.h_before, layer_.w_hh, layer_.b_hh));
      if (layer_.w_hr.defined()) s.h = linear(s.h, layer_.w_hr);
    }
  }

  Tensor joined(Tensor Step::*what) const {
    std::vector<Tensor> all;
    for (const Step& s : steps_) all.push_back(s.*what);
    return concat(all);
  }

  /// The last cells in the order of the sequences.
  Tensor last_cells() const {
    if (layer_.reversed) return steps_[0].c;
    std::vector<Tensor> all;
    for (std::size_t t = count(); t-- > 0;) {
      const std::int64_t going = t + 1 < count() ? size(t + 1) : 0;
      if (going < size(t)) all.push_back(narrow(steps_[t].c, 0, going, size(t) - going));
    }
    return all.empty() ? steps_[0].c : concat(all);
  }

 private:
  Tensor before(std::size_t i, const Tensor& first, Tensor Step::*what) const {
    const std::size_t t = at(i);
    if (i == 0) return narrow(first, 0, 0, size(t));
    const Tensor& last = steps_[at(i - 1)].*what;
    const std::int64_t going = size(at(i - 1));
    if (going >= size(t)) return narrow(last, 0, 0, size(t));
    return concat({last, narrow(first, 0, going, size(t) - going)});
  }

  RecurrentKind kind_;
  const RecurrentLayer& layer_;
  std::vector<Step> steps_;
  std::vector<std::int64_t> begin_;
};

// The gradient of the state, carried from step to step backwards.
class Carry {
 public:
  explicit Carry(Tensor first) : now_(std::move(first)) {}

  /// The gradient of the states of a step of n rows; rows without a later step take theirs from `filler`.
  Tensor reach(std::int64_t n, const Tensor& filler) {
    const std::int64_t have = now_.shape()[0];
    if (have > n) {
      left_.push_back(narrow(now_, 0, n, have - n));
      now_ = narrow(now_, 0, 0, n);
    } else if (have < n) {
      now_ = concat({now_, narrow(filler, 0, have, n - have)});
    }
    return now_;
  }
  void send(Tensor to_before) { now_ = std::move(to_before); }
  /// The gradient of the initial states.
  Tensor end() {
    std::vector<Tensor> all{now_};
    all.insert(all.end(), left_.rbegin(), left_.rend());
    return concat(all);
  }

 private:
  Tensor now_;
  std::vector<Tensor> left_;
};

}  // namespace

RecurrentStates recorded_recurrence(RecurrentKind kind, const RecurrentLayer& layer, Source) {
  Steps steps(kind, layer);
  steps.run();
  return {steps.joined(&Step::h), kind == RecurrentKind::lstm ? steps.last_cells() : Tensor()};
}

RecurrentGradients recorded_gradients(RecurrentKind kind, const RecurrentLayer& layer, const Tensor& g_h,
                                      const Tensor& g_c) {
  Steps steps(kind, layer);
  steps.run();
  const bool lstm = kind == RecurrentKind::lstm;
  const std::size_t count = steps.count();
  const Tensor nothing = zeros({steps.size(0), layer.w_hh.shape()[1]}, layer.x.dtype());
  const std::int64_t first = steps.size(steps.at(count - 1));
  Carry h(narrow(nothing, 0, 0, first)), c(narrow(lstm ? g_c : nothing, 0, 0, first));
  std::vector<Tensor> of_a(count), of_u(count);
  for (std::size_t i = count; i-- > 0;) {
    const std::size_t t = steps.at(i);
    const Tensor dh = h.reach(steps.size(t), nothing) + steps.rows(g_h, t);
    const Sent sent = pull(kind, steps[t], dh, lstm ? c.reach(steps.size(t), g_c) : Tensor());
    of_a[t] = sent.a;
    of_u[t] = sent.u;
    const Tensor by_u = matmul(sent.u, layer.w_hh);
    h.send(sent.h.defined() ? sent.h + by_u : by_u);
    if (lstm) c.send(sent.c);
  }
  const Tensor a = concat(of_a), u = concat(of_u);
  RecurrentGradients out;
  out.x = matmul(a, layer.w_ih);
  out.w_ih = matmul(transpose(a), layer.x);
  out.w_hh = matmul(transpose(u), steps.joined(&Step::h_before));
  out.b_ih = sum(a, 0);
  out.b_hh = sum(u, 0);
  out.h0 = h.end();
  if (lstm) out.c0 = c.end();
  return out;
}

}  // namespace xgrad::detail
