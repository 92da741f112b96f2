#include <xgrad/autograd/ops/promotion.hpp>

#include <algorithm>

#include <xgrad/autograd/graph/calling.hpp>

namespace xgrad::detail {
namespace {

int category(DType dtype) { return is_floating(dtype) ? 2 : static_cast<int>(dtype); }

}  // namespace

DType promote(const Tensor* x, std::size_t count, bool floating) {
  // The greatest dtype among tensors of rank > 0, of rank 0, and among C++ numbers; -1 where there is none.
  int found[3] = {-1, -1, -1};
  for (std::size_t i = 0; i < count; ++i) {
    const int kind = x[i].weak() ? 2 : x[i].rank() == 0 ? 1 : 0;
    found[kind] = std::max(found[kind], static_cast<int>(x[i].dtype()));
  }
  DType result = DType::boolean;
  bool any = false;
  for (int kind = 0; kind < 3; ++kind) {
    if (found[kind] < 0) continue;
    const auto dtype = static_cast<DType>(found[kind]);
    if (!any)
      result = dtype;
    else if (category(dtype) > category(result))
      result = kind == 2 && is_floating(dtype) ? float32 : dtype;
    any = true;
  }
  return floating && !is_floating(result) ? float32 : result;
}

bool all_weak(const Tensor* x, std::size_t count) {
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_floating(x[i].dtype())) {
      if (!x[i].weak()) return false;
      continue;
    }
    if (!x[i].weak()) return false;
    any = true;
  }
  return any || count > 0;
}

Shape broadcast_all(const char* op, const Tensor* x, std::size_t count) {
  Shape shape = x[0].shape();
  for (std::size_t i = 1; i < count; ++i)
    if (x[i].shape() != shape) shape = broadcast_shapes(op, shape, x[i].shape());
  return shape;
}

Tensor result_room(const Tensor* x, std::size_t count, const Shape& shape, DType dtype) {
  try {
    return Raw::uninitialized(shape, dtype);
  } catch (const OutOfMemory&) {
    std::string operands = to_string(x[0].shape());
    for (std::size_t i = 1; i < count; ++i) operands += (i + 1 < count ? ", " : " and ") + to_string(x[i].shape());
    refuse_memory(shape, dtype, operands + (count == 1 ? " gives " : " give "));
  }
}

Tensor result_room(const Tensor& a, const Tensor& b, const Shape& shape, DType dtype) {
  try {
    return Raw::uninitialized(shape, dtype);
  } catch (const OutOfMemory&) {
    refuse_memory(shape, dtype, to_string(a.shape()) + " and " + to_string(b.shape()) + " give ");
  }
}

void refuse_bool(const char* op) {
  throw detail::argument_error(
      std::string(op) + ": bool operands are refused: combine masks with &, | and !=, or convert with to(int64)");
}

void refuse_undefined(const char* op, std::size_t place) {
  throw detail::argument_error(
      std::string(op) + ": operand " + std::to_string(place) +
      " is an empty tensor: it was default-constructed, moved from, or is a gradient that does not exist yet");
}

}  // namespace xgrad::detail
