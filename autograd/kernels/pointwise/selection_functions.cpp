#include <xgrad/autograd/kernels/pointwise/selection_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The selection functions over tiles.

namespace xgrad::kernels {

XGRAD_SELECTION_WITH_SETTINGS(XGRAD_TILE_UNARY)
XGRAD_SELECTION_WITH_SETTINGS(XGRAD_TILE_UNARY_SLOPE)
XGRAD_SELECTION_BINARY(XGRAD_TILE_BINARY)
XGRAD_SELECTION_BINARY(XGRAD_TILE_BINARY_SLOPE)
XGRAD_EACH_UNARY_PREDICATE(XGRAD_TILE_UNARY)
XGRAD_EACH_BINARY_PREDICATE(XGRAD_TILE_BINARY)

}  // namespace xgrad::kernels
