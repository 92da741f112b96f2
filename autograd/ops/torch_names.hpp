#pragma once

// PyTorch's names for functions that have another name here, or another form. docs/pytorch.md lists them, with those
// that are members.

#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>

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
/// The transpose of a matrix; rank 0 and 1 stay as they are, more axes are an error.
[[nodiscard]] Tensor t(Tensor x, Source at = Source::here());
/// clamp(x, low, high).
template <class L, class H, std::enable_if_t<std::is_arithmetic_v<L> && std::is_arithmetic_v<H>, int> = 0>
[[nodiscard]] Tensor clip(Tensor x, L low, H high, Source at = Source::here()) {
  return clamp(std::move(x), low, high, at);
}
/// rand(x.shape(), x.dtype()) and randn(x.shape(), x.dtype()).
[[nodiscard]] inline Tensor rand_like(const Tensor& x, Source at = Source::here()) {
  const detail::Calling calling("rand_like", at);
  return rand(x.shape(), x.dtype(), at);
}
[[nodiscard]] inline Tensor randn_like(const Tensor& x, Source at = Source::here()) {
  const detail::Calling calling("randn_like", at);
  return randn(x.shape(), x.dtype(), at);
}
/// x.shape(axis), x.rank() and x.size().
[[nodiscard]] inline std::int64_t size(const Tensor& x, Dim axis) { return x.shape(axis); }
[[nodiscard]] inline std::int64_t dim(const Tensor& x) { return x.dim(); }
[[nodiscard]] inline std::int64_t numel(const Tensor& x) { return x.size(); }

}  // namespace xgrad
