#include <xgrad/autograd/ops/attention.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/attention/attention.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/diagonal.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/softmax.hpp>

namespace xgrad {
namespace {

using kernels::Attention;
using kernels::Matrices;

// What a rule captures.
struct Settings {
  double scale = 1, dropout = 0;
  bool causal = false, masked = false;
  std::uint64_t seed = 0, stream = 0;
  std::int64_t heads = 0;  // of packed operands, else 0
  bool batch_first = true;
};

// ---- where the matrices lie

Shape batch_of(const Shape& shape) { return {shape.data(), shape.rank() - 2}; }

Attention sizes_of(const Settings& how, const Shape& batch, std::int64_t queries, std::int64_t keys,
                   std::int64_t features, std::int64_t values) {
  Attention by{queries, keys, features, values, how.scale, how.causal, how.dropout, how.seed, how.stream};
  by.rank = batch.rank();
  std::copy(batch.begin(), batch.end(), by.extent);
  return by;
}

// A tensor (..., rows, columns) whose leading axes broadcast to the batch.
template <class T>
Matrices<T> placed(T* at, const Shape& shape, const Attention& by) {
  Matrices<T> m;
  m.at = at;
  m.row = shape.back();
  std::int64_t step = shape.at(-2) * shape.at(-1);
  const std::size_t lead = shape.rank() - 2;
  for (std::size_t k = 0; k < lead; ++k) {
    const std::int64_t size = shape[lead - 1 - k];
    m.step[by.rank - 1 - k] = size == 1 ? 0 : step;
    step *= size;
  }
  return m;
}

// A mask, which may also lack the two last axes or repeat along them.
template <class T>
kernels::AttentionMask<T> placed_mask(const Tensor& mask, const Attention& by) {
  kernels::AttentionMask<T> m;
  if (!mask.defined()) return m;
  Shape shape = mask.shape();
  while (shape.rank() < 2) shape = shape.inserted(0, 1);
  const auto place = [&](auto* at) {
    auto all = placed(at, shape, by);
    if (shape.at(-2) == 1) all.row = 0;
    return all;
  };
  m.column = shape.back() == 1 ? 0 : 1;
  if (mask.dtype() == boolean)
    m.allowed = place(Raw::data<bool>(mask));
  else
    m.added = place(Raw::data<T>(mask));
  return m;
}

// The heads of one of `parts` operands that share rows: (N, L, parts C), or (L, N, parts C).
template <class T>
Matrices<T> placed_heads(T* at, const Attention& by, bool batch_first, int part, int parts) {
  const std::int64_t width = by.extent[1] * by.features, whole = parts * width;
  Matrices<T> m;
  m.at = at + part * width;
  m.row = batch_first ? whole : by.extent[0] * whole;
  m.step[0] = batch_first ? by.queries * whole : whole;
  m.step[1] = by.features;
  return m;
}

Attention separate_sizes(const Settings& how, const Shape& q, const Shape& k, const Shape& v) {
  const char* op = "scaled_dot_product_attention";
  const Shape batch = broadcast_shapes(op, broadcast_shapes(op, batch_of(q), batch_of(k)), batch_of(v));
  return sizes_of(how, batch, q.at(-2), k.at(-2), q.back(), v.back());
}

Attention packed_sizes(const Settings& how, const Shape& qkv) {
  const std::int64_t n = qkv[how.batch_first ? 0 : 1], length = qkv[how.batch_first ? 1 : 0];
  const std::int64_t features = qkv[2] / 3 / how.heads;
  return sizes_of(how, Shape{n, how.heads}, length, length, features, features);
}

template <class T>
kernels::AttentionOperands<T> separate_operands(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                                                const Attention& by) {
  return {placed(Raw::data<T>(q), q.shape(), by), placed(Raw::data<T>(k), k.shape(), by),
          placed(Raw::data<T>(v), v.shape(), by), placed_mask<T>(mask, by)};
}

template <class T>
kernels::AttentionOperands<T> packed_operands(const Tensor& qkv, const Tensor& mask, const Attention& by,
                                              bool batch_first) {
  const T* at = Raw::data<T>(qkv);
  return {placed_heads(at, by, batch_first, 0, 3), placed_heads(at, by, batch_first, 1, 3),
          placed_heads(at, by, batch_first, 2, 3), placed_mask<T>(mask, by)};
}

Shape weights_shape(const Attention& by) {
  return Shape(by.extent, by.rank).inserted(by.rank, by.queries).inserted(by.rank + 1, by.keys);
}

// ---- backward by recorded ops

// The gradients of q, k, v and the mask, for operands (..., L, E), see attention_backward.cpp.
std::array<Tensor, 4> formula(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const Tensor& g,
                              const Attention& by) {
  Tensor s = matmul(q, swapaxes(k, -1, -2)) * by.scale, allowed;
  if (by.causal) allowed = tril(ones({by.queries, by.keys}, boolean));
  if (mask.defined() && mask.dtype() == boolean) {
    allowed = mask;
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

using Gradients = std::array<Tensor, 5>;  // of q, k, v, mask, statistics

Gradients pull_separate(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& given, const Tensor& stats,
                        const Tensor& y, const Tensor& g, Needs needs, const Settings& how) {
  const Tensor mask = how.masked ? given : Tensor();
  Gradients out;
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
    kernels::attention_backward(by, separate_operands<T>(q, k, v, mask, by), placed(Raw::data<T>(y), y.shape(), by),
                                placed(Raw::data<T>(g), g.shape(), by), shift, shift + by.items() * by.queries,
                                {place(out[0]), place(out[1]), place(out[2]),
                                 out[3].defined() ? Raw::write<T>(out[3]) : nullptr});
  });
  return out;
}

using PackedGradients = std::array<Tensor, 3>;  // of qkv, mask, statistics

PackedGradients pull_packed(const Tensor& qkv, const Tensor& given, const Tensor& stats, const Tensor& y,
                            const Tensor& g, Needs needs, const Settings& how) {
  const Tensor mask = how.masked ? given : Tensor();
  PackedGradients out;
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
    kernels::attention_backward(by, packed_operands<T>(qkv, mask, by, batch_first),
                                placed_heads(Raw::data<T>(y), by, batch_first, 0, 1),
                                placed_heads(Raw::data<T>(g), by, batch_first, 0, 1), shift,
                                shift + by.items() * by.queries, to);
  });
  return out;
}

// ---- checks

void check_mask(const char* op, const Tensor& mask, const Attention& by, DType dtype, bool causal) {
  if (!mask.defined()) return;
  if (causal)
    throw detail::argument_error(std::string(op) + ": there is a mask of shape " + to_string(mask.shape()) +
                                 ", and is_causal is set: pass one of them");
  if (mask.dtype() != boolean && mask.dtype() != dtype)
    throw detail::argument_error(std::string(op) + ": the query is " + name_of(dtype) + ", attn_mask is " +
                                 name_of(mask.dtype()) + ": a mask must be bool or of the query's dtype");
  const Shape weights = weights_shape(by), &shape = mask.shape();
  bool fits = shape.rank() <= weights.rank();
  for (std::size_t k = 1; fits && k <= shape.rank(); ++k) {
    const std::int64_t size = shape[shape.rank() - k];
    fits = size == 1 || size == weights[weights.rank() - k];
  }
  if (!fits)
    throw detail::argument_error(std::string(op) + ": attn_mask has shape " + to_string(shape) +
                                 ", the weights have shape " + to_string(weights) +
                                 ": the mask must broadcast to the weights");
}

Settings check_options(const char* op, const AttentionOptions& options, std::int64_t features) {
  const double p = options.dropout_p();
  if (!(p >= 0 && p <= 1))
    throw detail::argument_error(std::string(op) + ": dropout_p must lie in [0, 1], got " + detail::number_text(p));
  Settings how;
  how.scale = options.scale().value_or(features == 0 ? 1 : 1 / std::sqrt(static_cast<double>(features)));
  if (!std::isfinite(how.scale))
    throw detail::argument_error(std::string(op) + ": the scale must be finite, got " + detail::number_text(how.scale));
  how.dropout = p;
  how.causal = options.is_causal();
  return how;
}

void check_floating(const char* op, const Tensor& x, const char* name) {
  if (!is_floating(x.dtype()))
    throw detail::argument_error(std::string(op) + ": " + name + " is " + name_of(x.dtype()) +
                                 ": only float32 and float64 will do: convert it with to()");
}

void check_separate(const char* op, const Tensor& q, const Tensor& k, const Tensor& v) {
  const Tensor all[] = {q, k, v};
  detail::require_defined(op, all, 3);
  const auto shapes = [&] {
    return std::string(op) + ": the query has shape " + to_string(q.shape()) + ", the key " + to_string(k.shape()) +
           ", the value " + to_string(v.shape());
  };
  if (q.rank() < 2 || k.rank() < 2 || v.rank() < 2)
    throw detail::argument_error(shapes() + ": each must have two axes at least, (..., length, features)");
  check_floating(op, q, "the query");
  for (const Tensor& x : {k, v})
    if (x.dtype() != q.dtype())
      throw detail::argument_error(std::string(op) + ": the query is " + name_of(q.dtype()) + ", the key is " +
                                   name_of(k.dtype()) + ", the value is " + name_of(v.dtype()) +
                                   ": write 1.0f, x.to(float32) or model.to(float64)");
  if (q.shape().back() != k.shape().back())
    throw detail::argument_error(shapes() + ": query and key must have the same last axis");
  if (k.shape().at(-2) != v.shape().at(-2))
    throw detail::argument_error(shapes() + ": there must be one value for each key");
  try {
    separate_sizes({}, q.shape(), k.shape(), v.shape());
  } catch (const std::invalid_argument&) {
    throw detail::argument_error(shapes() + ": the axes before the last two must broadcast");
  }
}

// Draws where dropout needs it, when nothing can fail any more.
void draw(Settings& how, const AttentionOptions& options) {
  if (how.dropout == 0) return;
  Generator& source = options.generator() != nullptr ? *options.generator() : default_generator();
  how.seed = source.seed();
  how.stream = (source.stream() << 40) + source.draws();
  source.next();
}

// Reads inputs, output and g; for all inputs together.
template <std::size_t... I, class F>
auto joint_with_result(F f) {
  return Rule<((1u << I) | ... | (detail::rule_joint | detail::reads_y)), F>{std::move(f)};
}

}  // namespace

Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor attn_mask,
                                    const AttentionOptions& options, Source at) {
  constexpr const char* op = "scaled_dot_product_attention";
  const detail::Timed timed(op, at);
  check_separate(op, query, key, value);
  Settings how = check_options(op, options, query.shape().back());
  Attention by = separate_sizes(how, query.shape(), key.shape(), value.shape());
  check_mask(op, attn_mask, by, query.dtype(), how.causal);
  const Tensor operands[] = {query, key, value};
  const Shape shape = Shape(by.extent, by.rank).inserted(by.rank, by.queries).inserted(by.rank + 1, by.values);
  Tensor y = detail::result_room(operands, 3, shape, query.dtype());
  const bool nothing = y.size() == 0;
  Tensor stats = Raw::uninitialized({2, nothing ? 0 : by.items() * by.queries}, query.dtype());
  draw(how, options);
  by.seed = how.seed;
  by.stream = how.stream;
  how.masked = attn_mask.defined();
  if (!nothing)
    detail::visit_floating(query.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      T* shift = Raw::write<T>(stats);
      kernels::attention(by, separate_operands<T>(query, key, value, attn_mask, by),
                         placed(Raw::write<T>(y), shape, by), shift, shift + by.items() * by.queries);
    });
  // Without a mask, the statistics, which need no gradient, take its place.
  if (!how.masked) attn_mask = stats;
  return record(op, at, std::move(y),
                {std::move(query), std::move(key), std::move(value), std::move(attn_mask), std::move(stats)},
                attributes("dropout_p", how.dropout, "is_causal", how.causal, "scale", how.scale),
                joint_with_result<0, 1, 2, 3, 4>([how](Tensor q, Tensor k, Tensor v, Tensor mask, Tensor kept,
                                                       Tensor result, Tensor g, Needs needs) {
                  return pull_separate(q, k, v, mask, kept, result, g, needs, how);
                }));
}

namespace detail {

Tensor packed_heads(Tensor qkv, std::int64_t heads, bool batch_first, Tensor attn_mask,
                    const AttentionOptions& options, Source at) {
  constexpr const char* op = "packed_attention";
  const Timed timed(op, at);
  require_defined(op, &qkv, 1);
  check_floating(op, qkv, "qkv");
  if (qkv.rank() != 3 || heads < 1 || qkv.shape()[2] % 3 != 0 || qkv.shape()[2] / 3 % heads != 0)
    throw argument_error(std::string(op) + ": qkv has shape " + to_string(qkv.shape()) + " for " +
                         std::to_string(heads) + " heads: it must be (N, L, 3 C), and the heads divide C");
  Settings how = check_options(op, options, qkv.shape()[2] / 3 / heads);
  how.heads = heads;
  how.batch_first = batch_first;
  Attention by = packed_sizes(how, qkv.shape());
  check_mask(op, attn_mask, by, qkv.dtype(), how.causal);
  const std::int64_t width = qkv.shape()[2] / 3;
  Tensor y = result_room(&qkv, 1, qkv.shape().with(2, width), qkv.dtype());
  const bool nothing = y.size() == 0;
  Tensor stats = Raw::uninitialized({2, nothing ? 0 : by.items() * by.queries}, qkv.dtype());
  draw(how, options);
  by.seed = how.seed;
  by.stream = how.stream;
  how.masked = attn_mask.defined();
  if (!nothing)
    visit_floating(qkv.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      T* shift = Raw::write<T>(stats);
      kernels::attention(by, packed_operands<T>(qkv, attn_mask, by, batch_first),
                         placed_heads(Raw::write<T>(y), by, batch_first, 0, 1), shift,
                         shift + by.items() * by.queries);
    });
  if (!how.masked) attn_mask = stats;
  return record(
      op, at, std::move(y), {std::move(qkv), std::move(attn_mask), std::move(stats)},
      attributes("num_heads", heads, "batch_first", batch_first, "dropout_p", how.dropout, "is_causal", how.causal, "scale", how.scale),
      joint_with_result<0, 1, 2>([how](Tensor x, Tensor mask, Tensor kept, Tensor result, Tensor g, Needs needs) {
        return pull_packed(x, mask, kept, result, g, needs, how);
      }));
}

}  // namespace detail

Tensor packed_attention(Tensor qkv, Dim num_heads, Tensor attn_mask, const AttentionOptions& options, Source at) {
  return detail::packed_heads(std::move(qkv), num_heads, true, std::move(attn_mask), options, at);
}

}  // namespace xgrad
