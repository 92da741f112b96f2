#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/data/dataset.hpp>
#include <xgrad/data/sampler.hpp>

namespace xgrad::data {

namespace detail {
class LoaderState;
}

/// Options of a DataLoader: `DataLoader::Options().batch_size(100).shuffle().seed(1)`.
class LoaderOptions : public xgrad::detail::OptionsOf<LoaderOptions> {
 public:
  /// Rows in a batch, at least 1; default 1.
  LoaderOptions& batch_size(Dim rows) { return set(batch_size_, rows); }
  /// A new random order in every epoch; by default the order of the dataset.
  LoaderOptions& shuffle(bool on = true) { return set(shuffle_, on); }
  /// Leaves out a last batch that has fewer rows; by default it is kept.
  LoaderOptions& drop_last(bool on = true) { return set(drop_last_, on); }
  /// Determines the order and what is random in the rows, together with the number of the epoch; default 0.
  LoaderOptions& seed(std::uint64_t seed) { return set(seed_, seed); }
  /// Who chooses the rows and their order, instead of shuffle().
  template <class S, std::enable_if_t<std::is_base_of_v<Sampler, std::decay_t<S>>, int> = 0>
  LoaderOptions& sampler(S&& sampler) {
    return this->sampler(std::make_shared<const std::decay_t<S>>(std::forward<S>(sampler)));
  }
  LoaderOptions& sampler(std::shared_ptr<const Sampler> sampler);
  /// Who chooses whole batches, instead of batch_size(), shuffle(), drop_last() and sampler().
  template <class S, std::enable_if_t<std::is_base_of_v<BatchSampler, std::decay_t<S>>, int> = 0>
  LoaderOptions& batch_sampler(S&& sampler) {
    return batch_sampler(std::make_shared<const std::decay_t<S>>(std::forward<S>(sampler)));
  }
  LoaderOptions& batch_sampler(std::shared_ptr<const BatchSampler> sampler);
  /// Threads that make batches ahead of the program; 0, the default, makes each when it is asked for. The batches are
  /// the same.
  LoaderOptions& workers(Dim threads) { return set(workers_, threads); }
  /// How many batches each of these threads may be ahead, at least 1; default 2.
  LoaderOptions& prefetch_factor(Dim batches) { return set(prefetch_factor_, batches); }

 private:
  friend class detail::LoaderState;
  std::int64_t batch_size_ = 1;
  bool shuffle_ = false;
  bool drop_last_ = false;
  std::uint64_t seed_ = 0;
  std::int64_t workers_ = 0;
  std::int64_t prefetch_factor_ = 2;
  std::shared_ptr<const Sampler> sampler_;
  std::shared_ptr<const BatchSampler> batch_sampler_;
};

/// A position in training: `batch` batches of epoch `epoch` have been returned. Two plain numbers, to be saved with a
/// model.
struct LoaderPosition {
  std::uint64_t epoch = 0;
  std::int64_t batch = 0;
};

namespace detail {

/// One epoch that begin() has started, with its threads.
class LoaderRun;

/// What loaders have in common. Copies go on by themselves from the same position.
class LoaderCore {
 public:
  LoaderCore(std::shared_ptr<const AnyDataset> dataset, std::size_t columns, const LoaderOptions& options);
  LoaderCore(const LoaderCore& other);
  /// What was moved from stays a loader, at the same position.
  LoaderCore(LoaderCore&& other) noexcept : state_(other.state_) {}
  LoaderCore& operator=(const LoaderCore& other);
  LoaderCore& operator=(LoaderCore&& other) noexcept {
    state_ = other.state_;
    return *this;
  }
  ~LoaderCore() = default;

  std::int64_t size() const;
  std::int64_t dataset_size() const;
  std::int64_t batch_size() const;
  LoaderPosition position() const;
  void set_position(LoaderPosition position);
  std::function<void()> restorer() const;
  std::vector<std::int64_t> order(std::uint64_t epoch) const;
  const AnyDataset& dataset() const;

  std::shared_ptr<LoaderRun> begin(LoaderPosition& start);
  /// Batch `number`, into `columns`; beyond the last one, and without a run, an error.
  static void take(LoaderRun* run, std::int64_t number, Tensor* columns);

 private:
  std::shared_ptr<LoaderState> state_;
};

}  // namespace detail

/// Goes through a dataset of N columns in batches. Every begin() starts the next epoch, numbered from 0; the order of
/// epoch e depends on the seed and e alone, so it is the same on every machine and after every restart.
///
///     for (auto [x, y, w] : loader) ...
///
/// `Loader loader(dataset, options)` finds N by itself; of two columns, `DataLoader` is the usual name.
///
/// Batches are made with recording off. What a dataset draws from default_generator() depends on the seed, the epoch
/// and the number of the batch alone. With workers, gather() is called in other threads; what it throws arrives where
/// its batch is asked for, and asking again tries again. A break, or an exception in the loop, waits for the batches
/// that are being made and ends the threads. In a forked child an epoch that was begun before goes on without them.
///
/// A loader is used by one thread at a time. An iterator goes on if its loader no longer exists.
template <std::size_t N>
class Loader {
 public:
  using Options = LoaderOptions;
  using Position = LoaderPosition;
  class Iterator;

  /// Throws std::invalid_argument when the dataset is null, the batch size or the prefetch factor below 1, the number
  /// of workers negative or above 1024, or options exclude each other.
  explicit Loader(std::shared_ptr<const DatasetOf<N>> dataset, const Options& options = Options())
      : core_(std::move(dataset), N, options) {}
  /// The same over a dataset by value.
  template <class D, std::enable_if_t<std::is_base_of_v<DatasetOf<N>, std::decay_t<D>>, int> = 0>
  explicit Loader(D&& dataset, const Options& options = Options())
      : Loader(std::shared_ptr<const DatasetOf<N>>(detail::shared(std::forward<D>(dataset))), options) {}

  /// The number of batches in an epoch: rows / batch size, rounded up, or down with drop_last.
  std::int64_t size() const { return core_.size(); }
  std::int64_t dataset_size() const { return core_.dataset_size(); }
  std::int64_t batch_size() const { return core_.batch_size(); }
  const DatasetOf<N>& dataset() const { return static_cast<const DatasetOf<N>&>(core_.dataset()); }

  /// Starts the next epoch.
  Iterator begin() {
    Position start;
    std::shared_ptr<detail::LoaderRun> run = core_.begin(start);
    return Iterator(std::move(run), start);
  }
  Iterator end() const { return Iterator(nullptr, {0, size()}); }

  /// The position after the last batch returned; after the last batch of an epoch, the start of the next one. Batches
  /// that workers have made ahead do not count.
  Position position() const { return core_.position(); }
  /// Makes the next begin() continue from `position`, so that a resumed run gets the same batches as one that was not
  /// stopped. Throws std::invalid_argument when an epoch has fewer batches.
  void set_position(Position position) { core_.set_position(position); }
  /// A function that brings back the position, and where the next begin() starts: that is the next epoch, and not the
  /// position, unless set_position() has said so.
  [[nodiscard]] std::function<void()> restorer() const { return core_.restorer(); }

  /// The rows of epoch `epoch`, in order.
  std::vector<std::int64_t> order(std::uint64_t epoch) const { return core_.order(epoch); }

 private:
  detail::LoaderCore core_;
};

template <class D, std::size_t N = detail::DatasetIn<D>::column_count>
Loader(D&&, const LoaderOptions& = LoaderOptions()) -> Loader<N>;

/// The loader of a dataset of inputs and targets.
///
///     for (auto [images, labels] : loader) ...
using DataLoader = Loader<2>;

/// An input iterator over the batches of one epoch. Each `*it` gives the batch again.
template <std::size_t N>
class Loader<N>::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = BatchOf<N>;
  using difference_type = std::ptrdiff_t;
  using reference = BatchOf<N>;
  class pointer {
   public:
    explicit pointer(BatchOf<N> batch) : batch_(std::move(batch)) {}
    BatchOf<N>* operator->() { return &batch_; }

   private:
    BatchOf<N> batch_;
  };

  Iterator() = default;

  /// The batch; at the end there is none, which is an error.
  BatchOf<N> operator*() const {
    std::array<Tensor, N> columns;
    detail::LoaderCore::take(run_.get(), at_.batch, columns.data());
    return detail::batch_of<N>(std::move(columns));
  }
  pointer operator->() const { return pointer(**this); }
  Iterator& operator++() {
    ++at_.batch;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++at_.batch;
    return before;
  }

  /// Iterators over the same loader are equal after the same number of batches; all epochs have the same end.
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_.batch == b.at_.batch; }
  friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

 private:
  friend class Loader;
  Iterator(std::shared_ptr<detail::LoaderRun> run, Position at) : run_(std::move(run)), at_(at) {}

  std::shared_ptr<detail::LoaderRun> run_;
  Position at_;
};

}  // namespace xgrad::data
