#pragma once

#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// One index along an axis, which disappears. Negative indices count from the end; out of range is an error. Rows, that
/// is axis 0, share the memory of x; along other axes the result is a copy.
[[nodiscard]] Tensor select(Tensor x, Dim axis, Dim index, Source at = Source::here());
/// The `length` elements along one axis that begin with `start`, which counts from the end when it is negative. They
/// must all exist, unlike those of a range in operator(). Shares memory along axis 0, else copies.
[[nodiscard]] Tensor narrow(Tensor x, Dim axis, Dim start, Dim length, Source at = Source::here());
/// x with `values`, which broadcast (leading axes of size 1 are dropped), in the place that the index names: put(x,
/// {xt::all(), 1}, 0). The result has the dtype of x and memory of its own. The gradient of x is 0 in the place, that
/// of the values is the upstream's there. An index that keep() names twice is an error; of one that a tensor repeats
/// the last value in row-major order stays, and it alone gets a gradient. With Accumulate::yes the values are added to
/// the elements in the place, repeated ones too. Tensor::put writes x itself.
[[nodiscard]] Tensor put(Tensor x, const Index& index, Tensor values, Accumulate accumulate = Accumulate::no,
                         Source at = Source::here());
/// put() in the place that tensors of indices or masks name, one for each of the first axes; an undefined one stands
/// for all of its axis.
[[nodiscard]] Tensor index_put(Tensor x, const std::vector<Tensor>& indices, Tensor values,
                               Accumulate accumulate = Accumulate::no, Source at = Source::here());

}  // namespace xgrad
