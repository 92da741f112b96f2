#pragma once

#include <xgrad/autograd/ops/reduction.hpp>

namespace xgrad {

/// The order of sort().
enum class Order : bool { ascending, descending };
inline constexpr Order descending = Order::descending;

/// Which elements topk() selects.
enum class Extreme : bool { smallest, largest };
inline constexpr Extreme smallest = Extreme::smallest;

// Along one axis, which may be 0 or -1 for a tensor of rank 0 too. NaN counts as larger than every number, as PyTorch
// has it. Of equal elements the one with the smaller index comes first, in either order: all sorts are stable.
// Gradients go to the elements that were selected.

/// The elements in order, y_r = x[index_r], and their indices (int64).
[[nodiscard]] ValuesIndices sort(Tensor x, Dim axis = -1, Order order = Order::ascending, Source at = Source::here());
[[nodiscard]] ValuesIndices sort(Tensor x, Order order, Source at = Source::here());
/// The indices that sort() gives.
[[nodiscard]] Tensor argsort(Tensor x, Dim axis = -1, Order order = Order::ascending, Source at = Source::here());
[[nodiscard]] Tensor argsort(Tensor x, Order order, Source at = Source::here());
/// The k largest elements, the largest first, or the k smallest, the smallest first, and their indices. A k that is
/// negative or exceeds the size of the axis is an error. Rank 0 stays rank 0 for k = 1 and k = 0.
[[nodiscard]] ValuesIndices topk(Tensor x, Dim k, Dim axis = -1, Extreme which = Extreme::largest,
                                 Source at = Source::here());
/// The k-th smallest element, k from 1 to the size of the axis, and its index.
[[nodiscard]] ValuesIndices kthvalue(Tensor x, Dim k, Dim axis = -1, KeepDims keep = KeepDims::no,
                                     Source at = Source::here());

/// What unique() gives.
struct UniqueValues {
  Tensor values;   ///< each once, in ascending order
  Tensor inverse;  ///< the index in `values` of each element (or slice)
  Tensor counts;   ///< how often each appears
};
/// The different elements of x, of rank 1, without a gradient; NaNs are all different, and come last. Unpack as
/// `auto [values, inverse, counts] = unique(x)`.
[[nodiscard]] UniqueValues unique(Tensor x, Source at = Source::here());
/// The different slices of x along an axis, in lexicographic order of their elements in row-major order. `inverse` has
/// an entry for each slice of x.
[[nodiscard]] UniqueValues unique(Tensor x, Dim axis, Source at = Source::here());

}  // namespace xgrad
