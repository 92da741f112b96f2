#include <xgrad/autograd/ops/trigonometric.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

namespace fn = kernels::fn;

#define XGRAD_UNARY_OP(name, F)                                \
  template Tensor detail::unary(const fn::F&, Source, Tensor); \
  Tensor name(Tensor x, Source at) { return detail::unary(fn::F(), at, std::move(x)); }
XGRAD_TRIGONOMETRIC_UNARY(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP

#define XGRAD_BINARY_OP(name, F)                                            \
  template Tensor detail::binary(const fn::F&, Source, const Operands<2>&); \
  Tensor name(Tensor a, Tensor b, Source at) { return detail::binary(fn::F(), at, std::move(a), std::move(b)); }
XGRAD_TRIGONOMETRIC_BINARY(XGRAD_BINARY_OP)
#undef XGRAD_BINARY_OP

}  // namespace xgrad
