#pragma once

#include <cstddef>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

/// The common dtype of the operands of a pointwise op: the greatest among tensors of rank > 0. A tensor of rank 0 or a
/// weak number raises it only if it is of a higher category (bool, integer, floating). With `floating`, int64 and bool
/// become float32.
DType promote(const Tensor* x, std::size_t count, bool floating);

/// Whether every floating operand is weak, so that the result is.
bool all_weak(const Tensor* x, std::size_t count);

/// The shape that all operands broadcast to; sizes that disagree are an error that names the op.
Shape broadcast_all(const char* op, const Tensor* x, std::size_t count);

/// A new tensor for the result of an op. Where there is no memory for it, the error says what it is the result of:
/// "(3, 1) and (4) give (3, 4)".
[[nodiscard]] Tensor result_room(const Tensor* x, std::size_t count, const Shape& shape, DType dtype);
/// The same for two operands.
Tensor result_room(const Tensor& a, const Tensor& b, const Shape& shape, DType dtype);

/// Refuses operands that are all bool, naming the op.
[[noreturn]] void refuse_bool(const char* op);

/// Refuses a tensor that is empty (default-constructed or moved from), naming the op and the operand's place.
[[noreturn]] void refuse_undefined(const char* op, std::size_t place);
inline void require_defined(const char* op, const Tensor* x, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (!x[i].defined()) refuse_undefined(op, i);
}

}  // namespace xgrad::detail
