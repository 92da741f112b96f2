#include <xgrad/autograd/ops/recorded_lane.hpp>

#include <xgrad/autograd/kernels/pointwise/chain_rule.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/exponential.hpp>
#include <xgrad/autograd/ops/piecewise_activation.hpp>
#include <xgrad/autograd/ops/pointwise.hpp>
#include <xgrad/autograd/ops/rounding.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/special.hpp>
#include <xgrad/autograd/ops/trigonometric.hpp>

namespace xgrad {
namespace kernels {

Tensor MaskTraits<Tensor>::number(const Tensor& mask) {
  Tensor number = xgrad::detail::converted(mask, float64);
  Raw::mark_weak(number, true);
  return number;
}

// A slope of 1 is recognised only as an unrecorded weak number of rank 0; the elements of other tensors are not
// compared.
template <>
bool is_one(const Tensor& x) {
  return x.weak() && x.rank() == 0 && Raw::node(x) == nullptr && x.item() == 1;
}

namespace {

// A product with a slope of 1 is the other factor.
Tensor scaled(const Tensor& d, const Tensor& slope) {
  if (is_one(slope)) return d;
  return is_one(d) ? slope : guarded_product(d, slope);
}

}  // namespace
}  // namespace kernels

Tensor guarded_product(const Tensor& a, const Tensor& b) {
  return detail::binary(kernels::fn::GuardedProduct(), Source(), a, b);
}

using kernels::Side;

template <class F>
void differentiate(const F& f, Tensor* x, std::size_t parts) {
  const Tensor y = detail::unary(f, Source(), x[0]);
  for (std::size_t i = 1; i < parts; ++i) {
    if constexpr (F::flat)
      x[i] = Tensor();
    else if (x[i].defined())
      x[i] = kernels::scaled(x[i], kernels::slope_of(f, x[0], y));
  }
  x[0] = y;
}

template <class F>
void differentiate(const F& f, Tensor* a, Tensor* b, std::size_t parts) {
  const Tensor y = detail::binary(f, Source(), a[0], b[0]);
  for (std::size_t i = 1; i < parts; ++i) {
    const bool both = a[i].defined() && b[i].defined();
    if (a[i].defined()) a[i] = kernels::scaled(a[i], kernels::slope_of<Side::a>(f, a[0], b[0], y));
    if (b[i].defined()) b[i] = kernels::scaled(b[i], kernels::slope_of<Side::b>(f, a[0], b[0], y));
    if (both)
      a[i] = a[i] + b[i];
    else if (b[i].defined())
      a[i] = b[i];
  }
  a[0] = y;
}

void choose_parts(const Tensor& mask, Tensor* a, Tensor* b, std::size_t parts) {
  for (std::size_t i = 0; i < parts; ++i) {
    if (!a[i].defined() && !b[i].defined()) continue;
    a[i] = where(mask, a[i].defined() ? a[i] : Tensor(0.0), b[i].defined() ? b[i] : Tensor(0.0));
  }
}

template <class F>
void transform(const F& f, Tensor& x) {
  x = detail::predicate(f, Source(), x);
}
template <class F>
void transform(const F& f, Tensor& a, Tensor& b) {
  a = detail::predicate(f, Source(), a, b);
}

#define XGRAD_UNARY(name, F) template void differentiate(const kernels::fn::F&, Tensor*, std::size_t);
#define XGRAD_BINARY(name, F) template void differentiate(const kernels::fn::F&, Tensor*, Tensor*, std::size_t);
#define XGRAD_UNARY_PREDICATE(name, F) template void transform(const kernels::fn::F&, Tensor&);
#define XGRAD_BINARY_PREDICATE(name, F) template void transform(const kernels::fn::F&, Tensor&, Tensor&);
XGRAD_EACH_UNARY(XGRAD_UNARY)
XGRAD_EACH_BINARY(XGRAD_BINARY)
XGRAD_EACH_UNARY_PREDICATE(XGRAD_UNARY_PREDICATE)
XGRAD_EACH_BINARY_PREDICATE(XGRAD_BINARY_PREDICATE)

}  // namespace xgrad
