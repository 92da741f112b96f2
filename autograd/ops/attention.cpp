#include <xgrad/autograd/ops/attention.hpp>
#include <xgrad/autograd/ops/attention_gradients.hpp>

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/attention_layout.hpp>
#include <xgrad/autograd/ops/draw_scope.hpp>
#include <xgrad/autograd/ops/packed_heads.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {
namespace {

using namespace attention_op;

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

// The generator, where dropout needs one.
Generator* generator_of(const Settings& how, const AttentionOptions& options) {
  if (how.dropout == 0) return nullptr;
  return options.generator() != nullptr ? options.generator() : &default_generator();
}

void draw(Settings& how, Generator* generator) {
  if (generator == nullptr) return;
  Generator& source = *generator;
  how.seed = source.seed();
  how.stream = (source.stream() << 40) + source.draws();
  source.next();
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
  Generator* const source = generator_of(how, options);
  const detail::DrawScope draws(source);
  draw(how, source);
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
                detail::joint_with_y<0, 1, 2, 3, 4>(
                    [how](Tensor q, Tensor k, Tensor v, Tensor mask, Tensor kept, Tensor result, Tensor g,
                          Needs needs) { return pull_separate(q, k, v, mask, kept, result, g, needs, how); }));
}

namespace detail {

Tensor packed_heads(Tensor qkv, std::int64_t heads, bool batch_first, Tensor attn_mask, const AttentionOptions& options,
                    Source at) {
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
  Generator* const source = generator_of(how, options);
  const DrawScope draws(source);
  draw(how, source);
  by.seed = how.seed;
  by.stream = how.stream;
  how.masked = attn_mask.defined();
  if (!nothing)
    visit_floating(qkv.dtype(), [&](auto type) {
      using T = typename decltype(type)::type;
      T* shift = Raw::write<T>(stats);
      kernels::attention(by, packed_operands<T>(qkv, attn_mask, by, batch_first),
                         placed_heads(Raw::write<T>(y), by, batch_first, 0, 1), shift, shift + by.items() * by.queries);
    });
  if (!how.masked) attn_mask = stats;
  return record(
      op, at, std::move(y), {std::move(qkv), std::move(attn_mask), std::move(stats)},
      attributes("num_heads", heads, "batch_first", batch_first, "dropout_p", how.dropout, "is_causal", how.causal,
                 "scale", how.scale),
      detail::joint_with_y<0, 1, 2>([how](Tensor x, Tensor mask, Tensor kept, Tensor result, Tensor g, Needs needs) {
        return pull_packed(x, mask, kept, result, g, needs, how);
      }));
}

}  // namespace detail

Tensor packed_attention(Tensor qkv, Dim num_heads, Tensor attn_mask, const AttentionOptions& options, Source at) {
  return detail::packed_heads(std::move(qkv), num_heads, true, std::move(attn_mask), options, at);
}

}  // namespace xgrad
