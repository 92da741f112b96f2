#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dtype.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>

namespace xgrad {

namespace detail {

/// Throws std::invalid_argument: a number that is outside low .. high was to become an integer. `place` is its index
/// among the elements of a tensor, or -1. `what` begins the message where no op has a scope.
[[noreturn]] void refuse_number(const std::string& number, const std::string& low, const std::string& high,
                                std::int64_t place = -1, const char* what = "number");
/// The same for an unsigned number from 2^63 on.
[[noreturn]] void refuse_beyond(std::uint64_t number, const char* what);

/// Throws std::invalid_argument where a finite number becomes infinite in the dtype, as those beyond float32 do. `what`
/// begins the message where no op has a scope.
void require_range(double number, DType dtype, const char* what);

/// Whether the integer type T holds the number, without its fraction. NaN is held by none.
template <class T>
constexpr bool holds(double number) {
  static_assert(std::is_integral_v<T>, "T is an integer type");
  constexpr double half = static_cast<double>(T{1} << (std::numeric_limits<T>::digits - 1));
  constexpr double low = static_cast<double>(std::numeric_limits<T>::min());
  // 2 half is the least number above the range. low - 1 rounds to low where T has 64 bits.
  return (number > low - 1 || number >= low) && number < 2 * half;
}
template <class T>
constexpr bool holds(std::int64_t number) {
  if constexpr (std::is_unsigned_v<T>)
    return number >= 0 && static_cast<std::uint64_t>(number) <= std::numeric_limits<T>::max();
  else
    return number >= std::numeric_limits<T>::min() && number <= std::numeric_limits<T>::max();
}

template <class T>
[[noreturn]] void refuse_number_for(const std::string& number, std::int64_t place = -1) {
  refuse_number(number, std::to_string(std::numeric_limits<T>::min()), std::to_string(std::numeric_limits<T>::max()),
                place);
}

/// Whether an integer lies beyond int64, as unsigned ones from 2^63 on do.
template <class I>
constexpr bool beyond_int64(I number) {
  static_assert(std::is_integral_v<I>, "I is an integer type");
  if constexpr (std::is_unsigned_v<I> && sizeof(I) == sizeof(std::int64_t))
    return number > static_cast<I>(std::numeric_limits<std::int64_t>::max());
  else
    return static_cast<void>(number), false;
}

/// An integer as int64; one beyond its range is an error, which `what` begins where no op has a scope. Every index,
/// axis and size that a user gives comes through here, or through Dim.
template <class I>
constexpr std::int64_t whole(I number, const char* what = "number") {
  if (beyond_int64(number)) refuse_beyond(static_cast<std::uint64_t>(number), what);
  return static_cast<std::int64_t>(number);
}

}  // namespace detail

/// A C++ number of any arithmetic type, with its kind and its exact value. Unsigned numbers from 2^63 on, which int64
/// cannot hold, are an error of the op that makes an int64 of them.
class Number {
 public:
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  Number(T number) : dtype_(detail::dtype_for<T>()), real_(static_cast<double>(number)) {
    if constexpr (std::is_integral_v<T>) {
      whole_ = static_cast<std::int64_t>(number);
      beyond_ = detail::beyond_int64(number);
    }
  }

  /// The dtype that the C++ type becomes.
  DType dtype() const { return dtype_; }
  bool is_whole() const { return !is_floating(dtype_); }
  double real() const { return real_; }
  /// The number as T, without a fraction where T is an integer type; one that T cannot hold is an error.
  template <class T>
  T as() const {
    if constexpr (std::is_same_v<T, bool>)
      return real_ != 0;
    else if constexpr (std::is_floating_point_v<T>)
      return static_cast<T>(real_);
    else if (beyond_ && std::is_same_v<T, std::uint64_t>)
      return static_cast<T>(whole_);
    else if (beyond_ || (is_whole() ? !detail::holds<T>(whole_) : !detail::holds<T>(real_)))
      detail::refuse_number_for<T>(text());
    else
      return is_whole() ? static_cast<T>(whole_) : static_cast<T>(real_);
  }
  std::string text() const;

 private:
  DType dtype_;
  double real_;
  std::int64_t whole_ = 0;
  bool beyond_ = false;  // whole_ has the bits of an unsigned number from 2^63 on
};

namespace detail {

/// What item<T>() gives.
template <class T>
T item_as(const Number& number) {
  const Calling calling("item");
  return number.as<T>();
}

/// An integer as int64, where one from 2^63 on is an error; 0 for floating-point numbers.
template <class T>
std::int64_t whole_or_0(T number) {
  if constexpr (std::is_integral_v<T>)
    return whole(number, "tensor");
  else
    return 0;
}

/// A number in the type that stores its dtype; an unsigned one from 2^63 on is an error.
template <class T>
Stored<T> stored(T number) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
    return whole(number, "tensor");
  else
    return static_cast<Stored<T>>(number);
}

}  // namespace detail
}  // namespace xgrad
