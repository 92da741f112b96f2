#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/dtype.hpp>

namespace xgrad::detail {

template <class T>
struct Type {
  using type = T;
};

/// Calls f(Type<T>{}) with the C++ type that stores the dtype.
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
  switch (dtype) {
    case DType::boolean:
      return f(Type<bool>{});
    case DType::int64:
      return f(Type<std::int64_t>{});
    case DType::float32:
      return f(Type<float>{});
    case DType::float64:
      break;
  }
  return f(Type<double>{});
}

/// Like visit(), for float32 and float64 only.
template <class F>
decltype(auto) visit_floating(DType dtype, F&& f) {
  if (dtype == DType::float32) return f(Type<float>{});
  if (dtype != DType::float64)
    throw std::logic_error(std::string("internal error: a floating kernel was asked for ") + name_of(dtype));
  return f(Type<double>{});
}

}  // namespace xgrad::detail
