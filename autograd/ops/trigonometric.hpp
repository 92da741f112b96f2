#pragma once

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

// Every op here works element by element, and promotes dtypes as those of arithmetic.hpp do; int64 and bool become
// float32. Angles are in radians.

/// y = tan x.
[[nodiscard]] Tensor tan(Tensor x, Source at = Source::here());
/// y = arcsin x, NaN outside [-1, 1]; slope inf at the ends.
[[nodiscard]] Tensor asin(Tensor x, Source at = Source::here());
/// y = arccos x, NaN outside [-1, 1]; slope -inf at the ends.
[[nodiscard]] Tensor acos(Tensor x, Source at = Source::here());
/// y = arctan x, in (-π/2, π/2).
[[nodiscard]] Tensor atan(Tensor x, Source at = Source::here());
/// y = (e^x - e^-x) / 2.
[[nodiscard]] Tensor sinh(Tensor x, Source at = Source::here());
/// y = (e^x + e^-x) / 2.
[[nodiscard]] Tensor cosh(Tensor x, Source at = Source::here());
/// y = ln(x + √(x² + 1)), the inverse of sinh.
[[nodiscard]] Tensor asinh(Tensor x, Source at = Source::here());
/// y = ln(x + √(x² - 1)), the inverse of cosh, NaN below 1; slope inf at 1, and NaN below.
[[nodiscard]] Tensor acosh(Tensor x, Source at = Source::here());
/// y = ln((1 + x) / (1 - x)) / 2, the inverse of tanh, ±inf at ±1 and NaN beyond.
[[nodiscard]] Tensor atanh(Tensor x, Source at = Source::here());
/// y = the angle of the point (b, a), in [-π, π]; at (0, 0) it is as in C, and both slopes are 0.
[[nodiscard]] Tensor atan2(Tensor a, Tensor b, Source at = Source::here());
/// y = √(a² + b²), which overflows only where y does; both slopes are 0 at (0, 0).
[[nodiscard]] Tensor hypot(Tensor a, Tensor b, Source at = Source::here());
/// y = π x / 180.
[[nodiscard]] Tensor deg2rad(Tensor x, Source at = Source::here());
/// y = 180 x / π.
[[nodiscard]] Tensor rad2deg(Tensor x, Source at = Source::here());

XGRAD_MIXED(atan2)
XGRAD_MIXED(hypot)

}  // namespace xgrad
