#pragma once

#include <xgrad/autograd/kernels/pooling/sliding_windows.hpp>

namespace xgrad::kernels {

/// The elements of sliding windows: out[plane, place, window], 0 where the place has none. For float and double.
template <class T>
void patches(const T* in, T* out, const SlidingWindows& by);
/// The adjoint: adds in[plane, place, window] to the element of out.
template <class T>
void add_patches(const T* in, T* out, const SlidingWindows& by);

}  // namespace xgrad::kernels
