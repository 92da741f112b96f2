#include <xgrad/autograd/kernels/pointwise/tile_gradient.hpp>

#include <xgrad/autograd/kernels/pointwise/chain_rule.hpp>

namespace xgrad::kernels {

void choose_parts(const Tile& mask, Tile* a, Tile* b, std::size_t parts) { choose_apart(mask, a, b, parts); }

}  // namespace xgrad::kernels
