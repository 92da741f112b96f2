#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// Where the values between elements come from.
enum class Sampling : std::uint8_t { nearest, nearest_exact, linear, cubic };

/// An axis of n elements of which `count` are made; `factor` is count / n where the caller has given that, else 0.
struct ResizedAxis {
  std::int64_t n = 1, count = 1;
  double factor = 0;
};

/// Resizing of the last three axes of an array of `planes` planes.
struct Resizing {
  std::int64_t planes = 0;
  ResizedAxis axis[3];
  Sampling how = Sampling::nearest;
  bool align_corners = false;
};

/// Every element of out is a sum of elements of in, weighted along each axis as PyTorch does. For float and double.
template <class T>
void resize(const T* in, T* out, const Resizing& by);
/// The adjoint, from count elements to n.
template <class T>
void resize_adjoint(const T* in, T* out, const Resizing& by);

}  // namespace xgrad::kernels
