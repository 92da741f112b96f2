#include <xgrad/autograd/kernels/pointwise/piecewise_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The piecewise linear functions of tiles.

namespace xgrad::kernels {

XGRAD_PIECEWISE_UNARY(XGRAD_TILE_UNARY)
XGRAD_PIECEWISE_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_PIECEWISE_WITH_SETTINGS(XGRAD_TILE_UNARY)
XGRAD_PIECEWISE_WITH_SETTINGS(XGRAD_TILE_UNARY_SLOPE)
XGRAD_PIECEWISE_BINARY(XGRAD_TILE_BINARY)
XGRAD_PIECEWISE_BINARY(XGRAD_TILE_BINARY_SLOPE)

}  // namespace xgrad::kernels
