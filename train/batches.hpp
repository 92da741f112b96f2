#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/data/dataset.hpp>
#include <xgrad/data/loader.hpp>
#include <xgrad/train/checkpoint.hpp>

namespace xgrad::train {

namespace detail {

template <class D>
inline constexpr bool is_dataset = std::is_base_of_v<data::AnyDataset, std::remove_cv_t<std::remove_reference_t<D>>>;

template <class B, class = void>
struct IsTuple : std::false_type {};
template <class B>
struct IsTuple<B, std::void_t<decltype(std::tuple_size<B>::value)>> : std::true_type {};

template <class L, class = void>
struct HasSize : std::false_type {};
template <class L>
struct HasSize<L, std::void_t<decltype(static_cast<std::int64_t>(std::declval<const L&>().size()))>> : std::true_type {
};

template <class L, class = void>
struct HasRows : std::false_type {};
template <class L>
struct HasRows<L, std::void_t<decltype(static_cast<std::int64_t>(std::declval<const L&>().dataset_size()))>>
    : std::true_type {};

template <class L, class = void>
struct HasBatchSize : std::false_type {};
template <class L>
struct HasBatchSize<L, std::void_t<decltype(static_cast<std::int64_t>(std::declval<const L&>().batch_size()))>>
    : std::true_type {};

/// What a loader says of its size, or -1 where it does not tell.
template <bool tells, class L, class F>
std::int64_t count_of(const L& loader, const F& f) {
  if constexpr (tells) return static_cast<std::int64_t>(f(loader));
  return -1;
}

/// The tensors of a batch: of one tensor, a vector, a tuple, pair or array, or inputs and targets.
template <class B>
std::vector<Tensor> columns_of(const B& batch) {
  if constexpr (std::is_base_of_v<Tensor, B>)
    return {batch};
  else if constexpr (std::is_convertible_v<const B&, std::vector<Tensor>>)
    return batch;
  else if constexpr (IsTuple<B>::value)
    return std::apply([](const auto&... column) { return std::vector<Tensor>{column...}; }, batch);
  else
    return {batch.inputs, batch.targets};
}

}  // namespace detail

/// A reference to anything that a range-based for goes through in batches: a data::DataLoader, a std::vector of
/// batches, a class of one's own. What it refers to must outlive it. A batch is one tensor, a std::vector, std::tuple,
/// std::pair or std::array of tensors, or has members `inputs` and `targets`.
///
/// With size(), position() and set_position(), as a DataLoader has them, a training resumes in the middle of an epoch
/// at once, and keeps its own place: evaluate(), or a loop of one's own over the same loader, does not move it. Without
/// them a training goes through the batches that it had, which must be the same in each epoch.
class Batches {
 public:
  template <class L,
            std::enable_if_t<!std::is_same_v<std::remove_const_t<L>, Batches> && !detail::is_dataset<L>, int> = 0>
  Batches(L& loader);
  Batches(const Batches&) = default;  // a move is a copy, so that there is always a loader
  Batches& operator=(const Batches&) = default;
  /// Passing a dataset does not compile, since it does not say how its rows become batches: wrap it in a loader.
  template <class D, std::enable_if_t<detail::is_dataset<D>, int> = 0>
  Batches(D&&) {
    static_assert(!detail::is_dataset<D>, "give a loader, not a dataset: data::DataLoader loader(dataset, options)");
  }
  /// Passing a temporary does not compile, since what is stored would refer to a loader that is gone: give it a name.
  template <class L, std::enable_if_t<!std::is_lvalue_reference_v<L> &&
                                          !std::is_same_v<std::remove_const_t<L>, Batches> && !detail::is_dataset<L>,
                                      std::nullptr_t> = nullptr>
  Batches(L&&) {
    static_assert(std::is_lvalue_reference_v<L>, "the loader is a temporary: give it a name, so that it lives on");
  }

  /// The number of batches in an epoch, of rows, and of rows in a batch; -1 where the loader does not tell.
  std::int64_t size() const { return size_(); }
  std::int64_t rows() const { return rows_(); }
  std::int64_t batch_size() const { return batch_size_(); }
  /// Calls f with the columns of each batch of the next epoch, until it returns false. `begun` is called before the
  /// first of them, when the epoch has begun.
  void for_each(const std::function<bool(std::vector<Tensor> columns)>& f,
                const std::function<void()>& begun = {}) const {
    for_each_(f, begun);
  }

  bool has_position() const { return static_cast<bool>(set_position_); }
  /// The loader's position, and where the next for_each() begins; only where it has one.
  data::LoaderPosition position() const { return position_(); }
  void set_position(data::LoaderPosition position) const { set_position_(position); }
  /// Adds the loader's position to a checkpoint, if it has one.
  void add_to(Checkpoint& checkpoint, const std::string& name) const {
    if (add_to_) add_to_(checkpoint, name);
  }

 private:
  std::function<std::int64_t()> size_, rows_, batch_size_;
  std::function<void(const std::function<bool(std::vector<Tensor>)>&, const std::function<void()>&)> for_each_;
  std::function<data::LoaderPosition()> position_;
  std::function<void(data::LoaderPosition)> set_position_;
  std::function<void(Checkpoint&, const std::string&)> add_to_;
};

template <class L, std::enable_if_t<!std::is_same_v<std::remove_const_t<L>, Batches> && !detail::is_dataset<L>, int>>
Batches::Batches(L& loader)
    : size_([&loader] {
        return detail::count_of<detail::HasSize<L>::value>(loader, [](const auto& l) { return l.size(); });
      }),
      rows_([&loader] {
        return detail::count_of<detail::HasRows<L>::value>(loader, [](const auto& l) { return l.dataset_size(); });
      }),
      batch_size_([&loader] {
        return detail::count_of<detail::HasBatchSize<L>::value>(loader, [](const auto& l) { return l.batch_size(); });
      }),
      for_each_([&loader](const std::function<bool(std::vector<Tensor>)>& f, const std::function<void()>& begun) {
        using std::begin, std::end;
        auto at = begin(loader);
        const auto last = end(loader);
        if (begun) begun();
        for (; at != last; ++at) {
          auto&& batch = *at;
          if (!f(detail::columns_of(batch))) break;
        }
      }) {
  if constexpr (detail::HasPosition<L>::value && detail::HasSize<L>::value) {
    position_ = [&loader] {
      const auto at = loader.position();
      return data::LoaderPosition{static_cast<std::uint64_t>(at.epoch), static_cast<std::int64_t>(at.batch)};
    };
    set_position_ = [&loader](data::LoaderPosition position) {
      auto at = loader.position();
      at.epoch = static_cast<decltype(at.epoch)>(position.epoch);
      at.batch = static_cast<decltype(at.batch)>(position.batch);
      loader.set_position(at);
    };
    add_to_ = [&loader](Checkpoint& checkpoint, const std::string& name) { checkpoint.add(name, loader); };
  }
}

}  // namespace xgrad::train
