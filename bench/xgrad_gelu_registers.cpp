#include <xgrad/xgrad.hpp>
#if __has_include(<xgrad/simd.hpp>)
#include <xgrad/simd.hpp>
#endif

#include "xgrad_side.hpp"

xgrad::Tensor bench::gelu_on_registers([[maybe_unused]] const xgrad::Tensor& x) {
#if __has_include(<xgrad/simd.hpp>)
  return xgrad::simd::elementwise(
      [](auto v) { return 0.5 * v * (1.0 + tanh(0.7978845608 * (v + 0.044715 * v * v * v))); }, x);
#else
  return {};
#endif
}

xgrad::Tensor bench::gelu_of_ops(const xgrad::Tensor& x) {
  return 0.5 * x * (1.0 + xgrad::tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
}
