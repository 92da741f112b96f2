#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// y_v = the number of elements of x that equal v, for v from 0 to the largest element, and at least minlength of them.
/// x is int64, of rank 1, without negative elements. With weights, of the shape of x, y_v is the sum of the weights of
/// those elements: float32 for float32, else float64, summed in double precision; their gradient is g[x].
[[nodiscard]] Tensor bincount(Tensor x, Tensor weights = {}, Dim minlength = 0, Source at = Source::here());
/// The numbers of elements in `bins` bins of equal width from low to high, in the dtype of x, without a gradient. The
/// upper end belongs to the last bin; other elements, and NaN, are left out. Equal ends stand for the smallest and the
/// largest element, and these, if equal too, for one less and one more, or the numbers next to them where these are
/// further away. Ends that are not finite are an error.
[[nodiscard]] Tensor histc(Tensor x, Dim bins = 100, double low = 0, double high = 0, Source at = Source::here());

/// On which side of equal elements searchsorted() stays.
enum class Side : bool { left, right };

/// For each value v, the place in `sorted` before which it could be inserted: the first k with sorted[k] >= v, or with
/// Side::right, sorted[k] > v; the size where there is none, and for NaN. `sorted` has one axis, which serves all
/// values, or the leading axes of `values`, each of whose lines is then sought in its own. int64, without a gradient.
/// That `sorted` is in ascending order is not checked.
[[nodiscard]] Tensor searchsorted(Tensor sorted, Tensor values, Side side = Side::left, Source at = Source::here());
/// searchsorted(boundaries, values), for boundaries of one axis.
[[nodiscard]] Tensor bucketize(Tensor values, Tensor boundaries, Side side = Side::left, Source at = Source::here());

}  // namespace xgrad
