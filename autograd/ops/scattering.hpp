#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

// Writing by index, into a new tensor; x itself stays as it is, and Tensor::put writes in place. Indices are int64 and
// count from the end where they are negative; one out of range is an error. x and the source are of one dtype; numbers
// take that of x.
//
// scatter() and those that follow it take one index for each element: for axis 1, element src[i, j] goes to y[i,
// indices[i, j]]. `indices` has the rank of x and of src; its sizes are at most those of src, and along the other axes
// at most those of x. A src of rank 0 is one number for all. Empty indices change nothing.

/// x with the elements of src at the indices. Where an index is repeated, the last one in row-major order stays, and it
/// alone gets a gradient (in PyTorch it is undefined which one stays, and all get one).
[[nodiscard]] Tensor scatter(Tensor x, Dim axis, Tensor indices, Tensor src, Source at = Source::here());
/// x plus the elements of src at the indices, repeated ones too; float32 is added in double, and rounded once.
[[nodiscard]] Tensor scatter_add(Tensor x, Dim axis, Tensor indices, Tensor src, Source at = Source::here());

/// How scatter_reduce() joins the elements that go to one place.
enum class ScatterReduce : std::uint8_t { sum, prod, mean, amax, amin };
/// Whether the element of x takes part in the reduction, or is replaced by the result of the scattered elements.
enum class IncludeSelf : bool { no, yes };
/// x with the sum, product, mean, maximum or minimum of the elements that go to each place; where none goes, x. Ties of
/// amax and amin share the gradient, and NaN counts as the extreme. The product is exact in its gradients for zeros
/// too. The mean of int64 is rounded down; the sum of truth values is whether any is true, and they have no mean.
[[nodiscard]] Tensor scatter_reduce(Tensor x, Dim axis, Tensor indices, Tensor src, ScatterReduce reduce,
                                    IncludeSelf include_self = IncludeSelf::yes, Source at = Source::here());

// The following take a list of slices along an axis: `indices` of at most one axis, and a source of the shape of x with
// as many slices as there are indices.

/// y[indices[j], ...] = x[...] + alpha Σ source[j, ...] for axis 0: repeated indices add up, float32 in double.
[[nodiscard]] Tensor index_add(Tensor x, Dim axis, Tensor indices, Tensor source, double alpha = 1,
                               Source at = Source::here());
/// y[indices[j], ...] = source[j, ...] for axis 0. Of a repeated index the last slice stays, which alone gets a
/// gradient.
[[nodiscard]] Tensor index_copy(Tensor x, Dim axis, Tensor indices, Tensor source, Source at = Source::here());
/// y[indices[j], ...] = value, of rank 0, for axis 0; converted to the dtype of x. A value that requires a gradient
/// needs a floating-point x.
[[nodiscard]] Tensor index_fill(Tensor x, Dim axis, Tensor indices, Tensor value, Source at = Source::here());

}  // namespace xgrad
