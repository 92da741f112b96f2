#include <xgrad/autograd/linalg/least_squares.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
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
using xgrad::detail::number_text;
using xgrad::detail::Timed;

struct Limits {
  double atol, rtol;
};

Limits limits(const char* op, const Tensor& a, const Tolerance& given) {
  for (const std::optional<double>& value : {given.atol(), given.rtol()})
    if (value && !(*value >= 0))
      throw xgrad::detail::argument_error(std::string(op) + ": a tolerance is " + number_text(*value) +
                                          ": it must be a number of at least 0");
  const double epsilon = a.dtype() == float32 ? static_cast<double>(std::numeric_limits<float>::epsilon())
                                              : std::numeric_limits<double>::epsilon();
  const auto side = static_cast<double>(std::max(rows_of(a.shape()), columns_of(a.shape())));
  return {given.atol().value_or(0), given.rtol().value_or(given.atol().value_or(0) > 0 ? 0 : side * epsilon)};
}

/// Which singular values (..., k), in descending order, count.
Tensor counted(const Tensor& s, Limits limit) {
  if (s.shape().back() == 0) return s > 0;
  return s > maximum(narrow(s, -1, 0, 1) * limit.rtol, limit.atol);
}

/// v s⁺ uᵀ x, or v s⁺ uᵀ where x is undefined.
Tensor apply_pseudo_inverse(const SVD& y, const Tensor& counts, const Tensor& x) {
  const Tensor ut = adjoint(y.u), part = x.defined() ? times(ut, x) : ut;
  // By a division: the inverse of a singular value may overflow where the quotient does not.
  const Tensor quotients = part / unsqueeze(where(counts, y.s, ones({}, y.s.dtype())), -1);
  return times(adjoint(y.vh), where(unsqueeze(counts, -1), quotients, zeros({}, y.s.dtype())));
}

// dp = -p da p + p pᵀ daᵀ (1 - a p) + (1 - p a) daᵀ pᵀ p, so
// ga = -pᵀ g pᵀ + (1 - a p) gᵀ p pᵀ + pᵀ p gᵀ (1 - p a).
Tensor pinv_gradient(const Tensor& a, const Tensor& p, const Tensor& g) {
  // The projections first, on numbers of the order of g: no product is further from 1 than the result.
  const Tensor pt = adjoint(p), gt = adjoint(g);
  const Tensor right = gt - times(a, times(p, gt)), left = gt - times(gt, times(p, a));
  return times(right, times(p, pt)) + times(pt, times(p, left)) - times(times(pt, g), pt);
}

Tensor recorded_pinv(Tensor a, Limits limit, Source at) {
  Tensor y;
  {
    const NoGrad off;
    const SVD parts = svd(a, reduced_matrices);
    y = apply_pseudo_inverse(parts, counted(parts.s, limit), {});
  }
  return record("pinv", at, std::move(y), {std::move(a)}, attributes("atol", limit.atol, "rtol", limit.rtol),
                xgrad::detail::joint_with_y<0>(
                    [](Tensor m, Tensor p, Tensor g, Needs) { return std::array<Tensor, 1>{pinv_gradient(m, p, g)}; }));
}

// With p the pseudo-inverse, x = p b: gb = pᵀ g, and the gradient of p is g bᵀ, which pinv_gradient turns into
// ga = -gb xᵀ + (b - a x) (p gb)ᵀ + pᵀ x (g - aᵀ gb)ᵀ.
std::array<Tensor, 2> lstsq_gradients(const Tensor& a, const Tensor& b, const Tensor& x, const Tensor& g, bool of_a,
                                      Limits limit) {
  const Tensor p = recorded_pinv(a, limit, Source::here()), pt = adjoint(p);
  const Tensor gb = times(pt, g);
  if (!of_a) return {Tensor(), gb};
  return {times(b - times(a, x), adjoint(times(p, gb))) + times(times(pt, x), adjoint(g - times(adjoint(a), gb))) -
              times(gb, adjoint(x)),
          gb};
}

void check_operands(const char* op, const Tensor& a, const Tensor& b, bool vectors) {
  if (b.rank() == 0 || b.shape().at(vectors ? -1 : -2) != rows_of(a.shape()))
    throw xgrad::detail::argument_error(std::string(op) + ": the matrix has shape " + to_string(a.shape()) +
                                        ", the right-hand side " + to_string(b.shape()) +
                                        ": both need the same number of rows");
}

}  // namespace

LeastSquares lstsq(Tensor a, Tensor b, const Tolerance& tolerance, Source at) {
  const char* const op = "lstsq";
  const Timed timed(op, at);
  require_matrices(op, a);
  xgrad::detail::require_defined(op, &b, 1);
  require_same_dtype(op, a, "the matrix", b, "the right-hand side");
  const bool vectors = b.rank() == 1 || (b.rank() + 1 == a.rank() && b.shape() == a.shape().without(a.rank() - 1));
  check_operands(op, a, b, vectors);
  if (vectors) b = unsqueeze(std::move(b), -1, at);
  common_batch(op, a.shape(), b.shape());
  const Limits limit = limits(op, a, tolerance);
  require_finite(op, a);
  LeastSquares result;
  Tensor x;
  bool residuals = false;
  {
    const NoGrad off;
    const SVD parts = svd(a, reduced_matrices);
    const Tensor counts = counted(parts.s, limit);
    x = apply_pseudo_inverse(parts, counts, b);
    result.rank = sum(counts, -1);
    result.singular_values = parts.s;
    residuals = rows_of(a.shape()) > columns_of(a.shape()) && result.rank.size() > 0 &&
                amin(result.rank).item<std::int64_t>() == columns_of(a.shape());
  }
  x = record(op, at, std::move(x), {a, b}, attributes("atol", limit.atol, "rtol", limit.rtol),
             xgrad::detail::joint_with_y<0, 1>([limit](Tensor m, Tensor rhs, Tensor y, Tensor g, Needs needs) {
               return lstsq_gradients(m, rhs, y, g, needs[0], limit);
             }));
  Tensor squares = residuals ? sum(square(times(a, x) - b), -2) : zeros({0}, a.dtype());
  result.residuals = vectors && residuals ? squeeze(std::move(squares), -1) : std::move(squares);
  result.solution = vectors ? squeeze(std::move(x), -1) : std::move(x);
  return result;
}

Tensor pinv(Tensor a, const Tolerance& tolerance, Source at) {
  const Timed timed("pinv", at);
  require_matrices("pinv", a);
  const Limits limit = limits("pinv", a, tolerance);
  require_finite("pinv", a);
  return recorded_pinv(std::move(a), limit, at);
}

Tensor matrix_rank(Tensor a, const Tolerance& tolerance, Source at) {
  const Timed timed("matrix_rank", at);
  require_matrices("matrix_rank", a);
  const Limits limit = limits("matrix_rank", a, tolerance);
  require_finite("matrix_rank", a);
  const NoGrad off;
  return sum(counted(svdvals(std::move(a)), limit), -1);
}

}  // namespace xgrad::linalg
