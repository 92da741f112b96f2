#pragma once

// PyTorch's names for functions that have another name here, or another form. docs/pytorch.md lists them, with those
// that are members.

#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/reordering.hpp>
#include <xgrad/autograd/ops/rounding.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/trigonometric.hpp>

namespace xgrad {

/// concat(tensors, axis).
[[nodiscard]] inline Tensor cat(const std::vector<Tensor>& tensors, Dim axis = 0, Source at = Source::here()) {
  return concat(tensors, axis, at);
}
/// transpose(x, order).
[[nodiscard]] inline Tensor permute(Tensor x, const std::vector<std::int64_t>& order, Source at = Source::here()) {
  return transpose(std::move(x), order, at);
}
[[nodiscard]] inline Tensor permute(Tensor x, std::initializer_list<Dim> order, Source at = Source::here()) {
  return transpose(std::move(x), order, at);
}
template <class I, std::size_t N, detail::IfIndex<I> = 0>
[[nodiscard]] Tensor permute(Tensor x, const I (&order)[N], Source at = Source::here()) {
  return transpose(std::move(x), order, at);
}
/// swapaxes(x, a, b).
template <class I, class J, detail::IfIndex<I> = 0, detail::IfIndex<J> = 0>
[[nodiscard]] Tensor transpose(Tensor x, I a, J b, Source at = Source::here()) {
  return swapaxes(std::move(x), a, b, at);
}
/// swapaxes(x, a, b).
[[nodiscard]] inline Tensor swapdims(Tensor x, Dim a, Dim b, Source at = Source::here()) {
  return swapaxes(std::move(x), a, b, at);
}
/// movedim(x, source, destination).
[[nodiscard]] inline Tensor moveaxis(Tensor x, const Dims& source, const Dims& destination,
                                     Source at = Source::here()) {
  return movedim(std::move(x), source, destination, at);
}
/// reshape_as(x, other).
[[nodiscard]] inline Tensor view_as(Tensor x, const Tensor& other, Source at = Source::here()) {
  return reshape_as(std::move(x), other, at);
}
/// The transpose of a matrix; rank 0 and 1 stay as they are, more axes are an error.
[[nodiscard]] Tensor t(Tensor x, Source at = Source::here());
/// clamp(x, low, high).
template <class L, class H, std::enable_if_t<detail::is_clamp_bound<L> && detail::is_clamp_bound<H>, int> = 0>
[[nodiscard]] Tensor clip(Tensor x, L low, H high, Source at = Source::here()) {
  return clamp(std::move(x), low, high, at);
}
[[nodiscard]] inline Tensor clip(Tensor x, Tensor low, Tensor high, Source at = Source::here()) {
  return clamp(std::move(x), std::move(low), std::move(high), at);
}

// One line for each other name of a function of one and of two tensors.
#define XGRAD_OTHER_NAME(other, name) \
  [[nodiscard]] inline Tensor other(Tensor x, Source at = Source::here()) { return name(std::move(x), at); }
XGRAD_OTHER_NAME(absolute, abs)
XGRAD_OTHER_NAME(negative, neg)
XGRAD_OTHER_NAME(fix, trunc)
XGRAD_OTHER_NAME(arcsin, asin)
XGRAD_OTHER_NAME(arccos, acos)
XGRAD_OTHER_NAME(arctan, atan)
XGRAD_OTHER_NAME(arcsinh, asinh)
XGRAD_OTHER_NAME(arccosh, acosh)
XGRAD_OTHER_NAME(arctanh, atanh)
#undef XGRAD_OTHER_NAME
#define XGRAD_OTHER_NAME(other, name)                                                 \
  [[nodiscard]] inline Tensor other(Tensor a, Tensor b, Source at = Source::here()) { \
    return name(std::move(a), std::move(b), at);                                      \
  }
XGRAD_OTHER_NAME(arctan2, atan2)
XGRAD_OTHER_NAME(subtract, sub)
XGRAD_OTHER_NAME(multiply, mul)
XGRAD_OTHER_NAME(divide, div)
XGRAD_OTHER_NAME(true_divide, div)
XGRAD_OTHER_NAME(eq, equal)
XGRAD_OTHER_NAME(ne, not_equal)
XGRAD_OTHER_NAME(lt, less)
XGRAD_OTHER_NAME(le, less_equal)
XGRAD_OTHER_NAME(gt, greater)
XGRAD_OTHER_NAME(ge, greater_equal)
#undef XGRAD_OTHER_NAME
/// x.shape(axis), x.rank() and x.size().
[[nodiscard]] inline std::int64_t size(const Tensor& x, Dim axis) { return x.shape(axis); }
[[nodiscard]] inline std::int64_t dim(const Tensor& x) { return x.dim(); }
[[nodiscard]] inline std::int64_t numel(const Tensor& x) { return x.size(); }

}  // namespace xgrad
