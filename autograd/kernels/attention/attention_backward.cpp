#include <xgrad/autograd/kernels/attention/attention_backward.hpp>

#include <algorithm>
#include <limits>

#include <xgrad/autograd/kernels/attention/blocks.hpp>
#include <xgrad/autograd/kernels/reduction/lines.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

// With the weights P = e^(s - m) / l and the gradient g of y = P v:
//
//   dv = Pᵀ g,   dP = g vᵀ,   ds = P (dP - Σ_j P dP) = P (dP - g·y),   dq = scale ds k,   dk = scale dsᵀ q.
//
// With dropout, dP is multiplied by its factors, and so is P in dv; g·y stays what it is.

namespace xgrad::kernels {

using namespace attention_blocks;

namespace {

// An item with its gradients, and g·y, m and 1 / l of its rows.
template <class T>
struct Pulled {
  const Attention& by;
  Item<T> at;
  const T* g;
  std::int64_t g_row;
  const T *dot, *shift, *inverse;
  T *to_q, *to_k, *to_v, *to_mask;
  std::int64_t q_row, k_row, v_row;
};

template <class T>
void dots(const T* g, std::int64_t g_row, const T* y, std::int64_t y_row, std::int64_t rows, std::int64_t n, T* to) {
  for (std::int64_t i = 0; i < rows; ++i) {
    Vec<T> sum(T(0));
    each_vector<T>(n, [&](std::int64_t j, auto part) {
      sum = fma(load(g + i * g_row + j, part, T(0)), load(y + i * y_row + j, part, T(0)), sum);
    });
    to[i] = total(sum);
  }
}

// Makes the products s the weights, with their factors of dropout, and those of g with the values the gradients of s.
template <class T>
void pull_weights(const Pulled<T>& p, const Block& block, const Workspace<T>& room) {
  const Vec<T> scale(static_cast<T>(p.by.scale));
  for (std::int64_t i = 0; i < block.rows; ++i) {
    const std::int64_t row = block.row + i, n = block.seen(row);
    T *s = room.first.data() + i * room.stride, *d = room.second.data() + i * room.stride;
    const T* bias = p.at.bias(p.by, row, block.column, n, room.bias.data());
    const T* factors = nullptr;
    if (p.by.dropout > 0) {
      dropout_factors(p.by, p.at.item, row, block.column, n, room.factors.data());
      factors = room.factors.data();
    }
    const T kept = p.inverse[row];
    const Vec<T> m(p.shift[row]), inverse(kept < 0 ? std::numeric_limits<T>::quiet_NaN() : kept), dot(p.dot[row]);
    T* to_mask = p.to_mask == nullptr ? nullptr : p.to_mask + row * p.by.keys + block.column;
    each_vector<T>(n, [&](std::int64_t j, auto part) {
      Vec<T> x = load(s + j, part, T(0)) * scale;
      if (bias != nullptr) x = x + load(bias + j, part, T(0));
      Vec<T> weight = bounded_exp(only(x - m, part, T(0))) * inverse, up = load(d + j, part, T(0));
      const Vec<T> factor = factors == nullptr ? Vec<T>(T(1)) : load(factors + j, part, T(0));
      if (factors != nullptr) up = up * factor;
      const Vec<T> slope = weight * (up - dot);
      if (factors != nullptr) weight = weight * factor;
      store(weight, s + j, part);
      store(slope * scale, d + j, part);
      if (to_mask != nullptr) store(slope, to_mask + j, part);
    });
    std::fill(s + n, s + block.columns, T(0));
    std::fill(d + n, d + block.columns, T(0));
  }
}

template <class T>
void pull_block(const Pulled<T>& p, const Block& block, const Workspace<T>& room) {
  const Attention& by = p.by;
  const std::int64_t stride = room.stride, column = block.column;
  T *s = room.first.data(), *d = room.second.data();
  const T *q = p.at.q + block.row * p.at.q_row, *g = p.g + block.row * p.g_row;
  strided_gemm(block.rows, block.columns, by.features, {q, p.at.q_row, 1}, room.turned_k.data(), stride, s, stride);
  strided_gemm(block.rows, block.columns, by.values, {g, p.g_row, 1}, room.turned_v.data(), stride, d, stride);
  pull_weights(p, block, room);
  const auto add = [](T* to, std::int64_t row, std::int64_t rows, std::int64_t columns, std::int64_t depth,
                      LeftOperand<T> a, const T* b, std::int64_t ldb) {
    if (to != nullptr) strided_gemm(rows, columns, depth, a, b, ldb, to, row, {to, row});
  };
  add(p.to_v == nullptr ? nullptr : p.to_v + column * p.v_row, p.v_row, block.columns, by.values, block.rows,
      {s, 1, stride}, g, p.g_row);
  add(p.to_k == nullptr ? nullptr : p.to_k + column * p.k_row, p.k_row, block.columns, by.features, block.rows,
      {d, 1, stride}, q, p.at.q_row);
  add(p.to_q == nullptr ? nullptr : p.to_q + block.row * p.q_row, p.q_row, block.rows, by.features, block.columns,
      {d, stride, 1}, p.at.k + column * p.at.k_row, p.at.k_row);
}

template <class T>
void clear(T* to, std::int64_t row, std::int64_t begin, std::int64_t end, std::int64_t columns) {
  if (to != nullptr)
    for (std::int64_t i = begin; i < end; ++i) std::fill_n(to + i * row, columns, T(0));
}

struct Range {
  std::int64_t begin, end;
};

// The gradients of these queries and of these keys by all pairs of both.
template <class T>
void pull(const Pulled<T>& p, Range queries, Range keys, const Workspace<T>& room) {
  const Attention& by = p.by;
  clear(p.to_q, p.q_row, queries.begin, queries.end, by.features);
  clear(p.to_k, p.k_row, keys.begin, keys.end, by.features);
  clear(p.to_v, p.v_row, keys.begin, keys.end, by.values);
  clear(p.to_mask, by.keys, queries.begin, queries.end, by.keys);
  const std::int64_t last = by.causal ? std::min(keys.end, queries.end) : keys.end;
  for (std::int64_t column = keys.begin; column < last; column += block_columns) {
    const std::int64_t columns = std::min(block_columns, last - column);
    transpose(p.at.k + column * p.at.k_row, p.at.k_row, columns, by.features, room.turned_k.data(), room.stride);
    transpose(p.at.v + column * p.at.v_row, p.at.v_row, columns, by.values, room.turned_v.data(), room.stride);
    for_each_block(by, queries.begin, queries.end, column, columns,
                   [&](const Block& block) { pull_block(p, block, room); });
  }
}

template <class T>
struct Backward {
  const Attention& by;
  const AttentionOperands<T>& x;
  Matrices<const T> g;
  const T *dot, *shift, *inverse;
  const AttentionGradients<T>& to;

  Pulled<T> item(std::int64_t which, bool of_queries, bool of_keys) const {
    const std::int64_t row = which * by.queries;
    const auto place = [&](const Matrices<T>& all, bool wanted) {
      return wanted && all.at != nullptr ? all.matrix(by, which) : nullptr;
    };
    T* mask = of_queries && to.mask != nullptr ? to.mask + row * by.keys : nullptr;
    return {by,
            Item<T>(by, x, which),
            g.matrix(by, which),
            g.row,
            dot + row,
            shift + row,
            inverse + row,
            place(to.q, of_queries),
            place(to.k, of_keys),
            place(to.v, of_keys),
            mask,
            to.q.row,
            to.k.row,
            to.v.row};
  }

  void whole_items() const {
    parallel_ranges(by.items(), chunks_together(by), [&](std::int64_t first, std::int64_t last) {
      const Workspace<T> room(by, true);
      for (std::int64_t i = first; i < last; ++i) pull(item(i, true, true), {0, by.queries}, {0, by.keys}, room);
    });
  }

  // Few and long items are cut, by queries for their gradients, and by keys for those of keys and values.
  void cut_items() const {
    const std::int64_t of_queries = (by.queries + chunk_rows - 1) / chunk_rows;
    const std::int64_t of_keys = (by.keys + block_columns - 1) / block_columns, parts = of_queries + of_keys;
    parallel_for(by.items() * parts, [&](std::int64_t i) {
      const Workspace<T> room(by, true);
      const std::int64_t part = i % parts, query = part * chunk_rows, key = (part - of_queries) * block_columns;
      if (part < of_queries)
        pull(item(i / parts, true, false), {query, std::min(by.queries, query + chunk_rows)}, {0, by.keys}, room);
      else
        pull(item(i / parts, false, true), {0, by.queries}, {key, std::min(by.keys, key + block_columns)}, room);
    });
  }
};

}  // namespace

template <class T>
void attention_backward(const Attention& by, const AttentionOperands<T>& x, Matrices<const T> y, Matrices<const T> g,
                        const T* shift, const T* inverse, const AttentionGradients<T>& to) {
  const detail::Scratch<T> dot(by.items() * by.queries);
  for (std::int64_t i = 0; i < by.items(); ++i)
    dots(g.matrix(by, i), g.row, y.matrix(by, i), y.row, by.queries, by.values, dot.data() + i * by.queries);
  const Backward<T> all{by, x, g, dot.data(), shift, inverse, to};
  if (by.items() < 4 && by.queries > chunk_rows)
    all.cut_items();
  else
    all.whole_items();
}

template void attention_backward(const Attention&, const AttentionOperands<float>&, Matrices<const float>,
                                 Matrices<const float>, const float*, const float*, const AttentionGradients<float>&);
template void attention_backward(const Attention&, const AttentionOperands<double>&, Matrices<const double>,
                                 Matrices<const double>, const double*, const double*,
                                 const AttentionGradients<double>&);

}  // namespace xgrad::kernels
