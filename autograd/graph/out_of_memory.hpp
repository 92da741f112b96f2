#pragma once

#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/dtype.hpp>
#include <xgrad/autograd/graph/shape.hpp>

namespace xgrad {

/// Thrown where memory is missing, or would be more than a process can address: it names the op, the shape, the bytes
/// and, where it is known, the line of the call. Nothing has been changed.
class OutOfMemory : public std::bad_alloc {
 public:
  // NOLINTNEXTLINE(bugprone-throw-keyword-missing): an exception is kept here, to hold the text
  explicit OutOfMemory(const std::string& message) : message_(message) {}
  const char* what() const noexcept override { return message_.what(); }

 private:
  // Copies of it share the text, and cannot throw.
  std::runtime_error message_;
};

namespace detail {

/// bytes_of() for 2^44 elements or more.
std::size_t bytes_of_many(const Shape& shape, DType dtype);
/// The bytes of a shape's elements. More than a process can address is an OutOfMemory error.
inline std::size_t bytes_of(const Shape& shape, DType dtype) {
  const auto count = static_cast<std::size_t>(shape.count_or(-1));
  return count >> 44 == 0 ? count * size_of(dtype) : bytes_of_many(shape, dtype);
}

/// Throws OutOfMemory for a tensor of this shape; `of` says what it is made of, as in "(3, 1) and (4) broadcast to ".
[[noreturn]] void refuse_memory(const Shape& shape, DType dtype, const std::string& of = "");
/// The same for one axis whose length may exceed what a Shape can hold.
[[noreturn]] void refuse_memory(double length, DType dtype);

}  // namespace detail
}  // namespace xgrad
