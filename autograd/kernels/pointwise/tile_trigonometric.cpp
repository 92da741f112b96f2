#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The trigonometric functions of tiles.

namespace xgrad::kernels {

XGRAD_TRIGONOMETRIC_UNARY(XGRAD_TILE_UNARY)
XGRAD_TRIGONOMETRIC_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_TRIGONOMETRIC_BINARY(XGRAD_TILE_BINARY)
XGRAD_TRIGONOMETRIC_BINARY(XGRAD_TILE_BINARY_SLOPE)

}  // namespace xgrad::kernels
