#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <type_traits>

namespace xgrad {

/// The type of a tensor's elements, in order of promotion.
enum class DType : std::uint8_t { boolean, int64, float32, float64 };

inline constexpr DType boolean = DType::boolean;
inline constexpr DType int64 = DType::int64;
inline constexpr DType float32 = DType::float32;
inline constexpr DType float64 = DType::float64;

/// Whether tensors of this dtype can carry gradients: float32 and float64 do.
constexpr bool is_floating(DType dtype) { return dtype >= DType::float32; }

/// The size of one element in bytes.
constexpr std::size_t size_of(DType dtype) { return dtype == DType::boolean ? 1 : dtype == DType::float32 ? 4 : 8; }

/// "bool", "int64", "float32" or "float64".
const char* name_of(DType dtype);

std::ostream& operator<<(std::ostream& out, DType dtype);

namespace detail {

/// The dtype that a C++ arithmetic type becomes: double float64, float float32, integers int64, bool boolean.
template <class T>
constexpr DType dtype_for() {
  static_assert(std::is_arithmetic_v<T>, "a tensor's elements are numbers");
  static_assert(!std::is_same_v<T, long double>, "long double has no dtype: write double");
  if (std::is_same_v<T, bool>) return DType::boolean;
  if (std::is_integral_v<T>) return DType::int64;
  return sizeof(T) == sizeof(float) ? DType::float32 : DType::float64;
}

/// The C++ type that stores elements of the dtype of T.
template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, bool,
                                  std::conditional_t<std::is_integral_v<T>, std::int64_t,
                                                     std::conditional_t<std::is_same_v<T, float>, float, double>>>;

template <class T>
inline constexpr bool is_stored =
    std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, float> || std::is_same_v<T, double>;

}  // namespace detail
}  // namespace xgrad
