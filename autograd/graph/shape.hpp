#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/axis_list.hpp>
#include <xgrad/autograd/graph/number.hpp>

namespace xgrad {

namespace detail {

/// Whether N is a type of numbers that are no sizes: bool or floating-point. A template accepts no braces, so that
/// Shape({3}) is a list of one size.
template <class N>
using IfNoSize = std::enable_if_t<std::is_same_v<N, bool> || std::is_floating_point_v<N>, int>;

}  // namespace detail

/// One size or index: made from any integer type, never from bool or a floating-point number. An unsigned one from 2^63
/// on, such as std::size_t(0) - 1, is an error of the op that reads it.
class Dim {
 public:
  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  constexpr Dim(I value) : value_(static_cast<std::int64_t>(value)), beyond_(detail::beyond_int64(value)) {}
  template <class N, detail::IfNoSize<N> = 0>
  Dim(N) = delete;

  constexpr std::int64_t value(const char* what = "number") const {
    if (beyond_) detail::refuse_beyond(static_cast<std::uint64_t>(value_), what);
    return value_;
  }
  constexpr operator std::int64_t() const { return value(); }

 private:
  std::int64_t value_;
  bool beyond_;  // value_ has the bits of an unsigned number from 2^63 on
};

namespace detail {

/// Integers of any type, or Dims, as int64; for the op `what`.
template <class It>
std::vector<std::int64_t> whole_list(It first, It last, const char* what) {
  std::vector<std::int64_t> list;
  for (; first != last; ++first) list.push_back(Dim(*first).value(what));
  return list;
}

}  // namespace detail

/// The sizes of a tensor's axes, outermost first. Up to four sizes are stored inline, more on the heap; at most
/// 32. Made from integers, lists, and any container of integers, xtensor's shapes among them.
class Shape {
 public:
  using value_type = std::int64_t;
  using const_iterator = const std::int64_t*;

  Shape() noexcept {}
  Shape(std::initializer_list<Dim> sizes);
  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  Shape(I size) : Shape{Dim(size)} {}
  template <class N, detail::IfNoSize<N> = 0>
  Shape(N) = delete;
  template <class C,
            class = std::enable_if_t<std::is_integral_v<std::decay_t<decltype(*std::begin(std::declval<const C&>()))>>>>
  Shape(const C& sizes) : Shape() {
    const auto first = std::begin(sizes);
    const auto last = std::end(sizes);
    resize(static_cast<std::size_t>(last - first));
    std::int64_t* to = data();
    for (auto it = first; it != last; ++it) *to++ = detail::whole(*it, "shape");
    check();
  }
  Shape(const std::int64_t* first, std::size_t rank);
  Shape(const Shape& other)
      : inline_{other.inline_[0], other.inline_[1], other.inline_[2], other.inline_[3]}, rank_(other.rank_) {
    if (rank_ > inline_rank) copy_heap(other);
  }
  Shape(Shape&& other) noexcept { swap(other); }
  Shape& operator=(Shape other) noexcept {
    swap(other);
    return *this;
  }
  ~Shape() {
    if (rank_ > inline_rank) delete[] heap_;
  }

  std::size_t rank() const noexcept { return rank_; }
  std::size_t size() const noexcept { return rank_; }
  bool empty() const noexcept { return rank_ == 0; }
  const std::int64_t* data() const noexcept { return rank_ > inline_rank ? heap_ : inline_; }
  const std::int64_t* begin() const noexcept { return data(); }
  const std::int64_t* end() const noexcept { return data() + rank_; }
  std::int64_t operator[](std::size_t axis) const { return data()[axis]; }
  /// The size of an axis, counted from the end when negative; out of range is an error.
  std::int64_t at(std::int64_t axis) const {
    const auto place = static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank_) : axis);
    return place < rank_ ? data()[place] : refuse_axis(axis);
  }
  std::int64_t back() const { return at(-1); }

  /// The number of elements: the product of the sizes, 1 for rank 0. Refuses products beyond 2^62.
  std::int64_t count() const {
    const std::int64_t count = count_or(-1);
    if (count < 0) refuse_count();
    return count;
  }
  /// The same, but `otherwise` for products beyond 2^62.
  std::int64_t count_or(std::int64_t otherwise) const noexcept {
    const std::int64_t* sizes = data();
    if (rank_ == 0) return 1;
    if (rank_ == 1 && (sizes[0] >> 62) == 0) return sizes[0];
    if (rank_ == 2 && ((sizes[0] | sizes[1]) >> 30) == 0) return sizes[0] * sizes[1];
    return count_all(otherwise);
  }

  /// A copy with one size changed, removed or inserted; an axis out of range is an error.
  Shape with(std::size_t axis, std::int64_t size) const;
  Shape without(std::size_t axis) const;
  Shape inserted(std::size_t axis, std::int64_t size) const;

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    const std::int64_t *x = a.data(), *y = b.data();
    for (std::size_t i = 0; i < a.rank_; ++i)
      if (x[i] != y[i]) return false;
    return true;
  }
  friend bool operator!=(const Shape& a, const Shape& b) noexcept { return !(a == b); }

  void swap(Shape& other) noexcept {
    static_assert(sizeof(inline_) >= sizeof(heap_), "swapping the inline sizes swaps the pointer too");
    std::swap(inline_, other.inline_);
    std::swap(rank_, other.rank_);
  }

  static constexpr std::size_t max_rank = 32;

 private:
  static constexpr std::size_t inline_rank = 4;
  std::int64_t* data() noexcept { return rank_ > inline_rank ? heap_ : inline_; }
  void resize(std::size_t rank) {
    if (rank > inline_rank) make_heap(rank);
    rank_ = rank;
  }
  void make_heap(std::size_t rank);
  [[noreturn]] std::int64_t refuse_axis(std::int64_t axis) const;
  void copy_heap(const Shape& other);
  std::int64_t count_all(std::int64_t otherwise) const noexcept;
  [[noreturn]] void refuse_count() const;
  void check() const;

  union {
    std::int64_t inline_[inline_rank] = {};
    std::int64_t* heap_;
  };
  std::size_t rank_ = 0;
};

/// The argument of reshape and expand: a shape in which a size may be -1, which reshape works out and expand keeps as
/// it is.
class NewShape {
 public:
  NewShape(std::initializer_list<Dim> sizes) {
    for (Dim size : sizes) sizes_.push_back(size.value("shape"));
  }
  NewShape(const Shape& shape) : sizes_(shape.begin(), shape.end()) {}
  NewShape(const std::vector<std::int64_t>& sizes) : sizes_(sizes.begin(), sizes.end()) {}

  const AxisList<std::int64_t>& sizes() const { return sizes_; }

 private:
  AxisList<std::int64_t> sizes_;
};

/// Integers in order, such as shifts, repeats or axes: one, or a list.
class Dims {
 public:
  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  Dims(I one) : list_{detail::whole(one)} {}
  template <class N, detail::IfNoSize<N> = 0>
  Dims(N) = delete;
  Dims(std::initializer_list<Dim> list) {
    for (Dim one : list) list_.push_back(one);
  }
  Dims(const std::vector<std::int64_t>& list) : list_(list.begin(), list.end()) {}

  const AxisList<std::int64_t>& list() const { return list_; }

 private:
  AxisList<std::int64_t> list_;
};

/// "(2, 3)", "(3)" and "()".
std::string to_string(const Shape& shape);
std::ostream& operator<<(std::ostream& out, const Shape& shape);

/// Whether a reduction keeps the axes it reduces, with size 1.
enum class KeepDims : bool { no, yes };
inline constexpr KeepDims keepdims = KeepDims::yes;

/// The axes of a reduction: one, a list, or none given, which means all. Negative axes count from the end.
class Axes {
 public:
  Axes() = default;
  template <class I, std::enable_if_t<std::is_integral_v<I> && !std::is_same_v<I, bool>, int> = 0>
  Axes(I axis) : all_(false) {
    axes_.push_back(detail::whole(axis, "axes"));
  }
  template <class N, detail::IfNoSize<N> = 0>
  Axes(N) = delete;
  Axes(std::initializer_list<Dim> axes) : all_(axes.size() == 0) {
    for (Dim axis : axes) axes_.push_back(axis.value("axes"));
  }
  Axes(const std::vector<std::int64_t>& axes) : axes_(axes.begin(), axes.end()), all_(false) {}
  explicit Axes(const AxisList<std::size_t>& axes) : axes_(axes.begin(), axes.end()), all_(false) {}

  bool all() const { return all_; }

  /// The axes as indices from the front, sorted; a duplicate or one out of range is an error that names the op. Rank 0
  /// has the axes 0 and -1 too, as in PyTorch: they resolve to no axis, since its shape has none.
  AxisList<std::size_t> resolve(const char* op, std::size_t rank) const;

 private:
  AxisList<std::int64_t> axes_;
  bool all_ = true;
};

/// Throws std::invalid_argument: the axis is out of range.
[[noreturn]] void refuse_axis(const char* op, std::int64_t axis, std::size_t rank);
/// The axis as an index from the front; one out of range is an error that names the op.
inline std::size_t resolve_axis(const char* op, std::int64_t axis, std::size_t rank) {
  const auto n = static_cast<std::int64_t>(rank);
  if (axis < -n || axis >= n) refuse_axis(op, axis, rank);
  return static_cast<std::size_t>(axis < 0 ? axis + n : axis);
}

/// Like resolve_axis, for ops along an axis: a tensor of rank 0 has the axes 0 and -1 too, of size 1, as in PyTorch.
inline std::size_t resolve_axis_of_any_rank(const char* op, std::int64_t axis, std::size_t rank) {
  return rank == 0 && (axis == 0 || axis == -1) ? 0 : resolve_axis(op, axis, rank);
}

/// The shape to which both broadcast by NumPy's rule; sizes that disagree are an error that names the op.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b);

/// Whether a tensor of shape `from` broadcasts to shape `to`.
bool broadcasts_to(const Shape& from, const Shape& to);

}  // namespace xgrad
