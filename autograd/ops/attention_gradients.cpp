#include <xgrad/autograd/ops/attention_gradients.hpp>

#include <limits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/attention/attention_backward.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/attention_layout.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/diagonal.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/softmax.hpp>

namespace xgrad::attention_op {
namespace {

// The gradients of q, k, v and the mask, for operands (..., L, E), see attention_backward.cpp.
std::array<Tensor, 4> formula(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const Tensor& g,
                              const Attention& by) {
  Tensor s = matmul(q, swapaxes(k, -1, -2)) * by.scale, allowed;
  if (by.causal) allowed = tril(ones({by.queries, by.keys}, boolean));
  if (mask.defined() && mask.dtype() == boolean) {
    allowed = mask;
    s = broadcast_to(s, broadcast_shapes("scaled_dot_product_attention", s.shape(), mask.shape()));
  } else if (mask.defined()) {
    s = s + mask;
    allowed = Raw::constant(s) != -std::numeric_limits<double>::infinity();
  }
  const Tensor weights = allowed.defined() ? masked_softmax(s, broadcast_to(allowed, s.shape()), -1) : softmax(s, -1);
  Tensor up = matmul(g, swapaxes(v, -1, -2)), dropped = weights;
  if (by.dropout > 0) {
    const Tensor factors = Raw::uninitialized(weights_shape(by), q.dtype());
    detail::visit_floating(q.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      kernels::attention_dropout(by, Raw::write<T>(factors));
    });
    up = up * factors;
    dropped = weights * factors;
  }
  const Tensor slope = weights * (up - sum(up * weights, -1, keepdims));
  return {matmul(slope, k) * by.scale, matmul(swapaxes(slope, -1, -2), q) * by.scale,
          matmul(swapaxes(dropped, -1, -2), g), slope};
}

// (N, L, H E) or (L, N, H E) as (N, H, L, E), and back.
Tensor split_heads(const Tensor& x, const Attention& by, bool batch_first) {
  if (batch_first) return swapaxes(reshape(x, {by.extent[0], by.queries, by.extent[1], by.features}), 1, 2);
  return transpose(reshape(x, {by.queries, by.extent[0], by.extent[1], by.features}), {1, 2, 0, 3});
}
Tensor join_heads(const Tensor& x, const Attention& by, bool batch_first) {
  const std::int64_t width = by.extent[1] * by.features;
  if (batch_first) return reshape(swapaxes(x, 1, 2), {by.extent[0], by.queries, width});
  return reshape(transpose(x, {2, 0, 1, 3}), {by.queries, by.extent[0], width});
}

// The gradient of an operand where nothing was computed.
Tensor nothing_of(const Tensor& x, const Tensor& g) { return broadcast_to(sum(g), x.shape()); }

}  // namespace

std::array<Tensor, 5> pull_separate(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& given,
                                    const Tensor& stats, const Tensor& y, const Tensor& g, Needs needs,
                                    const Settings& how) {
  const Tensor mask = how.masked ? given : Tensor();
  std::array<Tensor, 5> out;
  if (g.size() == 0) {
    const Tensor* x[] = {&q, &k, &v, &given};
    for (std::size_t i = 0; i < 4; ++i)
      if (needs[i]) out[i] = nothing_of(*x[i], g);
    return out;
  }
  const Attention by = separate_sizes(how, q.shape(), k.shape(), v.shape());
  if (grad_enabled()) {
    std::array<Tensor, 4> all = formula(q, k, v, mask, g, by);
    for (std::size_t i = 0; i < 4; ++i)
      if (needs[i]) out[i] = std::move(all[i]);
    return out;
  }
  const Shape batch(by.extent, by.rank);
  const auto room = [&](std::size_t i, std::int64_t rows, std::int64_t columns) {
    if (!needs[i]) return;
    out[i] = Raw::uninitialized(batch.inserted(by.rank, rows).inserted(by.rank + 1, columns), q.dtype());
  };
  room(0, by.queries, by.features);
  room(1, by.keys, by.features);
  room(2, by.keys, by.values);
  room(3, by.queries, by.keys);
  detail::visit_floating(q.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const auto place = [&](const Tensor& x) {
      return x.defined() ? placed(Raw::write<T>(x), x.shape(), by) : Matrices<T>{};
    };
    const T* shift = Raw::data<T>(stats);
    kernels::attention_backward(
        by, separate_operands<T>(q, k, v, mask, by), placed(Raw::data<T>(y), y.shape(), by),
        placed(Raw::data<T>(g), g.shape(), by), shift, shift + by.items() * by.queries,
        {place(out[0]), place(out[1]), place(out[2]), out[3].defined() ? Raw::write<T>(out[3]) : nullptr});
  });
  return out;
}

std::array<Tensor, 3> pull_packed(const Tensor& qkv, const Tensor& given, const Tensor& stats, const Tensor& y,
                                  const Tensor& g, Needs needs, const Settings& how) {
  const Tensor mask = how.masked ? given : Tensor();
  std::array<Tensor, 3> out;
  if (g.size() == 0) {
    if (needs[0]) out[0] = nothing_of(qkv, g);
    if (needs[1]) out[1] = nothing_of(given, g);
    return out;
  }
  const Attention by = packed_sizes(how, qkv.shape());
  const bool batch_first = how.batch_first;
  if (grad_enabled()) {
    const std::vector<Tensor> parts = chunk(qkv, 3, -1);
    std::array<Tensor, 4> all =
        formula(split_heads(parts[0], by, batch_first), split_heads(parts[1], by, batch_first),
                split_heads(parts[2], by, batch_first), mask, split_heads(g, by, batch_first), by);
    if (needs[0])
      out[0] = concat({join_heads(all[0], by, batch_first), join_heads(all[1], by, batch_first),
                       join_heads(all[2], by, batch_first)},
                      -1);
    if (needs[1]) out[1] = std::move(all[3]);
    return out;
  }
  if (needs[0]) out[0] = Raw::uninitialized(qkv.shape(), qkv.dtype());
  if (needs[1]) out[1] = Raw::uninitialized(weights_shape(by), qkv.dtype());
  detail::visit_floating(qkv.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::AttentionGradients<T> to;
    if (needs[0]) {
      T* at = Raw::write<T>(out[0]);
      to.q = placed_heads(at, by, batch_first, 0, 3);
      to.k = placed_heads(at, by, batch_first, 1, 3);
      to.v = placed_heads(at, by, batch_first, 2, 3);
    }
    if (needs[1]) to.mask = Raw::write<T>(out[1]);
    const T* shift = Raw::data<T>(stats);
    kernels::attention_backward(
        by, packed_operands<T>(qkv, mask, by, batch_first), placed_heads(Raw::data<T>(y), by, batch_first, 0, 1),
        placed_heads(Raw::data<T>(g), by, batch_first, 0, 1), shift, shift + by.items() * by.queries, to);
  });
  return out;
}

}  // namespace xgrad::attention_op
