#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>
#include <xgrad/autograd/kernels/scan/direction.hpp>

namespace xgrad::kernels {

// Results for every beginning of a line, or for every end with Direction::backward. float is accumulated in double;
// int64 wraps around. Outputs of sums may be the inputs themselves.

/// y_k = Σ_{j <= k} x_j. For int64, float and double.
template <class T>
void running_sum(const T* x, T* y, Along axis, Direction direction);
/// y_k = Π_{j <= k} x_j; 0 from a 0 on, also where the product before it overflows. For int64, float and double.
template <class T>
void running_product(const T* x, T* y, Along axis, Direction direction);
/// index_k = the last j <= k that holds the largest (or smallest) of x_0 .. x_k, or the last NaN if there is one. For
/// int64, float and double.
template <class T>
void running_extreme(const T* x, std::int64_t* index, Along axis, bool largest);
/// y_k = ln Σ_{j <= k} e^x_j, shifted by the largest x_j so far. For float and double.
template <class T>
void running_logsumexp(const T* x, T* y, Along axis);
/// The same in two parts, y_k = shift_k + logs_k, where shift_k is the largest x_j so far. For float and double.
template <class T>
void running_logsumexp_parts(const T* x, double* shift, double* logs, Along axis);
/// r_0 = b_0 and r_k = b_k + a_k r_{k-1}, b_k for an a_k of 0 also where what comes before overflows. For float and
/// double.
template <class T>
void linear_recurrence(const T* a, const T* b, T* r, Along axis, Direction direction);

}  // namespace xgrad::kernels
