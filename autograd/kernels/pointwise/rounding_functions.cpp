#include <xgrad/autograd/kernels/pointwise/rounding_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The rounding functions over tiles.

namespace xgrad::kernels {

XGRAD_ROUNDING_UNARY(XGRAD_TILE_UNARY)
XGRAD_ROUNDING_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_TILE_UNARY(round, RoundDecimals)
XGRAD_TILE_UNARY_SLOPE(round, RoundDecimals)
XGRAD_ROUNDING_BINARY(XGRAD_TILE_BINARY)
XGRAD_ROUNDING_BINARY(XGRAD_TILE_BINARY_SLOPE)
XGRAD_TILE_BINARY(div, TruncDivide)
XGRAD_TILE_BINARY_SLOPE(div, TruncDivide)

}  // namespace xgrad::kernels
