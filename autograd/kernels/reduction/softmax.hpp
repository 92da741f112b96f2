#pragma once

#include <cstdint>

#include <xgrad/autograd/kernels/indexing/along.hpp>

namespace xgrad::kernels {

// Sums along a line are accumulated in double. Results do not depend on the number of threads. Outputs must not overlap
// inputs. All are instantiated for float and double.

/// y_j = e^(x_j - m) / Σ_k e^(x_k - m), m the maximum of the line.
template <class T>
void softmax(const T* x, T* y, Along axis);
/// gx_j = y_j (g_j - Σ_k g_k y_k).
template <class T>
void softmax_backward(const T* y, const T* g, T* gx, Along axis);

/// y_j = (x_j - m) - ln Σ_k e^(x_k - m).
template <class T>
void log_softmax(const T* x, T* y, Along axis);
/// gx_j = g_j - e^y_j Σ_k g_k.
template <class T>
void log_softmax_backward(const T* y, const T* g, T* gx, Along axis);

/// y = m + ln Σ_k e^(x_k - m), one number a line; -inf for n = 0. m is the maximum of the line, or 0 where that is
/// infinite. `shift` and `inverse` take m and 1 / Σ_k e^(x_k - m) for the backward pass, or inf and 1 of a line with
/// +inf; they may be null.
template <class T>
void logsumexp(const T* x, T* y, T* shift, T* inverse, Along axis);
/// gx_j = e^(x_j - shift) inverse g, with one shift, one inverse and one g a line.
template <class T>
void logsumexp_backward(const T* x, const T* shift, const T* inverse, const T* g, T* gx, Along axis);

/// loss = ln Σ_k e^x_k - x_label, one number for each line, and what the backward pass needs: softmax_j(x) is
/// e^(x_j - shift) inverse. Labels are within 0 .. n-1, or `ignored`, for which the loss is 0.
template <class T>
void cross_entropy(const T* x, const std::int64_t* labels, std::int64_t ignored, T* shift, T* inverse, double* loss,
                   Along axis);
/// gx_j = (softmax_j(x) - [j = label]) weight g, with one weight for each line, and one g for each
/// line (g_step 1) or for all (g_step 0).
/// Ignored lines get 0.
template <class T>
void cross_entropy_backward(const T* x, const std::int64_t* labels, std::int64_t ignored, const T* shift,
                            const T* inverse, const T* weight, const T* g, std::int64_t g_step, T* gx, Along axis);

}  // namespace xgrad::kernels
