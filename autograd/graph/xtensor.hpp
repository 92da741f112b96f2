#pragma once

// The only header that includes xtensor's arrays. Nothing here is compiled into the library, whose own signatures use
// only storage, shapes and plain memory.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtensor/xarray.hpp>

#include <xgrad/autograd/graph/dtype.hpp>
#include <xgrad/autograd/graph/shape.hpp>
#include <xgrad/autograd/graph/storage.hpp>

namespace xgrad {

class Tensor;

namespace detail {

// Without -fno-new-ttp-matching, g++ -std=c++20 makes xtensor before 0.26 choose a 4-D xtensor as the type of a
// temporary, and compute nonsense with it. Linking xgrad::xgrad brings the flag along.
static_assert(
    std::is_same_v<typename xt::detail::xtype_for_shape<xt::svector<std::size_t, 4>>::template type<
                       double, xt::layout_type::row_major>,
                   xt::xarray<double>>,
    "this xtensor is miscompiled by g++ as C++20: add -fno-new-ttp-matching, or link the target xgrad::xgrad");

/// xtensor's container over memory that a storage owns.
template <class T>
class SharedBuffer {
 public:
  using value_type = std::remove_const_t<T>;
  using allocator_type = std::allocator<value_type>;
  using reference = T&;
  using const_reference = const value_type&;
  using pointer = T*;
  using const_pointer = const value_type*;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using iterator = T*;
  using const_iterator = const value_type*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  SharedBuffer() = default;
  SharedBuffer(Ref<Storage> storage, T* data, std::size_t size)
      : storage_(std::move(storage)), data_(data), size_(size) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T* data() { return data_; }
  const value_type* data() const { return data_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const value_type& operator[](std::size_t i) const { return data_[i]; }
  T& front() { return data_[0]; }
  const value_type& front() const { return data_[0]; }
  T& back() { return data_[size_ - 1]; }
  const value_type& back() const { return data_[size_ - 1]; }
  iterator begin() { return data_; }
  iterator end() { return data_ + size_; }
  const_iterator begin() const { return data_; }
  const_iterator end() const { return data_ + size_; }
  const_iterator cbegin() const { return data_; }
  const_iterator cend() const { return data_ + size_; }
  void resize(std::size_t size) {
    if (size != size_) throw std::invalid_argument("view: a view of a tensor cannot be resized");
  }
  void swap(SharedBuffer& other) noexcept {
    std::swap(storage_, other.storage_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

 private:
  Ref<Storage> storage_;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

// Whether a shape broadcasts to another, and the error if not.
template <class A, class B>
void require_broadcast(const A& from, const B& to) {
  bool fits = from.size() <= to.size();
  auto f = from.end();
  auto t = to.end();
  while (fits && f != from.begin()) {
    --f, --t;
    fits = static_cast<std::size_t>(*f) == static_cast<std::size_t>(*t) || static_cast<std::size_t>(*f) == 1;
  }
  if (fits) return;
  const auto text = [](const auto& shape) {
    std::string all;
    for (const auto n : shape) all += (all.empty() ? "" : ", ") + std::to_string(n);
    return "(" + all + ")";
  };
  throw std::invalid_argument("view: cannot write values of shape " + text(from) + " into a view of shape " + text(to));
}

}  // namespace detail

/// An xtensor array over a tensor's memory, which stays alive as long as the view does. Of a writable view, assignment
/// writes the memory, as with xt::view: v = expression, v *= row, u = v. What does not broadcast to its shape is an
/// error. A read-only view becomes a view of what is assigned to it.
template <class T>
class ArrayView;

}  // namespace xgrad

namespace xt {

template <class T>
struct xcontainer_inner_types<xgrad::ArrayView<T>> {
  using storage_type = xgrad::detail::SharedBuffer<T>;
  using reference = T&;
  using const_reference = typename storage_type::const_reference;
  using size_type = std::size_t;
  using shape_type = dynamic_shape<std::size_t>;
  using strides_type = get_strides_t<shape_type>;
  using backstrides_type = strides_type;
  using inner_shape_type = shape_type;
  using inner_strides_type = strides_type;
  using inner_backstrides_type = backstrides_type;
  using temporary_type = xarray<std::remove_const_t<T>, layout_type::row_major>;
  static constexpr layout_type layout = layout_type::row_major;
};

template <class T>
struct xiterable_inner_types<xgrad::ArrayView<T>> : xcontainer_iterable_types<xgrad::ArrayView<T>> {};

}  // namespace xt

namespace xgrad {

template <class T>
class ArrayView : public xt::xstrided_container<ArrayView<T>>, public xt::xview_semantic<ArrayView<T>> {
  using Base = xt::xstrided_container<ArrayView<T>>;
  using Semantic = xt::xview_semantic<ArrayView<T>>;

 public:
  using storage_type = typename Base::storage_type;
  using shape_type = typename Base::shape_type;
  using temporary_type = typename Semantic::temporary_type;
  using expression_tag = xt::xtensor_expression_tag;
  static constexpr std::size_t rank = SIZE_MAX;

  ArrayView(storage_type storage, const shape_type& shape) : storage_(std::move(storage)) { Base::reshape(shape); }
  ArrayView(const ArrayView&) = default;
  ArrayView(ArrayView&&) = default;
  ~ArrayView() = default;

  ArrayView& operator=(const ArrayView& other) {
    if constexpr (std::is_const_v<T>) {
      Base::operator=(other);
      storage_ = other.storage_;
      return *this;
    } else {
      return write(other);
    }
  }
  ArrayView& operator=(ArrayView&& other) { return *this = std::as_const(other); }
  template <class E>
  ArrayView& operator=(const xt::xexpression<E>& expression) {
    static_assert(!std::is_const_v<T>, "this view is read-only: t.mutable_view<T>() is the one to write to");
    return write(expression);
  }
  /// Every element becomes the number, as with xt::view.
  template <class N, std::enable_if_t<std::is_arithmetic_v<N>, int> = 0>
  ArrayView& operator=(N number) {
    static_assert(!std::is_const_v<T>, "this view is read-only: t.mutable_view<T>() is the one to write to");
    std::fill(storage_.begin(), storage_.end(), static_cast<T>(number));
    return *this;
  }
  /// Exchanges the elements of two writable views of one shape; two read-only ones are exchanged themselves.
  friend void exchange_elements(ArrayView& a, ArrayView& b) {
    if constexpr (std::is_const_v<T>) {
      ArrayView before = a;
      a = b;
      b = before;
    } else {
      if (!std::equal(a.shape().begin(), a.shape().end(), b.shape().begin(), b.shape().end()))
        throw std::invalid_argument("view: views of different shapes cannot exchange their elements");
      std::swap_ranges(a.storage_.begin(), a.storage_.end(), b.storage_.begin());
    }
  }
  friend void swap(ArrayView& a, ArrayView& b) { exchange_elements(a, b); }
  void resize(const shape_type& shape) const {
    if (!std::equal(shape.begin(), shape.end(), this->shape().begin(), this->shape().end()))
      throw std::invalid_argument("view: a view of a tensor cannot be resized");
  }

 private:
  friend class xt::xcontainer<ArrayView<T>>;
  friend class xt::xview_semantic<ArrayView<T>>;

  template <class E>
  ArrayView& write(const xt::xexpression<E>& expression) {
    detail::require_broadcast(expression.derived_cast().shape(), this->shape());
    return Semantic::operator=(expression);
  }
  void assign_temporary_impl(temporary_type&& values) {
    std::copy(values.data(), values.data() + values.size(), storage_.data());
  }
  storage_type& storage_impl() noexcept { return storage_; }
  const storage_type& storage_impl() const noexcept { return storage_; }

  storage_type storage_;
};

}  // namespace xgrad

namespace std {

/// std::swap(a, b) too exchanges the elements: the general template would move from a view of memory that it then
/// writes.
template <class T>
void swap(xgrad::ArrayView<T>& a, xgrad::ArrayView<T>& b) {
  exchange_elements(a, b);
}

}  // namespace std

namespace xgrad {
namespace detail {

template <class E>
using IfExpression = std::enable_if_t<xt::is_xexpression<std::decay_t<E>>::value>;

template <class T>
ArrayView<T> make_view(const Ref<Storage>& storage, T* data, const Shape& shape) {
  using Sizes = typename ArrayView<T>::shape_type;
  Sizes sizes(shape.rank());
  std::transform(shape.begin(), shape.end(), sizes.begin(), [](std::int64_t n) { return static_cast<std::size_t>(n); });
  return ArrayView<T>(SharedBuffer<T>(storage, data, static_cast<std::size_t>(shape.count())), sizes);
}

template <class E>
Tensor from_expression(E&& expression);
template <class T>
xt::xarray<T> copy_out(const Tensor& tensor);

}  // namespace detail
}  // namespace xgrad
