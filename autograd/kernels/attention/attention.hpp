#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// The sizes and settings of y = softmax(scale q kᵀ + mask) v for a batch of matrices: q (queries, features),
/// k (keys, features), v (keys, values), y (queries, values). The batch has `rank` axes of the sizes `extent`.
struct Attention {
  static constexpr std::size_t max_rank = 32;

  std::int64_t queries, keys, features, values;
  double scale;
  bool causal;                         ///< whether query i sees the keys 0 .. i only
  double dropout = 0;                  ///< the probability with which a weight is dropped
  std::uint64_t seed = 0, stream = 0;  ///< of the random numbers of dropout
  std::size_t rank = 0;
  std::int64_t extent[max_rank] = {};

  std::int64_t items() const;
};

/// Matrices that lie in a larger array: rows `row` apart, and `step` apart along each axis of the batch, 0 along those
/// that the operand repeats.
template <class T>
struct Matrices {
  T* at = nullptr;
  std::int64_t row = 0;
  std::int64_t step[Attention::max_rank] = {};

  T* matrix(const Attention& by, std::int64_t item) const;
};

/// What is added to the products before the softmax: numbers, or 0 and -inf for true and false; neither where both are
/// null. `column` is 0 if one column stands for all, else 1.
template <class T>
struct AttentionMask {
  Matrices<const T> added;
  Matrices<const bool> allowed;
  std::int64_t column = 1;

  bool given() const { return added.at != nullptr || allowed.at != nullptr; }
};

template <class T>
struct AttentionOperands {
  Matrices<const T> q, k, v;
  AttentionMask<T> mask;
};

/// Stores y, and in shift and inverse, one number for each row of each item, the m and 1 / l with which the weights are
/// e^(s - m) / l. A row without an allowed key has the weights 0, and there m and 1 / l are 0;
/// where l is NaN, m is 0 and 1 / l is -1, since an op's saved numbers are finite if its operands are.
///
/// Works on blocks of 32 rows and 256 columns with the maximum and the sum up to each block, by which what was
/// accumulated before is rescaled (Milakov and Gimelshein, 2018; Dao et al., 2022); blocks above the diagonal of a
/// causal attention are skipped.
template <class T>
void attention(const Attention& by, const AttentionOperands<T>& x, Matrices<T> y, T* shift, T* inverse);

/// Stores the factors of dropout, 0 or 1 / (1 - p), for every weight: (items, queries, keys).
template <class T>
void attention_dropout(const Attention& by, T* factors);

}  // namespace xgrad::kernels
