#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::data {

/// Some rows of a dataset of two columns: row i of `targets` belongs to row i of `inputs`. For structured bindings, as
/// in `for (auto [images, labels] : loader)`.
struct Batch {
  Tensor inputs;
  Tensor targets;
};

/// Some rows of a dataset of N columns: a Batch of two, else an array, for structured bindings too, as in
/// `for (auto [x, y, w] : loader)`.
template <std::size_t N>
using BatchOf = std::conditional_t<N == 2, Batch, std::array<Tensor, N>>;

/// A pass over a dataset: the number of the epoch, and the seed of what is random in it.
struct Pass {
  std::uint64_t epoch = 0;
  std::uint64_t seed = 0;
};

/// What datasets of any number of columns have in common. Derive from Dataset or DatasetOf, not from this.
class AnyDataset {
 public:
  virtual ~AnyDataset() = default;

  /// The number of rows.
  virtual std::int64_t size() const = 0;
  /// The columns of a batch, into `to[0] .. to[N - 1]`.
  virtual void columns_of(const Pass& pass, const std::int64_t* rows, std::int64_t count, Tensor* to) const = 0;

 protected:
  AnyDataset() = default;
  AnyDataset(const AnyDataset&) = default;
  AnyDataset(AnyDataset&&) = default;
  AnyDataset& operator=(const AnyDataset&) = default;
  AnyDataset& operator=(AnyDataset&&) = default;
};

/// Numbered rows of N columns, from which a loader makes batches. Derive a dataset of your own from it, or from Dataset
/// if it has two columns. gather() may be called from several threads at once.
template <std::size_t N>
class DatasetOf : public AnyDataset {
 public:
  static_assert(N > 0, "a dataset has at least one column");
  /// The number of columns.
  static constexpr std::size_t column_count = N;

  /// The rows with the numbers `rows[0] .. rows[count - 1]`, in that order, which may repeat: tensors whose axis 0 has
  /// the size `count`. A number outside 0 .. size() - 1 is an error (std::invalid_argument).
  virtual BatchOf<N> gather(const std::int64_t* rows, std::int64_t count) const = 0;
  /// The same in one pass over the dataset, on which rows may depend that are changed at random. A dataset without
  /// randomness overrides gather() alone.
  virtual BatchOf<N> gather_in(const Pass& pass, const std::int64_t* rows, std::int64_t count) const {
    static_cast<void>(pass);
    return gather(rows, count);
  }
  void columns_of(const Pass& pass, const std::int64_t* rows, std::int64_t count, Tensor* to) const final;
};

/// A dataset of inputs and targets: the usual case.
using Dataset = DatasetOf<2>;

namespace detail {

/// The columns of a batch as an array, and a batch of columns.
template <std::size_t N>
std::array<Tensor, N> columns_of(BatchOf<N> batch) {
  if constexpr (N == 2)
    return {std::move(batch.inputs), std::move(batch.targets)};
  else
    return batch;
}
template <std::size_t N>
BatchOf<N> batch_of(std::array<Tensor, N> columns) {
  if constexpr (N == 2)
    return {std::move(columns[0]), std::move(columns[1])};
  else
    return columns;
}

/// Throws std::invalid_argument unless the columns have equally many rows on axis 0; the number of rows.
std::int64_t check_columns(const Tensor* columns, std::size_t count);
/// Detached copies of the rows of every column.
void gather_columns(const Tensor* columns, std::size_t width, const std::int64_t* rows, std::int64_t count, Tensor* to);
/// What messages call a column of a dataset: "inputs", "targets" or "column 3".
std::string column_name(std::size_t column, std::size_t width);
/// Throws std::invalid_argument, in the name of `op`, unless column < width.
void check_column(const char* op, std::size_t column, std::size_t width);

/// A dataset by value, or by shared pointer, as a shared pointer.
template <class D>
std::shared_ptr<const D> shared(std::shared_ptr<D> dataset) {
  return dataset;
}
template <class D, std::enable_if_t<std::is_base_of_v<AnyDataset, std::decay_t<D>>, int> = 0>
std::shared_ptr<const std::decay_t<D>> shared(D&& dataset) {
  return std::make_shared<const std::decay_t<D>>(std::forward<D>(dataset));
}
/// The type of dataset that `D`, a dataset or a shared pointer to one, is or points to.
template <class D>
using DatasetIn = std::decay_t<decltype(*shared(std::declval<D>()))>;
/// Enabled where D is a dataset of N columns or a shared pointer to one.
template <class D, std::size_t N>
using IfDataset = std::enable_if_t<DatasetIn<D>::column_count == N, int>;

}  // namespace detail

template <std::size_t N>
void DatasetOf<N>::columns_of(const Pass& pass, const std::int64_t* rows, std::int64_t count, Tensor* to) const {
  std::array<Tensor, N> columns = detail::columns_of<N>(gather_in(pass, rows, count));
  for (std::size_t i = 0; i < N; ++i) to[i] = std::move(columns[i]);
}

/// N tensors with equally many rows on axis 0, of any dtypes: `TensorDataset(x, y)`, `TensorDataset(x, y, w)`. Shares
/// their storage; gather() returns detached copies.
template <std::size_t N>
class TensorDataset : public DatasetOf<N> {
 public:
  /// Throws std::invalid_argument when a tensor is undefined or of rank 0, or when the numbers of rows differ.
  template <class... T,
            std::enable_if_t<sizeof...(T) == N && (std::is_convertible_v<const T&, Tensor> && ...), int> = 0>
  explicit TensorDataset(const T&... columns) : columns_{Tensor(columns)...} {
    size_ = detail::check_columns(columns_.data(), N);
    for (Tensor& column : columns_) column = column.detach();
  }

  std::int64_t size() const override { return size_; }
  BatchOf<N> gather(const std::int64_t* rows, std::int64_t count) const override {
    std::array<Tensor, N> gathered;
    detail::gather_columns(columns_.data(), N, rows, count, gathered.data());
    return detail::batch_of<N>(std::move(gathered));
  }

  /// All rows of a column; one that is not there is an error (std::invalid_argument).
  const Tensor& column(std::size_t i) const& {
    detail::check_column("TensorDataset", i, N);
    return columns_[i];
  }
  Tensor column(std::size_t i) && { return std::as_const(*this).column(i); }
  const Tensor& inputs() const& { return columns_[0]; }
  Tensor inputs() && { return columns_[0]; }
  /// Of two columns, the second.
  const Tensor& targets() const& {
    static_assert(N == 2, "targets() is for datasets of two columns: use column(i)");
    return columns_[N == 2 ? 1 : 0];
  }
  Tensor targets() && { return std::as_const(*this).targets(); }

 private:
  std::array<Tensor, N> columns_;
  std::int64_t size_ = 0;
};

template <class... T, class = std::enable_if_t<(std::is_convertible_v<const T&, Tensor> && ...)>>
TensorDataset(const T&...) -> TensorDataset<sizeof...(T)>;

/// A dataset that is read row by row. row() gives the columns of one row; the rows of a batch are stacked along a new
/// axis 0. What row() draws from default_generator() depends on the seed, the epoch and the number of the row alone.
template <std::size_t N>
class RowDatasetOf : public DatasetOf<N> {
 public:
  virtual BatchOf<N> row(std::int64_t number) const = 0;
  /// Makes a batch of rows, at least one. Override it where rows have different shapes.
  virtual BatchOf<N> collate(const std::vector<BatchOf<N>>& rows) const;

  BatchOf<N> gather(const std::int64_t* rows, std::int64_t count) const final { return gather_in({}, rows, count); }
  BatchOf<N> gather_in(const Pass& pass, const std::int64_t* rows, std::int64_t count) const final;
};
using RowDataset = RowDatasetOf<2>;

/// Throws std::invalid_argument, in the name of `op`, unless count >= 0 and every row lies in 0 .. size - 1.
void check_rows(const char* op, const std::int64_t* rows, std::int64_t count, std::int64_t size);

namespace detail {

/// Calls read(context, number) for each row of a batch, with a default generator for that row; for the op `op`.
void for_each_row(const char* op, const Pass& pass, const std::int64_t* rows, std::int64_t count, std::int64_t size,
                  void (*read)(void*, std::int64_t), void* context);
/// Rows of equal shapes and dtypes, stacked along a new axis 0.
Tensor stack_rows(const char* op, const std::vector<Tensor>& rows, const std::string& name);

}  // namespace detail

template <std::size_t N>
BatchOf<N> RowDatasetOf<N>::collate(const std::vector<BatchOf<N>>& rows) const {
  std::array<std::vector<Tensor>, N> columns;
  for (const BatchOf<N>& row : rows) {
    const std::array<Tensor, N> parts = detail::columns_of<N>(row);
    for (std::size_t i = 0; i < N; ++i) columns[i].push_back(parts[i]);
  }
  std::array<Tensor, N> batch;
  for (std::size_t i = 0; i < N; ++i)
    batch[i] = detail::stack_rows("RowDataset", columns[i], detail::column_name(i, N));
  return detail::batch_of<N>(std::move(batch));
}

template <std::size_t N>
BatchOf<N> RowDatasetOf<N>::gather_in(const Pass& pass, const std::int64_t* rows, std::int64_t count) const {
  struct Reading {
    const RowDatasetOf* from;
    std::vector<BatchOf<N>> rows;
  } reading{this, {}};
  detail::for_each_row(
      "RowDataset", pass, rows, count, this->size(),
      [](void* context, std::int64_t number) {
        auto* to = static_cast<Reading*>(context);
        to->rows.push_back(to->from->row(number));
      },
      &reading);
  return collate(reading.rows);
}

}  // namespace xgrad::data
