#include <xgrad/autograd/linalg/norm.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/linalg/determinant.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/linalg/solve.hpp>
#include <xgrad/autograd/linalg/svd.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;
using xgrad::detail::Timed;

std::string text_of(const MatrixNorm& order) {
  return order.name().empty() ? xgrad::detail::number_text(order.order()) : "\"" + order.name() + "\"";
}

bool by_singular_values(const MatrixNorm& order) { return order.name() == "nuc" || std::abs(order.order()) == 2; }

void check_order(const char* op, const MatrixNorm& order) {
  const double size = std::abs(order.order());
  const bool known = order.name().empty() ? size == 1 || size == 2 || std::isinf(size)
                                          : order.name() == "fro" || order.name() == "nuc";
  if (!known)
    throw xgrad::detail::argument_error(std::string(op) + ": there is no norm of order " + text_of(order) +
                                        ": the orders are \"fro\", \"nuc\", 1, -1, 2, -2, inf and -inf");
}

/// √Σ x² of n numbers, without overflow or underflow of the squares.
template <class T>
double root_of_squares(const T* x, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  if (sum > 1e-280 && sum < 1e300) return std::sqrt(sum);
  double largest = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double size = std::abs(static_cast<double>(x[i]));
    if (!(size <= largest)) largest = size;
    if (std::isnan(size)) return size;
  }
  if (largest == 0 || std::isinf(largest)) return largest;
  int exponent = 0;
  std::frexp(largest, &exponent);
  sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double scaled = std::ldexp(static_cast<double>(x[i]), -exponent);
    sum += scaled * scaled;
  }
  return std::ldexp(std::sqrt(sum), exponent);
}

/// The norms of the matrices in the last two axes.
Tensor frobenius(const char* op, Tensor a, Source at) {
  const std::int64_t size = a.size() == 0 ? 0 : rows_of(a.shape()) * columns_of(a.shape());
  Tensor y = Raw::uninitialized(batch_of(a.shape()), a.dtype());
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* const from = static_cast<const T*>(Raw::operand(a));
    T* const to = Raw::write<T>(y);
    for_each_matrix(y.size(), static_cast<double>(size),
                    [&](std::int64_t i) { to[i] = static_cast<T>(root_of_squares(from + i * size, size)); });
  });
  // x / y g, all derivatives of which are 0 where the norm is 0.
  return record(op, at, std::move(y), {std::move(a)},
                xgrad::detail::joint_with_y<0>([](Tensor x, Tensor norms, Tensor g, Needs) {
                  const auto spread = [](const Tensor& each) { return unsqueeze(unsqueeze(each, -1), -1); };
                  const Tensor flat = norms == 0;
                  return std::array<Tensor, 1>{spread(where(flat, 0, g)) * (x / spread(where(flat, 1, norms)))};
                }));
}

/// The largest or smallest element along the last axis; 0 if the axis is empty, as no element is negative.
Tensor extreme(const Tensor& x, bool largest) {
  if (x.shape().back() == 0) return sum(x, -1);
  return largest ? amax(x, -1) : amin(x, -1);
}

/// The norms of the matrices in the last two axes. For a negative order, what the minimum is taken of is not empty.
Tensor norms(const char* op, Tensor a, const MatrixNorm& order, Source at) {
  if (order.name() == "fro") return frobenius(op, std::move(a), at);
  if (order.name() == "nuc") return sum(svdvals(std::move(a), at), -1, KeepDims::no, at);
  const bool largest = order.order() > 0;
  if (by_singular_values(order)) return extreme(svdvals(std::move(a), at), largest);
  return extreme(sum(abs(std::move(a)), std::isinf(order.order()) ? -1 : -2), largest);
}

void check_smallest(const char* op, const Shape& shape, const MatrixNorm& order) {
  if (!order.name().empty() || order.order() > 0) return;
  const std::int64_t m = rows_of(shape), n = columns_of(shape);
  const bool of_none = by_singular_values(order) ? std::min(m, n) == 0 : (std::isinf(order.order()) ? m : n) == 0;
  if (of_none)
    throw xgrad::detail::argument_error(std::string(op) + ": a matrix of shape " + to_string(Shape{m, n}) +
                                        " has no norm of order " + text_of(order) + ": it is the smallest of nothing");
}

}  // namespace

Tensor matrix_norm(Tensor a, const MatrixNorm& order, const std::pair<Dim, Dim>& axes, KeepDims keep, Source at) {
  const char* const op = "matrix_norm";
  const Timed timed(op, at);
  require_matrices(op, a);
  check_order(op, order);
  const std::size_t rank = a.rank();
  const std::size_t row = resolve_axis(op, axes.first, rank), column = resolve_axis(op, axes.second, rank);
  if (row == column)
    throw xgrad::detail::argument_error(std::string(op) + ": axis " + std::to_string(row) + " is named twice");
  Shape kept = a.shape();
  kept = kept.with(row, 1).with(column, 1);
  std::vector<std::int64_t> moved;
  for (std::size_t k = 0; k < rank; ++k)
    if (k != row && k != column) moved.push_back(static_cast<std::int64_t>(k));
  moved.push_back(static_cast<std::int64_t>(row));
  moved.push_back(static_cast<std::int64_t>(column));
  if (!std::is_sorted(moved.begin(), moved.end())) a = transpose(std::move(a), moved, at);
  check_smallest(op, a.shape(), order);
  if (by_singular_values(order)) require_finite(op, a);
  Tensor y = norms(op, std::move(a), order, at);
  return keep == KeepDims::yes ? reshape(std::move(y), kept, at) : y;
}

Tensor norm(Tensor a, Source at) {
  const Timed timed("norm", at);
  xgrad::detail::require_defined("norm", &a, 1);
  if (!is_floating(a.dtype()))
    throw xgrad::detail::argument_error(std::string("norm: the tensor is ") + name_of(a.dtype()) +
                                        ": only float32 and float64 have a norm: convert it with to()");
  const std::int64_t size = a.size();
  return frobenius("norm", reshape(std::move(a), {1, size}, at), at);
}

Tensor norm(Tensor a, const MatrixNorm& order, Source at) {
  const char* const op = "norm";
  const Timed timed(op, at);
  require_matrices(op, a);
  check_order(op, order);
  check_smallest(op, a.shape(), order);
  if (by_singular_values(order)) require_finite(op, a);
  return norms(op, std::move(a), order, at);
}

Tensor cond(Tensor a, const MatrixNorm& order, Source at) {
  const char* const op = "cond";
  const Timed timed(op, at);
  require_matrices(op, a);
  check_order(op, order);
  if (order.name().empty() && by_singular_values(order)) {
    require_finite(op, a);
    const Tensor s = svdvals(std::move(a), at);
    const std::int64_t k = s.shape().back();
    if (k == 0) return sum(s, -1);
    const Tensor first = squeeze(narrow(s, -1, 0, 1), -1), last = squeeze(narrow(s, -1, k - 1, 1), -1);
    // Of a matrix of zeros both are 0, and their quotient is that of other singular matrices.
    const Tensor nothing = first == 0, one = ones({}, s.dtype());
    if (order.order() < 0) return last / where(nothing, one, first);
    return where(nothing, full({}, std::numeric_limits<double>::infinity(), s.dtype()),
                 first / where(nothing, one, last));
  }
  require_square(op, a);
  if (columns_of(a.shape()) == 0) return sum(a, {-2, -1});
  if (by_singular_values(order)) require_finite(op, a);
  // The condition does not depend on the size of a, but the inverse of tiny elements may overflow.
  a = a * balancing(a);
  const Tensor singular = has_zero_pivot(op, a);
  const Tensor safe = where(unsqueeze(unsqueeze(singular, -1), -1), identity(rows_of(a.shape()), a.dtype()), a);
  return where(singular, full({}, std::numeric_limits<double>::infinity(), a.dtype()),
               norms(op, safe, order, at) * norms(op, inverse(safe, at), order, at));
}

}  // namespace xgrad::linalg
