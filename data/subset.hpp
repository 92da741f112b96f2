#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/data/dataset.hpp>
#include <xgrad/data/draws.hpp>

namespace xgrad::data {

namespace detail {

/// `rows` by the numbers of `of`: of[rows[0]], of[rows[1]], ...
std::vector<std::int64_t> translated(const std::vector<std::int64_t>& of, const std::int64_t* rows, std::int64_t count);
void check_subset(const std::vector<std::int64_t>& rows, std::int64_t size);

}  // namespace detail

/// Some rows of a dataset, under new numbers 0, 1, ...; a row may be there twice.
template <std::size_t N>
class Subset : public DatasetOf<N> {
 public:
  /// Throws std::invalid_argument when the dataset is null or a row is not in it.
  Subset(std::shared_ptr<const DatasetOf<N>> dataset, std::vector<std::int64_t> rows)
      : dataset_(std::move(dataset)), rows_(std::make_shared<const std::vector<std::int64_t>>(std::move(rows))) {
    detail::check_subset(*rows_, dataset_ ? dataset_->size() : -1);
  }
  template <class D, detail::IfDataset<D, N> = 0>
  Subset(D&& dataset, std::vector<std::int64_t> rows)
      : Subset(std::shared_ptr<const DatasetOf<N>>(detail::shared(std::forward<D>(dataset))), std::move(rows)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(rows_->size()); }
  BatchOf<N> gather(const std::int64_t* rows, std::int64_t count) const override {
    return dataset_->gather(detail::translated(*rows_, rows, count).data(), count);
  }
  BatchOf<N> gather_in(const Pass& pass, const std::int64_t* rows, std::int64_t count) const override {
    return dataset_->gather_in(pass, detail::translated(*rows_, rows, count).data(), count);
  }

  /// The numbers of the rows in the whole dataset.
  const std::vector<std::int64_t>& rows() const { return *rows_; }
  const DatasetOf<N>& dataset() const { return *dataset_; }

 private:
  std::shared_ptr<const DatasetOf<N>> dataset_;
  std::shared_ptr<const std::vector<std::int64_t>> rows_;
};

template <class D, std::size_t N = detail::DatasetIn<D>::column_count>
Subset(D&&, std::vector<std::int64_t>) -> Subset<N>;

/// How many rows a part of a dataset has: an integer, or a fraction of all as a floating-point number.
class Part {
 public:
  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  Part(I rows) : rows_(Dim(rows).value("random_split")) {}
  Part(double fraction) : fraction_(fraction), is_fraction_(true) {}

  std::int64_t rows() const { return rows_; }
  double fraction() const { return fraction_; }
  bool is_fraction() const { return is_fraction_; }

 private:
  std::int64_t rows_ = 0;
  double fraction_ = 0;
  bool is_fraction_ = false;
};

namespace detail {

/// The rows of each part.
std::vector<std::vector<std::int64_t>> split_rows(std::int64_t size, const Part* parts, std::size_t count,
                                                  std::uint64_t seed);

template <std::size_t N, std::size_t... K>
std::array<Subset<N>, sizeof...(K)> subsets(const std::shared_ptr<const DatasetOf<N>>& of,
                                            std::vector<std::vector<std::int64_t>> rows, std::index_sequence<K...>) {
  return {Subset<N>(of, std::move(rows[K]))...};
}

}  // namespace detail

/// Splits a dataset at random into parts that share no row:
///
///     auto [train, test] = random_split(dataset, {0.8, 0.2}, 7);
///
/// Counts must add up to all rows. Fractions must add up to 1: a part gets its share rounded down, and what is left
/// goes to the first parts, a row each, as in PyTorch. Throws std::invalid_argument otherwise, and for a count that is
/// negative, a fraction outside [0, 1], and a mixture of both.
template <class D, std::size_t K, std::size_t N = detail::DatasetIn<D>::column_count>
[[nodiscard]] std::array<Subset<N>, K> random_split(D&& dataset, const Part (&parts)[K], std::uint64_t seed = 0) {
  const std::shared_ptr<const DatasetOf<N>> shared = detail::shared(std::forward<D>(dataset));
  return detail::subsets<N>(shared, detail::split_rows(shared ? shared->size() : -1, parts, K, seed),
                            std::make_index_sequence<K>{});
}

namespace detail {

/// Where the rows of several datasets, one after the other, begin.
class Parts {
 public:
  /// The next dataset has `size` rows.
  void add(std::int64_t size, bool null);
  std::int64_t size() const;
  /// The datasets that have any of the rows, the numbers that the rows have there, and their places in the batch.
  struct Share {
    std::size_t part;
    std::vector<std::int64_t> rows, places;
  };
  std::vector<Share> shares(const std::int64_t* rows, std::int64_t count) const;
  /// Puts the rows of `from[i]` to the places of share i.
  static Tensor merged(const std::vector<Share>& shares, const std::vector<Tensor>& from, std::int64_t count,
                       const std::string& name);

 private:
  std::vector<std::int64_t> begins_{0};
};

}  // namespace detail

/// The rows of several datasets, one after the other. A batch may have rows of several: then their columns must agree
/// in dtype and in the sizes of all axes but the first. What is random in them differs from dataset to dataset.
template <std::size_t N>
class ConcatDataset : public DatasetOf<N> {
 public:
  explicit ConcatDataset(std::vector<std::shared_ptr<const DatasetOf<N>>> datasets) : datasets_(std::move(datasets)) {
    for (const auto& each : datasets_) parts_.add(each ? each->size() : 0, !each);
  }
  template <class First, class... D,
            std::enable_if_t<detail::DatasetIn<First>::column_count == N &&
                                 ((detail::DatasetIn<D>::column_count == N) && ...) &&
                                 !(sizeof...(D) == 0 && std::is_same_v<std::decay_t<First>, ConcatDataset>),
                             int> = 0>
  explicit ConcatDataset(First&& first, D&&... datasets)
      : ConcatDataset(std::vector<std::shared_ptr<const DatasetOf<N>>>{detail::shared(std::forward<First>(first)),
                                                                       detail::shared(std::forward<D>(datasets))...}) {}

  std::int64_t size() const override { return parts_.size(); }
  BatchOf<N> gather(const std::int64_t* rows, std::int64_t count) const override { return gather_in({}, rows, count); }
  BatchOf<N> gather_in(const Pass& pass, const std::int64_t* rows, std::int64_t count) const override {
    const std::vector<detail::Parts::Share> shares = parts_.shares(rows, count);
    std::array<std::vector<Tensor>, N> gathered;
    for (const detail::Parts::Share& share : shares) {
      const std::array<Tensor, N> columns = detail::columns_of<N>(datasets_[share.part]->gather_in(
          detail::pass_of_part(pass, share.part), share.rows.data(), static_cast<std::int64_t>(share.rows.size())));
      for (std::size_t i = 0; i < N; ++i) gathered[i].push_back(columns[i]);
    }
    std::array<Tensor, N> result;
    for (std::size_t i = 0; i < N; ++i)
      result[i] = detail::Parts::merged(shares, gathered[i], count, detail::column_name(i, N));
    return detail::batch_of<N>(std::move(result));
  }

 private:
  std::vector<std::shared_ptr<const DatasetOf<N>>> datasets_;
  detail::Parts parts_;
};

template <class First, class... D, std::size_t N = detail::DatasetIn<First>::column_count>
ConcatDataset(First&&, D&&...) -> ConcatDataset<N>;

}  // namespace xgrad::data
