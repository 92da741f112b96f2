#pragma once

// What the forward and the backward kernel of attention share: the blocks, one item of the batch, and the memory in
// which a block is computed.

#include <algorithm>
#include <cstdint>
#include <limits>

#include <xgrad/autograd/kernels/attention/attention.hpp>
#include <xgrad/autograd/kernels/matrix/small_gemm.hpp>
#include <xgrad/autograd/kernels/matrix/transpose.hpp>
#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/kernels/runtime/memory.hpp>
#include <xgrad/autograd/kernels/simd/partial.hpp>

namespace xgrad::kernels::attention_blocks {

/// Rows and columns of a block, and the rows that are one piece of work.
inline constexpr std::int64_t block_rows = 32, block_columns = 256, chunk_rows = 256;

/// Some rows of the products of all queries with a block of keys.
struct Block {
  std::int64_t row, rows, column, columns;
  bool causal;

  /// How many of the block's keys the query may see.
  std::int64_t seen(std::int64_t query) const {
    return causal ? std::clamp<std::int64_t>(query + 1 - column, 0, columns) : columns;
  }
};

/// Calls f with the blocks of the rows begin .. end-1, without those above the diagonal.
template <class F>
void for_each_block(const Attention& by, std::int64_t begin, std::int64_t end, std::int64_t column,
                    std::int64_t columns, const F& f) {
  for (std::int64_t row = begin; row < end; row += block_rows) {
    const std::int64_t rows = std::min(block_rows, end - row);
    const std::int64_t seen = by.causal ? std::min(columns, row + rows - column) : columns;
    if (seen > 0) f(Block{row, rows, column, seen, by.causal});
  }
}

/// to[c, r] = from[r, c].
template <class T>
void transpose(const T* from, std::int64_t from_row, std::int64_t rows, std::int64_t columns, T* to,
               std::int64_t to_row) {
  for (std::int64_t c = 0; c < columns; c += band_rows<T>)
    transpose_band(from + c, to + c * to_row, std::min(band_rows<T>, columns - c), rows, to_row, from_row, false);
}

/// The factors of dropout of a row, which depend on the place of each weight alone. column is a multiple of 4.
template <class T>
void dropout_factors(const Attention& by, std::int64_t item, std::int64_t row, std::int64_t column, std::int64_t n,
                     T* to) {
  const T scale = by.dropout < 1 ? static_cast<T>(1 / (1 - by.dropout)) : T(0);
  const std::int64_t of_row = (by.keys + 3) / 4;
  bernoulli(to, n, 1 - by.dropout, scale, by.seed, by.stream,
            static_cast<std::uint64_t>((item * by.queries + row) * of_row + column / 4));
}

template <class T>
void drop(const Attention& by, std::int64_t item, std::int64_t row, std::int64_t column, std::int64_t n, T* weights,
          T* factors) {
  dropout_factors(by, item, row, column, n, factors);
  for (std::int64_t j = 0; j < n; ++j) weights[j] *= factors[j];
}

/// The matrices of one item.
template <class T>
struct Item {
  Item(const Attention& by, const AttentionOperands<T>& x, std::int64_t which)
      : item(which),
        q(x.q.matrix(by, which)),
        k(x.k.matrix(by, which)),
        v(x.v.matrix(by, which)),
        q_row(x.q.row),
        k_row(x.k.row),
        v_row(x.v.row),
        mask(x.mask) {
    if (mask.added.at != nullptr) added_ = mask.added.matrix(by, which);
    if (mask.allowed.at != nullptr) allowed_ = mask.allowed.matrix(by, which);
  }

  /// What is added to n products of a row, or null: in `room`, or the mask itself.
  const T* bias(const Attention&, std::int64_t row, std::int64_t column, std::int64_t n, T* room) const {
    if (added_ != nullptr) {
      const T* from = added_ + row * mask.added.row + column * mask.column;
      if (mask.column == 1) return from;
      std::fill_n(room, n, *from);
      return room;
    }
    if (allowed_ == nullptr) return nullptr;
    const bool* from = allowed_ + row * mask.allowed.row + column * mask.column;
    for (std::int64_t j = 0; j < n; ++j) room[j] = from[j * mask.column] ? T(0) : -std::numeric_limits<T>::infinity();
    return room;
  }

  std::int64_t item;
  const T *q, *k, *v;
  std::int64_t q_row, k_row, v_row;
  AttentionMask<T> mask;
  T* y = nullptr;
  std::int64_t y_row = 0;

 private:
  const T* added_ = nullptr;
  const bool* allowed_ = nullptr;
};

/// Memory for the blocks of one thread. The rows do not lie powers of two apart, which would put them all into the same
/// few lines of the cache.
template <class T>
struct Workspace {
  explicit Workspace(const Attention& by, bool backward = false)
      : stride((std::min(by.keys, block_columns) + 15) / 16 * 16 + 16),
        first(block_rows * stride),
        second(backward ? block_rows * stride : 0),
        turned_k(by.features * stride),
        turned_v(backward ? by.values * stride : 0),
        bias(block_columns),
        factors(block_columns) {}

  std::int64_t stride;
  detail::Scratch<T> first, second, turned_k, turned_v, bias, factors;
};

/// How many pieces of work, each of an item or some of its rows, make one for a thread.
inline std::int64_t chunks_together(const Attention& by) {
  const double work = static_cast<double>(std::min(by.queries, chunk_rows)) * static_cast<double>(by.keys) *
                      static_cast<double>(by.features + by.values + 1);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(262144 / (work + 1)));
}

}  // namespace xgrad::kernels::attention_blocks
