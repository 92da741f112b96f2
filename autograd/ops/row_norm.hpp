#pragma once

// For this room's sources only: what layer_norm, rms_norm, group_norm and instance_norm are made of.

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/reduction/row_norm.hpp>

namespace xgrad::detail {

/// Refuses an input that is undefined or not floating, and an eps that is not positive and finite.
void require_normal_input(const char* op, const Tensor& x, double eps);
/// Refuses a v, unless undefined, of another shape or another dtype than that of x.
void require_normal_vector(const char* op, const Tensor& x, const Tensor& v, const char* name, const Shape& shape);

/// The rows of x normalised and scaled by weight and bias, which are undefined or hold one number for each channel, in
/// any shape. The variances of the rows go to `variance`, unless null.
Tensor normalized_rows(const char* op, Tensor x, Tensor weight, Tensor bias, const kernels::RowNorm& by,
                       double* variance, Tensor* statistics, Source at);

}  // namespace xgrad::detail
