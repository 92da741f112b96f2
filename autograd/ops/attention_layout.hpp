#pragma once

// For this room's sources only: what the sources of attention share. Settings of a call, and where its matrices lie.

#include <algorithm>
#include <array>
#include <cstdint>

#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/attention/attention.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad::attention_op {

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

inline Shape batch_of(const Shape& shape) { return {shape.data(), shape.rank() - 2}; }

inline Attention sizes_of(const Settings& how, const Shape& batch, std::int64_t queries, std::int64_t keys,
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
  const xgrad::detail::Strides own = xgrad::detail::strides_of(shape);
  const std::size_t lead = shape.rank() - 2;
  for (std::size_t k = lead; k-- > 0;) m.step[by.rank - lead + k] = shape[k] == 1 ? 0 : own[k];
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

inline Attention separate_sizes(const Settings& how, const Shape& q, const Shape& k, const Shape& v) {
  const char* op = "scaled_dot_product_attention";
  const Shape batch = broadcast_shapes(op, broadcast_shapes(op, batch_of(q), batch_of(k)), batch_of(v));
  return sizes_of(how, batch, q.at(-2), k.at(-2), q.back(), v.back());
}

inline Attention packed_sizes(const Settings& how, const Shape& qkv) {
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

inline Shape weights_shape(const Attention& by) {
  return Shape(by.extent, by.rank).inserted(by.rank, by.queries).inserted(by.rank + 1, by.keys);
}

}  // namespace xgrad::attention_op
