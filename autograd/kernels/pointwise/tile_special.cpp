#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The special functions of tiles.

namespace xgrad::kernels {

XGRAD_SPECIAL_UNARY(XGRAD_TILE_UNARY)
XGRAD_SPECIAL_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_TILE_UNARY(polygamma, Polygamma)
XGRAD_TILE_UNARY_SLOPE(polygamma, Polygamma)

}  // namespace xgrad::kernels
