#include <xgrad/autograd/ops/special.hpp>

#include <string>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/selection.hpp>

namespace xgrad {

namespace fn = kernels::fn;

#define XGRAD_UNARY_OP(name, F)                                \
  template Tensor detail::unary(const fn::F&, Source, Tensor); \
  Tensor name(Tensor x, Source at) { return detail::unary(fn::F(), at, std::move(x)); }
XGRAD_SPECIAL_UNARY(XGRAD_UNARY_OP)
#undef XGRAD_UNARY_OP

template Tensor detail::unary(const fn::Polygamma&, Source, Tensor);

Tensor polygamma(std::int64_t n, Tensor x, Source at) {
  if (n < 0) throw detail::argument_error("polygamma: n cannot be negative, got " + std::to_string(n));
  return detail::unary(fn::Polygamma(n), at, std::move(x));
}

}  // namespace xgrad
