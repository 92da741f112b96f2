#include <xgrad/autograd/kernels/pointwise/activation_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/tile_slopes.hpp>

// The activation functions over tiles.

namespace xgrad::kernels {

XGRAD_ACTIVATION_UNARY(XGRAD_TILE_UNARY)
XGRAD_ACTIVATION_UNARY(XGRAD_TILE_UNARY_SLOPE)
XGRAD_ACTIVATION_WITH_SETTINGS(XGRAD_TILE_UNARY)
XGRAD_ACTIVATION_WITH_SETTINGS(XGRAD_TILE_UNARY_SLOPE)
XGRAD_TILE_UNARY(gelu, Gelu)
XGRAD_TILE_UNARY_SLOPE(gelu, Gelu)
XGRAD_TILE_UNARY(gelu, GeluTanh)
XGRAD_TILE_UNARY_SLOPE(gelu, GeluTanh)

}  // namespace xgrad::kernels
