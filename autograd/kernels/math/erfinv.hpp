#pragma once

namespace xgrad::kernels::scalar {

/// The y with erf y = x: inf at 1, -inf at -1, NaN beyond.
double erfinv(double x);

}  // namespace xgrad::kernels::scalar
