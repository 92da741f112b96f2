#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/data/dataset.hpp>

namespace xgrad::data {

/// Options of a DataLoader: `DataLoader::Options().batch_size(100).shuffle().seed(1)`.
class LoaderOptions {
 public:
  /// Rows in a batch, at least 1; default 1.
  LoaderOptions& batch_size(Dim rows) {
    batch_size_ = rows;
    return *this;
  }
  /// A new random order in every epoch; by default the order of the dataset.
  LoaderOptions& shuffle(bool on = true) {
    shuffle_ = on;
    return *this;
  }
  /// Leaves out a last batch that has fewer rows; by default it is kept.
  LoaderOptions& drop_last(bool on = true) {
    drop_last_ = on;
    return *this;
  }
  /// Determines the order, together with the number of the epoch; default 0.
  LoaderOptions& seed(std::uint64_t seed) {
    seed_ = seed;
    return *this;
  }

 private:
  friend class DataLoader;
  std::int64_t batch_size_ = 1;
  bool shuffle_ = false;
  bool drop_last_ = false;
  std::uint64_t seed_ = 0;
};

/// Goes through a dataset in batches. Every begin() starts the next epoch, numbered from 0; the order of epoch e
/// depends on the seed and e alone, so it is the same on every machine and after every restart.
///
///     for (auto [images, labels] : loader) ...
///
/// A loader is used by one thread at a time and must outlive its iterators.
class DataLoader {
 public:
  using Options = LoaderOptions;
  class Iterator;

  /// A position in training: `batch` batches of epoch `epoch` have been returned. Two plain numbers, to be saved with a
  /// model.
  struct Position {
    std::uint64_t epoch = 0;
    std::int64_t batch = 0;
  };

  /// Throws std::invalid_argument when the dataset is null or the batch size is below 1.
  explicit DataLoader(std::shared_ptr<const Dataset> dataset, const Options& options = Options());
  /// The same over a dataset by value.
  template <class D, std::enable_if_t<std::is_base_of_v<Dataset, std::decay_t<D>>, int> = 0>
  explicit DataLoader(D&& dataset, const Options& options = Options())
      : DataLoader(std::make_shared<const std::decay_t<D>>(std::forward<D>(dataset)), options) {}

  /// The number of batches in an epoch: rows / batch size, rounded up, or down with drop_last.
  std::int64_t size() const;
  std::int64_t dataset_size() const { return dataset_->size(); }
  std::int64_t batch_size() const { return options_.batch_size_; }
  const Dataset& dataset() const { return *dataset_; }

  /// Starts the next epoch.
  Iterator begin();
  Iterator end() const;

  /// The position after the last batch returned; after the last batch of an epoch, the start of the next one.
  Position position() const { return position_; }
  /// Makes the next begin() continue from `position`, so that a resumed run gets the same batches as one that was not
  /// stopped. Throws std::invalid_argument when an epoch has fewer batches.
  void set_position(Position position);

  /// The rows of epoch `epoch`, in order.
  std::vector<std::int64_t> order(std::uint64_t epoch) const;

 private:
  Batch take(const std::vector<std::int64_t>& rows, Position at);

  std::shared_ptr<const Dataset> dataset_;
  Options options_;
  Position position_;
  Position next_begin_;
};

/// An input iterator over the batches of one epoch. Each `*it` gathers the batch again.
class DataLoader::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;
  using reference = Batch;
  class pointer {
   public:
    explicit pointer(Batch batch) : batch_(std::move(batch)) {}
    Batch* operator->() { return &batch_; }

   private:
    Batch batch_;
  };

  Iterator() = default;

  /// The batch; at the end there is none, which is an error.
  Batch operator*() const {
    if (loader_ == nullptr || at_.batch >= loader_->size()) refuse_end();
    return loader_->take(*rows_, at_);
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
  friend class DataLoader;
  [[noreturn]] static void refuse_end();
  Iterator(DataLoader* loader, std::shared_ptr<const std::vector<std::int64_t>> rows, Position at)
      : loader_(loader), rows_(std::move(rows)), at_(at) {}

  DataLoader* loader_ = nullptr;
  std::shared_ptr<const std::vector<std::int64_t>> rows_;
  Position at_;
};

inline DataLoader::Iterator DataLoader::end() const { return Iterator(nullptr, nullptr, {0, size()}); }

}  // namespace xgrad::data
