#pragma once

#include <cstddef>
#include <cstdint>

namespace xgrad::kernels {

/// How two arrays are walked side by side: sizes, and for each axis the distance between neighbours in `in` and in
/// `out`, in elements. Distances may be negative; in `in` they may be 0, for what is broadcast.
struct Walk {
  std::size_t rank;
  const std::int64_t* size;
  const std::int64_t* in;
  const std::int64_t* out;
};

/// out[Σ j_k out_k] = in[Σ j_k in_k] for all j. Elements are copied as bits: T is any type of their size.
template <class T>
void copy_strided(const T* in, T* out, const Walk& walk);

/// out[Σ j_k out_k] += in[Σ j_k in_k], for float and double.
template <class T>
void add_strided(const T* in, T* out, const Walk& walk);

}  // namespace xgrad::kernels
