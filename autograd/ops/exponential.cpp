#include <xgrad/autograd/ops/exponential.hpp>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

namespace fn = kernels::fn;

#define XGRAD_UNARY_OP(name, F)                                \
  template Tensor detail::unary(const fn::F&, Source, Tensor); \
  Tensor name(Tensor x, Source at) { return detail::unary(fn::F(), at, std::move(x)); }
XGRAD_EXPONENTIAL_UNARY(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP

#define XGRAD_BINARY_OP(name, F)                                            \
  template Tensor detail::binary(const fn::F&, Source, const Operands<2>&); \
  Tensor name(Tensor a, Tensor b, Source at) { return detail::binary(fn::F(), at, std::move(a), std::move(b)); }
XGRAD_EXPONENTIAL_BINARY(XGRAD_BINARY_OP)
#undef XGRAD_BINARY_OP

template Tensor detail::unary(const fn::Logit&, Source, Tensor);

Tensor logit(Tensor x, Source at) { return detail::unary(fn::Logit(), at, std::move(x)); }

Tensor logit(Tensor x, double eps, Source at) {
  if (!(eps >= 0 && eps <= 0.5))
    throw detail::argument_error("logit: eps must lie in [0, 1/2], got " + detail::number_text(eps));
  return detail::unary(fn::Logit(eps), at, std::move(x));
}

}  // namespace xgrad
