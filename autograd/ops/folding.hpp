#pragma once

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/pooling/sliding_windows.hpp>

namespace xgrad::detail {

/// The windows over the last two axes of x as columns: (..., C, H, W) becomes (..., C places, windows). `op` names it
/// in the graph, its sizes have been checked.
Tensor unfold_windows(const char* op, Source at, Tensor x, kernels::SlidingWindows by);
/// Its transpose: columns are added where their windows were.
Tensor fold_windows(const char* op, Source at, Tensor x, kernels::SlidingWindows by);

}  // namespace xgrad::detail
