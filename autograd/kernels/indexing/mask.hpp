#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// How many of n truth values are true.
std::int64_t count_true(const bool* mask, std::int64_t n);
/// The places of the true ones, in order.
void true_places(const bool* mask, std::int64_t n, std::int64_t* places);
/// The elements at the true ones, in order.
template <class T>
void take_true(const T* in, const bool* mask, std::int64_t n, T* out);
/// out[i] = otherwise[i] where the mask is false, 0 if `otherwise` is null, and the elements of `in` in order where it
/// is true; `in` holds `count` elements, as many as are true or more.
template <class T>
void put_true(const T* in, std::int64_t count, const bool* mask, std::int64_t n, const T* otherwise, T* out);

/// out[i] = number where the mask is true.
template <class T>
void fill_true(T number, const bool* mask, std::int64_t n, T* out);

}  // namespace xgrad::kernels
