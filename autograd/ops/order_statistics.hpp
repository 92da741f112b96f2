#pragma once

#include <cstdint>

#include <xgrad/autograd/ops/reduction.hpp>

namespace xgrad {

/// The median of all elements, the lower of the middle two; NaN if any element is NaN, or if there are none. Elements
/// equal to it share the gradient evenly. int64 must not be empty.
[[nodiscard]] Tensor median(Tensor x, Source at = Source::here());
/// The median of the elements that are not NaN; NaN where there are none.
[[nodiscard]] Tensor nanmedian(Tensor x, Source at = Source::here());
/// The lower medians along one axis and their indices, which get the gradient: the first of equal elements in
/// sorted order that stands in the middle, and the first NaN where there is one.
[[nodiscard]] ValuesIndices median(Tensor x, Dim axis, KeepDims keep = KeepDims::no, Source at = Source::here());
/// The same over the elements that are not NaN.
[[nodiscard]] ValuesIndices nanmedian(Tensor x, Dim axis, KeepDims keep = KeepDims::no, Source at = Source::here());
/// The most frequent elements along one axis, the smallest of several, and the last index of each, which gets the
/// gradient. Every NaN is an element of its own.
[[nodiscard]] ValuesIndices mode(Tensor x, Dim axis = -1, KeepDims keep = KeepDims::no, Source at = Source::here());

/// What quantile() gives between two neighbours a <= b in sorted order, at the fraction t of the way.
enum class Interpolation : std::uint8_t {
  linear,    ///< a + t (b - a)
  lower,     ///< a
  higher,    ///< b
  midpoint,  ///< (a + b) / 2
  nearest    ///< a or b, the one of even rank at t = 1/2
};

/// The q-quantiles of all elements: the place q (n - 1) in sorted order, interpolated. x is floating-point and not
/// empty; NaN if any element is. q, in [0, 1], is a number or of rank 1, whose axis then comes first in the result. The
/// gradient goes to both neighbours, and to q where the interpolation is linear.
[[nodiscard]] Tensor quantile(Tensor x, Tensor q, Interpolation how = Interpolation::linear,
                              Source at = Source::here());
/// The same along one axis.
[[nodiscard]] Tensor quantile(Tensor x, Tensor q, Dim axis, KeepDims keep = KeepDims::no,
                              Interpolation how = Interpolation::linear, Source at = Source::here());
/// As quantile, of the elements that are not NaN; NaN where there are none.
[[nodiscard]] Tensor nanquantile(Tensor x, Tensor q, Interpolation how = Interpolation::linear,
                                 Source at = Source::here());
[[nodiscard]] Tensor nanquantile(Tensor x, Tensor q, Dim axis, KeepDims keep = KeepDims::no,
                                 Interpolation how = Interpolation::linear, Source at = Source::here());

// The same for integers, a better match than xtensor's template under `using namespace xt`.
template <class I, detail::IfIndex<I> = 0>
[[nodiscard]] ValuesIndices median(Tensor x, I axis, KeepDims keep = KeepDims::no, Source at = Source::here()) {
  return median(std::move(x), Dim(axis), keep, at);
}

}  // namespace xgrad
