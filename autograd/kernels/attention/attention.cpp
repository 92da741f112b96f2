#include <xgrad/autograd/kernels/attention/attention.hpp>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/kernels/attention/blocks.hpp>
#include <xgrad/autograd/kernels/reduction/lines.hpp>
#include <xgrad/autograd/kernels/runtime/parallel.hpp>

namespace xgrad::kernels {

using namespace attention_blocks;

std::int64_t Attention::items() const {
  std::int64_t count = 1;
  for (std::size_t k = 0; k < rank; ++k) count *= extent[k];
  return count;
}

template <class T>
T* Matrices<T>::matrix(const Attention& by, std::int64_t item) const {
  std::int64_t offset = 0;
  for (std::size_t k = by.rank; k-- > 0; item /= by.extent[k]) offset += item % by.extent[k] * step[k];
  return at + offset;
}

namespace {

// The largest of s * scale + bias, which is stored in s, over the first n elements.
template <class T>
T scaled_maximum(T* s, T scale, const T* bias, std::int64_t n) {
  Vec<T> most = -lines::infinity<T>;
  const Vec<T> by(scale);
  each_vector<T>(n, [&](std::int64_t j, auto part) {
    Vec<T> x = load(s + j, part, T(0)) * by;
    if (bias != nullptr) x = x + load(bias + j, part, T(0));
    store(x, s + j, part);
    // Lanes beyond the end must not win.
    if constexpr (std::is_same_v<decltype(part), Partial>) x = load(s + j, part, -lines::infinity<T>);
    most = lines::larger(x, most);
  });
  return lines::largest(most);
}

// Stores e^(s - shift) and returns the sum.
template <class T>
T exponentials(T* s, T shift, std::int64_t n) {
  Vec<T> sum(T(0));
  const Vec<T> m(shift);
  each_vector<T>(n, [&](std::int64_t j, auto part) {
    const Vec<T> e = bounded_exp(load(s + j, part, -lines::infinity<T>) - m);
    sum = sum + e;
    store(e, s + j, part);
  });
  return total(sum);
}

template <class T>
void multiply(T* x, T factor, std::int64_t n) {
  const Vec<T> by(factor);
  each_vector<T>(n, [&](std::int64_t j, auto part) { store(load(x + j, part, T(0)) * by, x + j, part); });
}

// Rows of one item, with what has been accumulated for them: y holds Σ e^(s - m) v, m the maxima, l the sums.
template <class T>
struct Rows {
  const Attention& by;
  const Item<T>& at;
  T *m, *l;
};

// Makes the products s of some rows with a block of keys their weights, and rescales what the rows have accumulated.
template <class T>
void soften(const Rows<T>& rows, const Block& block, const Workspace<T>& room) {
  for (std::int64_t i = 0; i < block.rows; ++i) {
    const std::int64_t row = block.row + i, n = block.seen(row);
    T* s = room.first.data() + i * room.stride;
    const T* bias = rows.at.bias(rows.by, row, block.column, n, room.bias.data());
    const T before = rows.m[row], most = std::max(before, scaled_maximum(s, static_cast<T>(rows.by.scale), bias, n));
    const T shift = most == -lines::infinity<T> ? T(0) : most;
    const T sum = exponentials(s, shift, n);
    std::fill(s + n, s + block.columns, T(0));
    rows.m[row] = most;
    if (block.column == 0) {
      rows.l[row] = sum;
    } else {
      const T factor = before == most ? T(1) : std::exp(before - shift);
      rows.l[row] = rows.l[row] * factor + sum;
      if (factor != T(1)) multiply(rows.at.y + row * rows.at.y_row, factor, rows.by.values);
    }
    if (rows.by.dropout > 0) drop(rows.by, rows.at.item, row, block.column, n, s, room.factors.data());
  }
}

template <class T>
void finish(const Rows<T>& rows, std::int64_t begin, std::int64_t end) {
  for (std::int64_t row = begin; row < end; ++row) {
    const T inverse = rows.l[row] == 0 ? T(0) : T(1) / rows.l[row];
    const bool fails = std::isnan(inverse);
    rows.l[row] = fails ? T(-1) : inverse;
    if (fails || rows.m[row] == -lines::infinity<T>) rows.m[row] = 0;
    multiply(rows.at.y + row * rows.at.y_row, inverse, rows.by.values);
  }
}

template <class T>
void forward_rows(const Attention& by, const Item<T>& at, std::int64_t begin, std::int64_t end, T* m, T* l,
                  const Workspace<T>& room) {
  const Rows<T> rows{by, at, m, l};
  std::fill(m + begin, m + end, -lines::infinity<T>);
  std::fill(l + begin, l + end, T(0));
  const std::int64_t keys = by.causal ? std::min(by.keys, end) : by.keys;
  if (keys == 0)
    for (std::int64_t row = begin; row < end; ++row) std::fill_n(at.y + row * at.y_row, by.values, T(0));
  for (std::int64_t column = 0; column < keys; column += block_columns) {
    const std::int64_t columns = std::min(block_columns, keys - column);
    transpose(at.k + column * at.k_row, at.k_row, columns, by.features, room.turned_k.data(), room.stride);
    for_each_block(by, begin, end, column, columns, [&](const Block& block) {
      strided_gemm(block.rows, block.columns, by.features, {at.q + block.row * at.q_row, at.q_row, 1},
                   room.turned_k.data(), room.stride, room.first.data(), room.stride);
      soften(rows, block, room);
      T* y = at.y + block.row * at.y_row;
      strided_gemm(block.rows, by.values, block.columns, {room.first.data(), room.stride, 1}, at.v + column * at.v_row,
                   at.v_row, y, at.y_row, column == 0 ? Onto<T>{} : Onto<T>{y, at.y_row});
    });
  }
  finish(rows, begin, end);
}

}  // namespace

template <class T>
void attention(const Attention& by, const AttentionOperands<T>& x, Matrices<T> y, T* shift, T* inverse) {
  const std::int64_t parts = (by.queries + chunk_rows - 1) / chunk_rows;
  parallel_ranges(by.items() * parts, chunks_together(by), [&](std::int64_t first, std::int64_t last) {
    const Workspace<T> room(by);
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t item = i / parts, begin = i % parts * chunk_rows;
      Item<T> at(by, x, item);
      at.y = y.matrix(by, item);
      at.y_row = y.row;
      forward_rows(by, at, begin, std::min(by.queries, begin + chunk_rows), shift + item * by.queries,
                   inverse + item * by.queries, room);
    }
  });
}

template <class T>
void attention_dropout(const Attention& by, T* factors) {
  parallel_for(by.items(), [&](std::int64_t item) {
    for (std::int64_t row = 0; row < by.queries; ++row)
      dropout_factors(by, item, row, 0, by.keys, factors + (item * by.queries + row) * by.keys);
  });
}

template struct Matrices<float>;
template struct Matrices<double>;
template struct Matrices<const float>;
template struct Matrices<const double>;
template struct Matrices<const bool>;
template void attention(const Attention&, const AttentionOperands<float>&, Matrices<float>, float*, float*);
template void attention(const Attention&, const AttentionOperands<double>&, Matrices<double>, double*, double*);
template void attention_dropout(const Attention&, float*);
template void attention_dropout(const Attention&, double*);

}  // namespace xgrad::kernels
