#include <xgrad/autograd/ops/rrelu.hpp>

#include <cmath>
#include <string>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/draw_scope.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad {
namespace detail {

void check_rrelu(const char* op, double lower, double upper) {
  if (!std::isfinite(lower) || !std::isfinite(upper) || lower > upper)
    throw detail::argument_error(std::string(op) + ": the slopes are between " + number_text(lower) + " and " +
                                 number_text(upper) + ": both must be finite, and the first not above the second");
}

}  // namespace detail

Tensor rrelu(Tensor x, double lower, double upper, bool training, Generator* generator, Source at) {
  const detail::Timed timed("rrelu", at);
  detail::check_rrelu("rrelu", lower, upper);
  detail::require_defined("rrelu", &x, 1);
  if (!is_floating(x.dtype())) x = to(std::move(x), float32, at);
  if (!training) return leaky_relu(std::move(x), lower / 2 + upper / 2, at);
  Generator& source = generator != nullptr ? *generator : default_generator();
  const detail::DrawScope draws(source);
  kernels::Philox random = source.next();
  Tensor slopes = Raw::uninitialized(x.shape(), x.dtype()), y = Raw::uninitialized(x.shape(), x.dtype());
  detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* from = Raw::data<T>(x);
    T *slope = Raw::write<T>(slopes), *to = Raw::write<T>(y);
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const double drawn = lower + (upper - lower) * random.uniform();
      slope[i] = from[i] <= 0 ? static_cast<T>(drawn) : T(1);
      to[i] = slope[i] * from[i];
    }
  });
  return record("rrelu", at, std::move(y), {std::move(x), std::move(slopes)},
                attributes("lower", lower, "upper", upper), from<1>([](Tensor s, Tensor g) { return g * s; }),
                no_gradient);
}

}  // namespace xgrad
