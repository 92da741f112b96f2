#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/pooling/sliding_windows.hpp>

namespace xgrad::kernels {

/// The greatest number of places of a window that codes can tell apart.
inline constexpr std::int64_t most_coded_places = 255;
/// The greatest number of places of a window at all.
inline constexpr std::int64_t most_places = INT32_MAX;

// The largest element of every window: the first of equal ones, in the order of rows; the last NaN if there is one. A
// window without elements gives -inf. For float and double.

/// With the place of each in its window, in the order of rows, as a code; 255 stands for no element. Codes may be null.
template <class T>
void max_pool(const T* in, T* out, std::uint8_t* codes, const SlidingWindows& by);
/// With the index of each in its plane; -1 stands for no element.
template <class T>
void max_pool_indices(const T* in, T* out, std::int64_t* indices, const SlidingWindows& by);

/// out[window] = in[the element with its code], and the adjoint, which adds in[window] to that element of out.
template <class T>
void take_coded(const T* in, const std::uint8_t* codes, T* out, const SlidingWindows& by);
template <class T>
void give_coded(const T* in, const std::uint8_t* codes, T* out, const SlidingWindows& by);

/// Planes of `elements` numbers, of each of which `count` are chosen by their index; -1 chooses none, which is read as
/// 0.
struct Chosen {
  std::int64_t planes, elements, count;
};
template <class T>
void take_indexed(const T* in, const std::int64_t* indices, T* out, Chosen by);
template <class T>
void give_indexed(const T* in, const std::int64_t* indices, T* out, Chosen by);

/// The windows of an adaptive pooling along an axis of n elements: window o of `count` has the elements from
/// ⌊o n / count⌋ to ⌈(o + 1) n / count⌉ - 1.
inline Range adaptive_window(std::int64_t o, std::int64_t n, std::int64_t count) {
  return {o * n / count, ((o + 1) * n + count - 1) / count};
}
/// The largest elements of such windows of all axes, and their indices in the plane.
template <class T>
void adaptive_max_pool(const T* in, T* out, std::int64_t* indices, const SlidingWindows& by);

/// out[index] = in: zeros where no index points; of equal indices the last one writes. And the adjoint.
template <class T>
void put_indexed(const T* in, const std::int64_t* indices, T* out, Chosen by);
template <class T>
void take_put(const T* in, const std::int64_t* indices, T* out, Chosen by);

}  // namespace xgrad::kernels
