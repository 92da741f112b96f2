#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

/// The sliding windows of an axis: `count` windows of `size` elements each, `step` apart.
struct Windows {
  std::int64_t count, size, step;
};

/// Adds windows up where they overlap: out[o, p, i] = Σ in[o, w, i, p - step w] over the windows w that hold p; `axis`
/// has the sizes of `out`. Sums of float are in double. For float and double.
template <class T>
void add_windows(const T* in, T* out, Along axis, Windows windows);

}  // namespace xgrad::kernels
