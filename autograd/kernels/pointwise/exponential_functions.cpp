#include <xgrad/autograd/kernels/pointwise/exponential_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The exponential functions over tiles.

namespace xgrad::kernels {

XGRAD_EXPONENTIAL_UNARY(XGRAD_TILE_UNARY)
XGRAD_EXPONENTIAL_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_EXPONENTIAL_WITH_SETTINGS(XGRAD_TILE_UNARY)
XGRAD_EXPONENTIAL_WITH_SETTINGS(XGRAD_TILE_UNARY_SLOPE)
XGRAD_EXPONENTIAL_BINARY(XGRAD_TILE_BINARY)
XGRAD_EXPONENTIAL_BINARY(XGRAD_TILE_BINARY_SLOPE)

}  // namespace xgrad::kernels
