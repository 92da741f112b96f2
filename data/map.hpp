#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/graph/callable.hpp>
#include <xgrad/data/dataset.hpp>
#include <xgrad/data/draws.hpp>
#include <xgrad/data/transforms.hpp>

namespace xgrad::data {

namespace detail {

/// The number of columns of what a function of tensors returns: a tensor is one, a Batch two, an array as many as it
/// has.
template <class R>
inline constexpr std::size_t columns_of_result = 1;
template <>
inline constexpr std::size_t columns_of_result<Batch> = 2;
template <std::size_t K>
inline constexpr std::size_t columns_of_result<std::array<Tensor, K>> = K;

template <std::size_t M, class R>
BatchOf<M> as_batch(R&& result) {
  if constexpr (std::is_convertible_v<R&&, BatchOf<M>>)
    return std::forward<R>(result);
  else if constexpr (std::is_convertible_v<R&&, Tensor>)
    return BatchOf<M>{Tensor(std::forward<R>(result))};
  else
    return batch_of<M>(std::forward<R>(result));
}

template <class F, std::size_t N, std::size_t... I>
auto call(const F& f, std::array<Tensor, N> columns, std::index_sequence<I...>) {
  return f(std::move(columns[I])...);
}
template <class F, std::size_t N>
using ResultOf =
    decltype(call(std::declval<const F&>(), std::declval<std::array<Tensor, N>>(), std::make_index_sequence<N>{}));

template <std::size_t N>
std::shared_ptr<const DatasetOf<N>> checked(std::shared_ptr<const DatasetOf<N>> dataset, const char* op) {
  if (!dataset) refuse_null(op);
  return dataset;
}

template <std::size_t N, std::size_t M, class F>
class MappedBatches : public DatasetOf<M> {
 public:
  MappedBatches(std::shared_ptr<const DatasetOf<N>> dataset, F f)
      : dataset_(checked<N>(std::move(dataset), "map")),
        f_(xgrad::detail::checked_function("map", "the batches", std::move(f))) {}
  std::int64_t size() const override { return dataset_->size(); }
  BatchOf<M> gather(const std::int64_t* rows, std::int64_t count) const override { return gather_in({}, rows, count); }
  BatchOf<M> gather_in(const Pass& pass, const std::int64_t* rows, std::int64_t count) const override {
    return as_batch<M>(call(f_, columns_of<N>(dataset_->gather_in(pass, rows, count)), std::make_index_sequence<N>{}));
  }

 private:
  std::shared_ptr<const DatasetOf<N>> dataset_;
  F f_;
};

template <std::size_t N, std::size_t M, class F>
class MappedRows : public DatasetOf<M> {
 public:
  MappedRows(std::shared_ptr<const DatasetOf<N>> dataset, F f)
      : dataset_(checked<N>(std::move(dataset), "map_rows")),
        f_(xgrad::detail::checked_function("map_rows", "the rows", std::move(f))) {}
  std::int64_t size() const override { return dataset_->size(); }
  BatchOf<M> gather(const std::int64_t* rows, std::int64_t count) const override { return gather_in({}, rows, count); }
  BatchOf<M> gather_in(const Pass& pass, const std::int64_t* rows, std::int64_t count) const override {
    struct Reading {
      const MappedRows* from;
      std::array<Tensor, N> batch;
      std::int64_t next;
      std::array<std::vector<Tensor>, M> columns;
    } reading{this, columns_of<N>(dataset_->gather_in(Draws::within(pass), rows, count)), 0, {}};
    for_each_row(
        "map_rows", pass, rows, count, size(),
        [](void* context, std::int64_t) {
          auto* to = static_cast<Reading*>(context);
          std::array<Tensor, N> row;
          for (std::size_t i = 0; i < N; ++i) row[i] = to->batch[i].select(0, to->next);
          ++to->next;
          std::array<Tensor, M> made =
              columns_of<M>(as_batch<M>(call(to->from->f_, std::move(row), std::make_index_sequence<N>{})));
          for (std::size_t i = 0; i < M; ++i) to->columns[i].push_back(std::move(made[i]));
        },
        &reading);
    std::array<Tensor, M> made;
    for (std::size_t i = 0; i < M; ++i) made[i] = stack_rows("map_rows", reading.columns[i], column_name(i, M));
    return batch_of<M>(std::move(made));
  }

 private:
  std::shared_ptr<const DatasetOf<N>> dataset_;
  F f_;
};

}  // namespace detail

/// A dataset whose batches are f of the batches of another: f gets a tensor for each column, whose axis 0 counts the
/// rows, and returns a tensor, a Batch or an array of tensors, the columns of the result.
///
///     data::map(dataset, [](const Tensor& x, const Tensor& y) { return data::Batch{x / 255, y}; })
///
/// f is called from the threads of a loader, with recording off, and must treat each row by itself if batches are to
/// mean the same in any order.
template <class D, class F, std::size_t N = detail::DatasetIn<D>::column_count, class R = detail::ResultOf<F, N>>
[[nodiscard]] auto map(D&& dataset, F f) {
  constexpr std::size_t columns = detail::columns_of_result<std::decay_t<R>>;
  return detail::MappedBatches<N, columns, F>(detail::shared(std::forward<D>(dataset)), std::move(f));
}

/// The same with a function of the tensors of a row, without axis 0. Results are stacked; so they must have equal
/// shapes. What f draws from default_generator() depends on the seed, the epoch and the row alone.
template <class D, class F, std::size_t N = detail::DatasetIn<D>::column_count, class R = detail::ResultOf<F, N>>
[[nodiscard]] auto map_rows(D&& dataset, F f) {
  constexpr std::size_t columns = detail::columns_of_result<std::decay_t<R>>;
  return detail::MappedRows<N, columns, F>(detail::shared(std::forward<D>(dataset)), std::move(f));
}

/// A dataset one of whose columns, the first unless another is named, goes through a transform. What is random in it
/// depends on the loader's seed, the epoch and the number of the row in this dataset: so it differs from epoch to
/// epoch, but not with the order of rows, the size of batches or threads.
template <std::size_t N>
class TransformedDataset : public DatasetOf<N> {
 public:
  /// Throws std::invalid_argument when the dataset is null or has no such column.
  TransformedDataset(std::shared_ptr<const DatasetOf<N>> dataset, Transform transform, std::size_t column = 0)
      : dataset_(detail::checked<N>(std::move(dataset), "TransformedDataset")),
        transform_(std::move(transform)),
        column_(column) {
    detail::check_column("TransformedDataset", column, N);
  }
  template <class D, detail::IfDataset<D, N> = 0>
  TransformedDataset(D&& dataset, Transform transform, std::size_t column = 0)
      : TransformedDataset(std::shared_ptr<const DatasetOf<N>>(detail::shared(std::forward<D>(dataset))),
                           std::move(transform), column) {}

  std::int64_t size() const override { return dataset_->size(); }
  /// As in epoch 0 of seed 0.
  BatchOf<N> gather(const std::int64_t* rows, std::int64_t count) const override { return gather_in({}, rows, count); }
  BatchOf<N> gather_in(const Pass& pass, const std::int64_t* rows, std::int64_t count) const override {
    std::array<Tensor, N> columns = detail::columns_of<N>(dataset_->gather_in(Draws::within(pass), rows, count));
    columns[column_] = transform_(columns[column_], Draws(pass, rows, count));
    return detail::batch_of<N>(std::move(columns));
  }

  const Transform& transform() const { return transform_; }

 private:
  std::shared_ptr<const DatasetOf<N>> dataset_;
  Transform transform_;
  std::size_t column_;
};

template <class D, class T, std::size_t N = detail::DatasetIn<D>::column_count>
TransformedDataset(D&&, T&&, std::size_t = 0) -> TransformedDataset<N>;

}  // namespace xgrad::data
