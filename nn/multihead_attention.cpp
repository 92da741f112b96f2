#include <xgrad/nn/multihead_attention.hpp>

#include <cmath>
#include <limits>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/attention.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/diagonal.hpp>
#include <xgrad/autograd/ops/dropout.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/packed_heads.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/printing.hpp>
#include <xgrad/nn/weight_checks.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;

Parameter glorot(std::int64_t out, std::int64_t in) {
  return Parameter(init::xavier_uniform_(Raw::uninitialized({out, in}, float32)));
}

// A mask of PyTorch's modules, where true excludes, as one that is added.
Tensor added(const Tensor& mask, DType dtype) {
  if (mask.dtype() != boolean) return mask;
  return where(mask, -std::numeric_limits<double>::infinity(), zeros(Shape(), dtype));
}

// Two masks of the same meaning joined: both bool, or both added.
Tensor joined(const Tensor& a, const Tensor& b, DType dtype) {
  if (!a.defined()) return b;
  if (!b.defined()) return a;
  if (a.dtype() == boolean && b.dtype() == boolean) return a || b;
  return added(a, dtype) + added(b, dtype);
}

void require_mask(const char* name, const Tensor& mask, DType dtype) {
  if (mask.defined() && mask.dtype() != boolean && mask.dtype() != dtype)
    throw argument_error(std::string("the query is ") + name_of(dtype) + ", " + name + " is " + name_of(mask.dtype()) +
                         ": a mask must be bool or of the query's dtype");
}

[[noreturn]] void refuse_mask(const char* name, const Tensor& mask, const std::string& shapes) {
  throw argument_error(std::string(name) + " has shape " + to_string(mask.shape()) + ": it must be " + shapes);
}

}  // namespace

MultiheadAttention::Projection::Projection(Dim features, Bias wanted) : Linear(features, features, wanted) {
  rename("NonDynamicallyQuantizableLinear");
  if (bias.defined()) init::zeros_(bias);
}

namespace {

std::int64_t checked_width(std::int64_t embed_dim, std::int64_t num_heads, const MultiheadAttentionOptions& options) {
  if (embed_dim < 1 || num_heads < 1 || embed_dim % num_heads != 0)
    throw argument_error("MultiheadAttention: embed_dim is " + std::to_string(embed_dim) + ", num_heads is " +
                         std::to_string(num_heads) + ": both must be positive, and the heads divide embed_dim");
  if (!(options.dropout() >= 0 && options.dropout() <= 1))
    throw argument_error("MultiheadAttention: dropout must lie in [0, 1], got " + detail::python(options.dropout()));
  for (const auto& size : {options.kdim(), options.vdim()})
    if (size.value_or(1) < 1)
      throw argument_error("MultiheadAttention: kdim and vdim must be positive, got " + std::to_string(*size));
  return embed_dim;
}

}  // namespace

MultiheadAttention::MultiheadAttention(Dim embed_dim, Dim num_heads, const Options& options)
    : MultiheadAttention(embed_dim, num_heads, options, xgrad::detail::Calling("MultiheadAttention")) {}

MultiheadAttention::MultiheadAttention(Dim embed_dim, Dim num_heads, const Options& options,
                                       const xgrad::detail::Calling& /*calling*/)
    : out_proj(checked_width(embed_dim, num_heads, options), Bias(options.bias())),
      embed_dim_(embed_dim),
      num_heads_(num_heads),
      options_(options) {
  const std::int64_t e = embed_dim_, k = options.kdim().value_or(e), v = options.vdim().value_or(e);
  if (k == e && v == e) {
    in_proj_weight = glorot(3 * e, e);
    add("in_proj_weight", in_proj_weight);
  } else {
    q_proj_weight = glorot(e, e);
    k_proj_weight = glorot(e, k);
    v_proj_weight = glorot(e, v);
    add("q_proj_weight", q_proj_weight);
    add("k_proj_weight", k_proj_weight);
    add("v_proj_weight", v_proj_weight);
  }
  if (options.bias()) {
    in_proj_bias = Parameter(zeros({3 * e}));
    add("in_proj_bias", in_proj_bias);
  }
  if (options.add_bias_kv()) {
    bias_k = Parameter(init::xavier_normal_(Raw::uninitialized({1, 1, e}, float32)));
    bias_v = Parameter(init::xavier_normal_(Raw::uninitialized({1, 1, e}, float32)));
    add("bias_k", bias_k);
    add("bias_v", bias_v);
  }
  add("out_proj", out_proj);
}

// Inputs with the axes (N, L, E) or (L, N, E), and their sizes.
struct MultiheadAttention::Inputs {
  Tensor query, key, value;
  const Call& call;
  bool batched = true, same = false;
  std::int64_t n = 0, l = 0, s = 0;
};

MultiheadAttention::Inputs MultiheadAttention::checked(const Tensor& query, const Tensor& key, const Tensor& value,
                                                       const Call& call) const {
  for (const Tensor& x : {query, key, value})
    if (!x.defined()) throw argument_error("query, key and value must be given, one is undefined");
  const auto shapes = [&] {
    return "the query has shape " + to_string(query.shape()) + ", the key " + to_string(key.shape()) + ", the value " +
           to_string(value.shape());
  };
  const std::size_t rank = query.rank();
  if ((rank != 2 && rank != 3) || key.rank() != rank || value.rank() != rank)
    throw argument_error(shapes() + ": all must have the axes " + (options_.batch_first() ? "(N, L, E)" : "(L, N, E)") +
                         ", or (L, E)");
  const std::int64_t e = embed_dim_, k = options_.kdim().value_or(e), v = options_.vdim().value_or(e);
  if (query.shape().back() != e || key.shape().back() != k || value.shape().back() != v)
    throw argument_error(shapes() + ": their last axes must be " + std::to_string(e) + ", " + std::to_string(k) +
                         " and " + std::to_string(v));
  if (key.shape().without(rank - 1) != value.shape().without(rank - 1))
    throw argument_error(shapes() + ": there must be one value for each key");
  Inputs in{query, key, value, call};
  in.batched = rank == 3;
  in.same = Raw::value(query) == Raw::value(key) && Raw::value(query) == Raw::value(value) && k == e && v == e;
  const std::size_t batch = options_.batch_first() ? 0 : 1;
  if (in.batched) {
    in.n = query.shape()[batch];
    if (key.shape()[batch] != in.n) throw argument_error(shapes() + ": they must have the same batch");
    in.l = query.shape()[1 - batch];
    in.s = key.shape()[1 - batch];
  } else {
    in.n = 1;
    in.l = query.shape()[0];
    in.s = key.shape()[0];
    for (Tensor* x : {&in.query, &in.key, &in.value}) *x = unsqueeze(*x, static_cast<std::int64_t>(batch));
  }
  // Of larger ones a part would be read without a word.
  const auto require = [&](const char* name, const Parameter& weight, const Shape& shape) {
    if (weight.defined()) detail::require_weight(name, weight, shape, query.dtype());
  };
  require("in_proj_weight", in_proj_weight, {3 * e, e});
  require("q_proj_weight", q_proj_weight, {e, e});
  require("k_proj_weight", k_proj_weight, {e, k});
  require("v_proj_weight", v_proj_weight, {e, v});
  require("in_proj_bias", in_proj_bias, {3 * e});
  require("bias_k", bias_k, {1, 1, e});
  require("bias_v", bias_v, {1, 1, e});
  require_mask("attn_mask", call.attn_mask(), query.dtype());
  require_mask("key_padding_mask", call.key_padding_mask(), query.dtype());
  return in;
}

// W x + b for query (0), key (1) or value (2).
Tensor MultiheadAttention::project(const Tensor& x, std::int64_t which) const {
  const std::int64_t e = embed_dim_;
  const Tensor own[] = {q_proj_weight, k_proj_weight, v_proj_weight};
  const Tensor weight = in_proj_weight.defined() ? narrow(in_proj_weight, 0, which * e, e) : own[which];
  const Tensor bias = in_proj_bias.defined() ? narrow(in_proj_bias, 0, which * e, e) : Tensor();
  return xgrad::linear(x, weight, bias, call_site());
}

// (N, L, E) or (L, N, E) as (N, heads, L, features).
Tensor MultiheadAttention::to_heads(const Tensor& x) const {
  const Shape& shape = x.shape();
  const Source at = call_site();
  const Tensor cut = reshape(x, {shape[0], shape[1], num_heads_, embed_dim_ / num_heads_}, at);
  return options_.batch_first() ? swapaxes(cut, 1, 2, at) : transpose(cut, {1, 2, 0, 3}, at);
}

// Both masks as one that excludes or is added, of axes that broadcast to (N, heads, L, S + more_keys); the keys that
// this module has added are never masked.
Tensor MultiheadAttention::mask_of(const Inputs& in, std::int64_t more_keys) const {
  Tensor mask = in.call.attn_mask(), padding = in.call.key_padding_mask();
  if (mask.defined()) {
    if (mask.rank() == 3 && mask.shape() == Shape{in.n * num_heads_, in.l, in.s})
      mask = reshape(mask, {in.n, num_heads_, in.l, in.s});
    else if (mask.shape() != Shape{in.l, in.s})
      refuse_mask("attn_mask", mask,
                  to_string(Shape{in.l, in.s}) + " or " + to_string(Shape{in.n * num_heads_, in.l, in.s}));
  } else if (in.call.is_causal()) {
    mask = !tril(ones({in.l, in.s}, boolean));
  }
  if (padding.defined()) {
    const Shape wanted = in.batched ? Shape{in.n, in.s} : Shape{in.s};
    if (padding.shape() != wanted) refuse_mask("key_padding_mask", padding, to_string(wanted));
    padding = reshape(padding, {in.n, 1, 1, in.s});
  }
  mask = joined(mask, padding, in.query.dtype());
  if (!mask.defined() || more_keys == 0) return mask;
  const Shape more = mask.shape().with(mask.rank() - 1, more_keys);
  return concat({mask, zeros(more, mask.dtype())}, -1);
}

std::pair<Tensor, Tensor> MultiheadAttention::attend(const Inputs& in) {
  const Source at = call_site();
  const Call& call = in.call;
  const double p = is_training() ? options_.dropout() : 0;
  const std::int64_t more = std::int64_t{options_.add_bias_kv()} + std::int64_t{options_.add_zero_attn()};
  const bool only_causal =
      call.is_causal() && !call.attn_mask().defined() && !call.key_padding_mask().defined() && more == 0;
  Tensor mask = only_causal && !call.need_weights() ? Tensor() : mask_of(in, more);
  AttentionOptions how;
  how.dropout_p(p).is_causal(!mask.defined() && only_causal);
  if (in.same && more == 0 && !call.need_weights()) {
    if (mask.defined() && mask.dtype() == boolean) mask = !mask;
    const Tensor qkv = xgrad::linear(in.query, in_proj_weight, in_proj_bias, at);
    const Tensor y = xgrad::detail::packed_heads(qkv, num_heads_, options_.batch_first(), mask, how, at);
    return {out_proj(y), {}};
  }
  const std::size_t axis = options_.batch_first() ? 1 : 0;
  Tensor k = project(in.key, 1), v = project(in.value, 2);
  const Shape one = k.shape().with(axis, 1);
  if (options_.add_bias_kv()) {
    k = concat({k, broadcast_to(bias_k, one, at)}, static_cast<std::int64_t>(axis), at);
    v = concat({v, broadcast_to(bias_v, one, at)}, static_cast<std::int64_t>(axis), at);
  }
  if (options_.add_zero_attn()) {
    k = concat({k, zeros(one, k.dtype())}, static_cast<std::int64_t>(axis), at);
    v = concat({v, zeros(one, v.dtype())}, static_cast<std::int64_t>(axis), at);
  }
  const Tensor q = to_heads(project(in.query, 0)), keys = to_heads(k), values = to_heads(v);
  Tensor y, weights;
  if (call.need_weights()) {
    const std::int64_t features = embed_dim_ / num_heads_;
    const Tensor scaled = mul(q, 1 / std::sqrt(static_cast<double>(features)), at);
    Tensor s = matmul(scaled, swapaxes(keys, -1, -2, at), at);
    if (mask.defined()) s = xgrad::add(s, added(mask, s.dtype()), at);
    weights = dropout(softmax(s, -1, at), p, true, nullptr, at);
    y = matmul(weights, values, at);
  } else {
    if (mask.defined() && mask.dtype() == boolean) mask = !mask;
    y = scaled_dot_product_attention(q, keys, values, mask, how, at);
  }
  const Tensor joined_heads = options_.batch_first() ? swapaxes(y, 1, 2, at) : transpose(y, {2, 0, 1, 3}, at);
  return {out_proj(reshape(joined_heads, in.query.shape().with(2, embed_dim_), at)), weights};
}

std::pair<Tensor, Tensor> MultiheadAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                      const Call& call) {
  const Inputs in = checked(query, key, value, call);
  auto [y, weights] = attend(in);
  if (weights.defined() && call.average_attn_weights()) weights = mean(weights, 1, KeepDims::no, call_site());
  if (!in.batched) {
    y = squeeze(y, options_.batch_first() ? 0 : 1, call_site());
    if (weights.defined()) weights = squeeze(weights, 0, call_site());
  }
  return {y, weights};
}

}  // namespace xgrad::nn
