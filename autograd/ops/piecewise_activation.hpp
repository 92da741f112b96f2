#pragma once

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Activations that are made of straight lines. They work element by element. NaN stays.

/// y = x kept within min_val .. max_val; slope 0 at the bounds. int64 stays int64; min_val above max_val is an error.
[[nodiscard]] Tensor hardtanh(Tensor x, double min_val = -1.0, double max_val = 1.0, Source at = Source::here());
/// y = x kept within 0 .. 6; slope 0 at the bounds. int64 stays int64.
[[nodiscard]] Tensor relu6(Tensor x, Source at = Source::here());
/// y = x/6 + 1/2 kept within 0 .. 1; slope 0 at the bounds, and for NaN.
[[nodiscard]] Tensor hardsigmoid(Tensor x, Source at = Source::here());
/// y = x hardsigmoid(x) (Howard et al., 2019); slope 0 at -3, 1 at 3.
[[nodiscard]] Tensor hardswish(Tensor x, Source at = Source::here());
/// y = x for |x| > lambda, else 0; slope 0 at the bounds.
[[nodiscard]] Tensor hardshrink(Tensor x, double lambda = 0.5, Source at = Source::here());
/// y = x moved towards 0 by lambda, and 0 for |x| <= lambda; slope 0 at the bounds. A negative lambda is an error.
[[nodiscard]] Tensor softshrink(Tensor x, double lambda = 0.5, Source at = Source::here());
/// y = x for x > at_most, else value; slope 0 at the threshold. int64 stays int64.
[[nodiscard]] Tensor threshold(Tensor x, double at_most, double value, Source at = Source::here());
/// y = x for x > 0, else weight x; the slope at 0 is the weight's. The weight holds one number, or one for each
/// channel, which is axis 1 of x (He et al., 2015).
[[nodiscard]] Tensor prelu(Tensor x, Tensor weight, Source at = Source::here());

XGRAD_MIXED(prelu)

namespace detail {

/// Refuses bounds that are NaN or in the wrong order.
void check_hardtanh(const char* op, double low, double high);
/// Refuses a lambda that is negative or NaN.
void check_softshrink(const char* op, double lambda);

}  // namespace detail
}  // namespace xgrad
