#include <xgrad/autograd/kernels/pointwise/arithmetic_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The arithmetic functions over tiles.

namespace xgrad::kernels {

XGRAD_ARITHMETIC_UNARY(XGRAD_TILE_UNARY)
XGRAD_ARITHMETIC_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_TILE_UNARY(pow, Power)
XGRAD_TILE_UNARY_SLOPE(pow, Power)
XGRAD_ARITHMETIC_BINARY(XGRAD_TILE_BINARY)
XGRAD_ARITHMETIC_BINARY(XGRAD_TILE_BINARY_SLOPE)
XGRAD_TILE_BINARY(guarded_product, GuardedProduct)
XGRAD_TILE_BINARY_SLOPE(guarded_product, GuardedProduct)

}  // namespace xgrad::kernels
