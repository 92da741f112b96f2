#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// The elements of each line by size. NaN counts as larger than every number, -0 as equal to 0; of equal elements the
// one with the smaller index comes first, in either order. For bool, int64, float and double.

/// order[o, r, i] = the index in its line of the element of rank r < count; count <= n.
template <class T>
void sorted_order(const T* x, std::int64_t* order, std::int64_t count, Along axis, bool descending);

/// index[o, i] = the index of the element of rank `rank`, which is less than n.
template <class T>
void rank_index(const T* x, std::int64_t* index, std::int64_t rank, Along axis);

/// index[o, i] = the index of the lower median: of the first NaN where there is one; with `skip_nan`, of the median of
/// the other elements, and of the first NaN only where there are no others. n > 0.
template <class T>
void median_index(const T* x, std::int64_t* index, Along axis, bool skip_nan);

/// index[o, i] = the last index of the most frequent element, the smallest of several; each NaN is an element of its
/// own. n > 0.
template <class T>
void mode_index(const T* x, std::int64_t* index, Along axis);

}  // namespace xgrad::kernels
