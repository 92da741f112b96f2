// Compiled without -march, as a user's file would be.

#include <xgrad/autograd/ops/elementwise.hpp>

#include "xgrad_side.hpp"

xgrad::Tensor bench::gelu_on_tiles(const xgrad::Tensor& x) {
  return xgrad::elementwise([](auto v) { return 0.5 * v * (1.0 + tanh(0.7978845608 * (v + 0.044715 * v * v * v))); },
                            x);
}
