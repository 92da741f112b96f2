#include <xgrad/autograd/linalg/power.hpp>

#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/linalg/solve.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;
using xgrad::detail::Timed;

Tensor identities(Tensor a, Source at) {
  Tensor y;
  {
    const NoGrad off;
    y = clone(broadcast_to(identity(rows_of(a.shape()), a.dtype()), a.shape()));
  }
  return record("matrix_power", at, std::move(y), {std::move(a)}, zero_gradient);
}

}  // namespace

Tensor matrix_power(Tensor a, Dim n, Source at) {
  const Timed timed("matrix_power", at);
  require_square("matrix_power", a);
  if (n.value() == 0) return identities(std::move(a), at);
  std::uint64_t power = n.value() > 0 ? static_cast<std::uint64_t>(n.value()) : -static_cast<std::uint64_t>(n.value());
  Tensor factor = n.value() > 0 ? std::move(a) : detail::inverse("matrix_power", std::move(a), at), y;
  for (;;) {
    if ((power & 1u) != 0) y = y.defined() ? times(std::move(y), factor) : factor;
    power >>= 1u;
    if (power == 0) return n.value() == 1 ? clone(std::move(y), at) : y;
    factor = times(factor, factor);
  }
}

}  // namespace xgrad::linalg
