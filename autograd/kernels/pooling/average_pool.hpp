#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/pooling/sliding_windows.hpp>

namespace xgrad::kernels {

/// Which elements are averaged, and by what their sum is divided.
struct Averaging {
  SlidingWindows by;
  bool adaptive = false;       ///< the windows are those of adaptive_window(), and only n and count of `by` matter
  bool padding_counts = true;  ///< a window counts its elements in the padding too, but not those beyond it
  std::int64_t divisor = 0;    ///< what sums are divided by; 0 stands for the number of elements
};

/// out[window] = the sum of its elements / divisor; sums of more than four floats are in double. For float and double.
template <class T>
void average_pool(const T* in, T* out, const Averaging& how);
/// The adjoint: adds in[window] / divisor to every element of the window in out.
template <class T>
void average_pool_adjoint(const T* in, T* out, const Averaging& how);

}  // namespace xgrad::kernels
