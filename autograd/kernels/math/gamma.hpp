#pragma once

namespace xgrad::kernels::scalar {

/// ln |Γ(x)|; safe to call from several threads at once.
double lgamma(double x);
/// (ln Γ)'(x): -inf at 0, inf at -0, NaN at the other poles, the negative integers.
double digamma(double x);
/// The n-th derivative of digamma, n >= 0 and whole. For n > 0 a pole has an infinite value, of the sign that both
/// sides have or, for an even n, of the right side's.
double polygamma(double n, double x);

}  // namespace xgrad::kernels::scalar
