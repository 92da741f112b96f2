#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>
#include <xgrad/autograd/kernels/pointwise/trigonometric_functions.hpp>

// The trigonometric functions over tiles.

namespace xgrad::kernels {

XGRAD_TRIGONOMETRIC_UNARY(XGRAD_TILE_UNARY)
XGRAD_TRIGONOMETRIC_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_TRIGONOMETRIC_BINARY(XGRAD_TILE_BINARY)
XGRAD_TRIGONOMETRIC_BINARY(XGRAD_TILE_BINARY_SLOPE)

}  // namespace xgrad::kernels
