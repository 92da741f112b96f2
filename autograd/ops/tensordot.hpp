#pragma once

#include <initializer_list>
#include <vector>

#include <xgrad/autograd/ops/operand.hpp>

namespace xgrad {

/// y[i..., j...] = Σ_k a[i..., k] b[j..., k]: the last axes are contracted. A scalar multiplies.
[[nodiscard]] Tensor inner(Tensor a, Tensor b, Source at = Source::here());
/// The sum of products over pairs of axes: axis a_axes[i] of a with axis b_axes[i] of b, which have the same size. The
/// axes of the result are the others of a, then the others of b.
[[nodiscard]] Tensor tensordot(Tensor a, Tensor b, const std::vector<std::int64_t>& a_axes,
                               const std::vector<std::int64_t>& b_axes, Source at = Source::here());
[[nodiscard]] Tensor tensordot(Tensor a, Tensor b, std::initializer_list<Dim> a_axes, std::initializer_list<Dim> b_axes,
                               Source at = Source::here());
/// The same over the last `count` axes of a and the first of b.
[[nodiscard]] Tensor tensordot(Tensor a, Tensor b, Dim count = 2, Source at = Source::here());

XGRAD_MIXED(inner)

}  // namespace xgrad
