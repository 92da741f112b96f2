#include <xgrad/autograd/linalg/solve.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/kernels/lapack/lapack.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/linalg/matrices.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad::linalg {
namespace {

using namespace detail;
using kernels::lapack::narrow;

void refuse_singular(const char* op, const Shape& batch, std::int64_t index, int pivot) {
  throw xgrad::detail::argument_error(std::string(op) + ": " + which_matrix(batch, index) + " is singular: its pivot " +
                                      std::to_string(pivot) +
                                      " is 0: linalg::lstsq and linalg::pinv take singular matrices");
}

/// b copied to the shape of a broadcast result.
template <class T>
void spread_matrices(const Tensor& b, const Tensor& x, const xgrad::detail::ScratchVector<std::int64_t>& from,
                     std::int64_t size) {
  for (std::size_t i = 0; i < from.size(); ++i)
    std::copy_n(static_cast<const T*>(Raw::operand(b)) + from[i] * size, size,
                Raw::write<T>(x) + static_cast<std::int64_t>(i) * size);
}

/// The factors of a matrix; with NaN in it they are NaN where the search for pivots, which passes over NaN, finds 0.
template <class T>
int factorised(int n, T* lu, int* pivots, const T* from) {
  const int failed = kernels::lapack::lu(n, lu, pivots, from);
  const T* const end = from + std::int64_t{n} * n;
  if (failed == 0 || std::none_of(from, end, [](T x) { return std::isnan(x); })) return failed;
  std::fill_n(lu, std::int64_t{n} * n, std::numeric_limits<T>::quiet_NaN());
  return 0;
}

template <class T>
Tensor solved(const char* op, const Tensor& a, const Tensor& b, bool transposed) {
  const Shape batch = common_batch(op, a.shape(), b.shape()), own = batch_of(a.shape());
  const int n = narrow(op, rows_of(a.shape())), k = narrow(op, columns_of(b.shape()));
  const std::int64_t size = std::int64_t{n} * k, square = std::int64_t{n} * n;
  Tensor x = xgrad::detail::result_room(a, b, matrices(batch, n, k), a.dtype());
  if (a.size() == 0) return x;
  Tensor factors = copied(a);
  const double work = 2.0 / 3 * n * static_cast<double>(square);
  xgrad::detail::ScratchVector<int> pivots(static_cast<std::size_t>(own.count() * n));
  T* const lu = Raw::write<T>(factors);
  const T* const from = static_cast<const T*>(Raw::operand(a));
  factorise_each(
      own.count(), work,
      [&](std::int64_t i) { return factorised(n, lu + i * square, &pivots[0] + i * n, from + i * square); },
      [&](std::int64_t i, int pivot) { refuse_singular(op, own, i, pivot); });
  if (x.size() == 0) return x;
  spread_matrices<T>(b, x, broadcast_indices(batch, batch_of(b.shape())), size);
  const xgrad::detail::ScratchVector<std::int64_t> of_a = broadcast_indices(batch, own);
  T* const to = Raw::write<T>(x);
  for_each_matrix(batch.count(), 2.0 * n * static_cast<double>(size), [&](std::int64_t i) {
    const std::int64_t j = of_a[static_cast<std::size_t>(i)];
    kernels::lapack::lu_solve(transposed, n, k, lu + j * square, pivots.data() + j * n, to + i * size);
  });
  return x;
}

}  // namespace

namespace detail {

// From a dx = db - da x: gb = op(a)⁻ᵀ g, and ga = -gb xᵀ, transposed if op is.
Tensor general_solve(const char* op, Tensor a, Tensor b, bool transposed, Source at) {
  const xgrad::detail::Timed timed(op, at);
  Tensor x = xgrad::detail::visit_floating(
      a.dtype(), [&](auto type) { return solved<typename decltype(type)::type>(op, a, b, transposed); });
  return record(op, at, std::move(x), {std::move(a), std::move(b)}, attributes("transpose", transposed),
                xgrad::detail::joint_with_y<0>([transposed](Tensor m, Tensor y, Tensor g, Needs needs) {
                  Tensor gb = general_solve("solve", m, g, !transposed, Source::here());
                  Tensor ga;
                  if (needs[0]) ga = -(transposed ? times(y, adjoint(gb)) : times(gb, adjoint(y)));
                  return std::array<Tensor, 2>{ga, gb};
                }));
}

Tensor inverse(const char* op, Tensor a, Source at) {
  const xgrad::detail::Timed timed(op, at);
  require_square(op, a);
  const Shape batch = batch_of(a.shape());
  const int n = narrow(op, rows_of(a.shape()));
  const std::int64_t square = std::int64_t{n} * n;
  Tensor y = copied(a);
  xgrad::detail::visit_floating(a.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    T* const to = Raw::write<T>(y);
    if (a.size() == 0) return;
    const T* const from = static_cast<const T*>(Raw::operand(a));
    factorise_each(
        batch.count(), 2.0 * n * static_cast<double>(square),
        [&](std::int64_t i) {
          xgrad::detail::ScratchVector<int> pivots(static_cast<std::size_t>(n));
          const int failed = factorised(n, to + i * square, pivots.data(), from + i * square);
          if (failed == 0) kernels::lapack::lu_inverse(n, to + i * square, pivots.data());
          return failed;
        },
        [&](std::int64_t i, int pivot) { refuse_singular(op, batch, i, pivot); });
  });
  // d(a⁻¹) = -a⁻¹ da a⁻¹.
  return record("inverse", at, std::move(y), {std::move(a)}, from_y([](Tensor inv_a, Tensor g) {
                  const Tensor transposed = adjoint(inv_a);
                  return -times(times(transposed, g), transposed);
                }));
}

}  // namespace detail

namespace {

template <class T>
Tensor triangular_solved(const Tensor& a, const Tensor& b, bool upper, const TriangularOptions& options) {
  const char* const op = "triangular_solve";
  const Shape batch = common_batch(op, a.shape(), b.shape());
  if (!options.has_unit_diagonal()) require_diagonal(op, a);
  const int m = narrow(op, rows_of(b.shape())), k = narrow(op, columns_of(b.shape()));
  const std::int64_t size = std::int64_t{m} * k, square = rows_of(a.shape()) * columns_of(a.shape());
  Tensor x = xgrad::detail::result_room(a, b, matrices(batch, m, k), a.dtype());
  if (x.size() == 0) return x;
  spread_matrices<T>(b, x, broadcast_indices(batch, batch_of(b.shape())), size);
  const xgrad::detail::ScratchVector<std::int64_t> of_a = broadcast_indices(batch, batch_of(a.shape()));
  const T* const from = static_cast<const T*>(Raw::operand(a));
  T* const to = Raw::write<T>(x);
  for_each_matrix(batch.count(), static_cast<double>(square) * (options.is_from_right() ? m : k), [&](std::int64_t i) {
    kernels::lapack::triangular_solve(options.is_from_right(), upper, options.transposes(), options.has_unit_diagonal(),
                                      m, k, from + of_a[static_cast<std::size_t>(i)] * square, to + i * size);
  });
  return x;
}

/// gb solves the system of the transpose. For a x = b, ga = -gb xᵀ; for x a = b, ga = -xᵀ gb; for aᵀ, the transposes of
/// these; all within the triangle that is read.
Tensor recorded_triangular(Tensor a, Tensor b, bool upper, TriangularOptions options, Source at) {
  const xgrad::detail::Timed timed("triangular_solve", at);
  Tensor x = xgrad::detail::visit_floating(
      a.dtype(), [&](auto type) { return triangular_solved<typename decltype(type)::type>(a, b, upper, options); });
  return record("triangular_solve", at, std::move(x), {std::move(a), std::move(b)},
                attributes("upper", upper, "transpose", options.transposes(), "unit_diagonal",
                           options.has_unit_diagonal(), "from_right", options.is_from_right()),
                xgrad::detail::joint_with_y<0>([upper, options](Tensor m, Tensor y, Tensor g, Needs needs) {
                  TriangularOptions other = options;
                  Tensor gb = recorded_triangular(m, g, upper, other.transpose(!options.transposes()), Source::here());
                  Tensor ga;
                  if (needs[0]) {
                    const bool gb_first = options.is_from_right() == options.transposes();
                    const Tensor &first = gb_first ? gb : y, &second = gb_first ? y : gb;
                    ga = options.is_from_right() ? times(adjoint(first), second) : times(first, adjoint(second));
                    ga = -triangle(ga, upper, options.has_unit_diagonal());
                  }
                  return std::array<Tensor, 2>{ga, gb};
                }));
}

}  // namespace

Tensor solve(Tensor a, Tensor b, Source at) {
  const xgrad::detail::Timed timed("solve", at);
  require_square("solve", a);
  xgrad::detail::require_defined("solve", &b, 1);
  require_same_dtype("solve", a, "the matrix", b, "the right-hand side");
  const bool vectors = b.rank() == 1 || (b.rank() + 1 == a.rank() && b.shape() == a.shape().without(a.rank() - 1));
  if (b.rank() == 0 || b.shape().at(vectors ? -1 : -2) != rows_of(a.shape()))
    throw xgrad::detail::argument_error("solve: the matrix has shape " + to_string(a.shape()) +
                                        ", the right-hand side " + to_string(b.shape()) +
                                        ": both need the same number of rows");
  if (!vectors) return general_solve("solve", std::move(a), std::move(b), false, at);
  return squeeze(general_solve("solve", std::move(a), unsqueeze(std::move(b), -1, at), false, at), -1, at);
}

Tensor inverse(Tensor a, Source at) { return detail::inverse("inverse", std::move(a), at); }

Tensor triangular_solve(Tensor a, Tensor b, Triangle triangle, TriangularOptions options, Source at) {
  const char* const op = "triangular_solve";
  const xgrad::detail::Timed timed(op, at);
  require_square(op, a);
  require_matrices(op, b, "the right-hand side");
  require_same_dtype(op, a, "the matrix", b, "the right-hand side");
  if (rows_of(a.shape()) != (options.is_from_right() ? columns_of(b.shape()) : rows_of(b.shape())))
    throw xgrad::detail::argument_error(
        std::string(op) + ": the matrix has shape " + to_string(a.shape()) + ", the right-hand side " +
        to_string(b.shape()) + ": " +
        (options.is_from_right() ? "the last axes must agree" : "the numbers of rows must agree"));
  common_batch(op, a.shape(), b.shape());
  return recorded_triangular(std::move(a), std::move(b), triangle == Triangle::upper, options, at);
}

}  // namespace xgrad::linalg
