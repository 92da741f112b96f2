#include <xgrad/autograd/kernels/pointwise/special_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The special functions over tiles.

namespace xgrad::kernels {

XGRAD_SPECIAL_UNARY(XGRAD_TILE_UNARY)
XGRAD_SPECIAL_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_TILE_UNARY(polygamma, Polygamma)
XGRAD_TILE_UNARY_SLOPE(polygamma, Polygamma)

}  // namespace xgrad::kernels
