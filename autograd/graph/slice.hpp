#pragma once

#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

#include <xtensor/xslice.hpp>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/number.hpp>
#include <xgrad/autograd/graph/ref.hpp>
#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/autograd/graph/source.hpp>
#include <xgrad/autograd/graph/value.hpp>

namespace xgrad::detail {
struct ListPeek;
}

// xtensor's keep() and drop() show their indices only after they have been fitted to an axis, and drop() not even then.
// A specialisation is a friend of the template, so this one may read them.
template <>
class xt::xdrop_slice<xgrad::detail::ListPeek> {
 public:
  template <class T>
  static const auto& indices(const xt::xdrop_slice<T>& slice) {
    return slice.m_raw_indices;
  }
};
template <>
class xt::xkeep_slice<xgrad::detail::ListPeek> {
 public:
  template <class T>
  static const auto& indices(const xt::xkeep_slice<T>& slice) {
    return slice.m_raw_indices;
  }
};

namespace xgrad {

class Tensor;

/// Whether put() replaces the elements of a place, or adds to them.
enum class Accumulate : bool { no, yes };

namespace detail {

template <class T>
inline constexpr bool is_whole = std::is_integral_v<T> && !std::is_same_v<T, bool>;

/// A bound of a range may be an integer, or one of xtensor's placeholders.
template <class T>
inline constexpr bool is_bound = !std::is_arithmetic_v<T> || is_whole<T>;

template <class T>
inline constexpr bool never = false;

/// One index of operator() and of put(): an integer; one of xtensor's all(), range(), keep(), drop(), newaxis() and
/// ellipsis(); or a tensor of indices (int64) or truth values (bool).
struct Slice {
  enum class Kind : std::uint8_t { index, range, newaxis, ellipsis, keep, drop, tensor };

  template <class I, std::enable_if_t<is_whole<I>, int> = 0>
  Slice(I i) : kind(Kind::index), start(i) {}
  Slice(xt::xall_tag) {}
  Slice(xt::xnewaxis_tag) : kind(Kind::newaxis) {}
  Slice(xt::xellipsis_tag) : kind(Kind::ellipsis) {}
  template <class A, class B, class C>
  Slice(const xt::xrange_adaptor<A, B, C>& range)
      : start(range.start()), stop(range.stop()), step(Bound(range.step()).or_else(1)) {
    static_assert(is_bound<A> && is_bound<B> && is_bound<C>,
                  "an index of a tensor: the bounds and the step of xt::range(start, stop, step) are integers: round "
                  "them first");
  }
  template <class T>
  Slice(const xt::xkeep_slice<T>& keep) : kind(Kind::keep), list(list_of(xt::xkeep_slice<ListPeek>::indices(keep))) {}
  template <class T>
  Slice(const xt::xdrop_slice<T>& drop) : kind(Kind::drop), list(list_of(xt::xdrop_slice<ListPeek>::indices(drop))) {}
  Slice(const Tensor& indices);
  template <class T, std::enable_if_t<!is_whole<T> && !std::is_base_of_v<Tensor, T>, int> = 0,
            class = decltype(sizeof(T))>
  Slice(const T&) {
    static_assert(never<T>,
                  "an index of a tensor is an integer, xt::all(), xt::range(), xt::keep(), xt::drop(), xt::newaxis(), "
                  "xt::ellipsis(), or a Tensor of indices or truth values: make one of an array with Tensor(array)");
  }

  /// A bound of a range: a number, or absent (an xtensor placeholder).
  struct Bound {
    Bound() = default;
    template <class T>
    Bound(T number) {
      if constexpr (std::is_integral_v<T>) {
        given = true;
        value = whole(number, "index");
      }
    }
    std::int64_t or_else(std::int64_t other) const { return given ? value : other; }

    bool given = false;
    std::int64_t value = 0;
  };

  Kind kind = Kind::range;
  Bound start, stop;
  std::int64_t step = 1;
  std::vector<std::int64_t> list;  // of keep and drop
  Ref<Value> tensor;               // of kind tensor

 private:
  template <class C>
  static std::vector<std::int64_t> list_of(const C& indices) {
    static_assert(is_whole<typename C::value_type>, "an index of a tensor: xt::keep() and xt::drop() take integers");
    std::vector<std::int64_t> list;
    for (const auto index : indices) list.push_back(whole(index, "index"));
    return list;
  }
};

/// The first index of operator(), which has no default argument for the line of the call: a conversion has.
struct FirstSlice {
  template <class T>
  FirstSlice(const T& index, Source line = Source::here()) : slice(made(index, line)), at(line) {}

  Slice slice;
  Source at;

 private:
  template <class T>
  static Slice made(const T& index, Source line) {
    const Calling calling("slice", line);
    return Slice(index);
  }
};

/// The index of operator[], with the line of the call.
struct Row {
  template <class I, std::enable_if_t<is_whole<I>, int> = 0>
  Row(I row, Source line = Source::here()) : index(row), at(line) {}
  template <class N, IfNoSize<N> = 0>
  Row(N) = delete;  // an index is an integer

  Dim index;
  Source at;
};

/// The tensor of indices of operator[], with the line of the call.
struct Rows;

}  // namespace detail

/// A place in a tensor, as put() takes it: one index, or several in braces; each as in operator().
class Index {
 public:
  Index(std::initializer_list<detail::Slice> slices);
  Index(const std::vector<detail::Slice>& slices);
  Index(const Index&);
  Index(Index&&) noexcept;
  Index& operator=(const Index&);
  Index& operator=(Index&&) noexcept;
  ~Index();
  template <class I, std::enable_if_t<!std::is_same_v<I, Index>, int> = 0>
  Index(const I& one) : Index({detail::Slice(one)}) {}

  const std::vector<detail::Slice>& slices() const { return slices_; }

 private:
  std::vector<detail::Slice> slices_;
};

}  // namespace xgrad
