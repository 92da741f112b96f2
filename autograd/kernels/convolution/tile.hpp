#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/kernels/convolution/staging.hpp>
#include <xgrad/autograd/kernels/simd/vec.hpp>

namespace xgrad::kernels {

/// The elements of a vector, and whether there are 32 registers for them and not 16.
template <class T>
inline constexpr std::int64_t width = static_cast<std::int64_t>(Vec<T>::width);
inline constexpr bool many_registers = Vec<float>::width >= 16;

/// The sums that stay in registers while products are added to them: `height` rows of `vectors`.
struct Tile {
  int height, vectors;
};

/// The number of the tile that wastes least of `height` rows of `vectors`, if a product takes cost[k] in tile k.
template <std::size_t N>
int best_tile(const Tile (&tiles)[N], const double (&cost)[N], std::int64_t height, std::int64_t vectors) {
  int best = 0;
  double least = 0;
  for (std::size_t k = 0; k < N; ++k) {
    const double now = cost[k] * static_cast<double>(rounded_up(height, tiles[k].height)) *
                       static_cast<double>(rounded_up(vectors, tiles[k].vectors));
    if (k == 0 || now < least) {
      best = static_cast<int>(k);
      least = now;
    }
  }
  return best;
}

}  // namespace xgrad::kernels
