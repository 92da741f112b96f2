#include <xgrad/linalg.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

#include "cases_linalg.hpp"

using namespace xgrad;

namespace cases {
namespace {

using linalg::Triangle;
using linalg::TriangularOptions;

// Systems of equations: shapes of the matrix and of the right-hand side.
using Pairs = std::vector<std::pair<Shape, Shape>>;

const Pairs& systems() {
  static const Pairs pairs = {{{0, 0}, {0, 2}},          {{2, 2}, {2, 0}},       {{0, 2, 2}, {2, 1}},
                              {{2, 0, 0}, {0, 3}},       {{3, 3}, {0, 3, 2}},    {{1, 1}, {1, 1}},
                              {{1, 1}, {1, 3}},          {{2, 2}, {2, 1}},       {{3, 3}, {3, 2}},
                              {{4, 4}, {4, 4}},          {{2, 2, 2}, {2, 3}},    {{2, 2}, {3, 2, 1}},
                              {{2, 1, 2, 2}, {3, 2, 2}}, {{1, 3, 3}, {2, 3, 1}}, {{5, 5}, {5, 2}},
                              {{3, 2, 2}, {3, 2, 2}},    {{3, 3}, {3, 1}},       {{2, 3, 3}, {2, 3, 2}}};
  return pairs;
}

Case solves() {
  Case row{"solve", {}, {}, no_scalars};
  const TensorFunction f = [](const Tensors& x) { return linalg::solve(x[0], x[1]); };
  for (const auto& [a, b] : systems()) row.samples.push_back({f, {dominant(a), any(b)}});
  for (const auto& [a, b] : Pairs{{{3, 3}, {3}}, {{0, 0}, {0}}, {{2, 3, 3}, {2, 3}}, {{2, 2, 2}, {2, 2}}})
    row.samples.push_back({f, {dominant(a), any(b)}});
  row.samples.push_back({[](const Tensors& x) { return linalg::solve(x[0], transpose(x[0])); }, {dominant({3, 3})}});
  row.refusals = {{f, {any({2, 3}), any({2, 1})}, {"(2, 3)"}},
                  {f, {any({2, 2}), any({3, 1})}},
                  {f, {any({2, 2}), any({3})}},
                  {f, {any({2, 2}), any({})}},
                  {f, {any({2}), any({2})}, {"(2)"}},
                  {f, {any({2, 2, 2}), any({3, 2, 1})}},
                  {f, {any({2, 2}), labels({2, 1}, 3)}, {"float64", "int64"}},
                  {f, {labels({2, 2}, 3), any({2, 1})}, {"int64"}},
                  {f, {any({2, 2}), ones({2, 1})}, {"float64", "float32"}},
                  {f, {ones({2, 2}, float64), any({2, 1})}, {"the matrix is singular", "pivot 2 is 0"}},
                  {f, {zeros({2, 2, 1, 1}, float64), any({1, 1})}, {"matrix (0, 0) of the batch is singular"}}};
  return row;
}

Case triangular_solves() {
  Case row{"triangular_solve", {}, {}, no_scalars};
  unsigned turn = 0;
  const auto options = [](unsigned bits) {
    return TriangularOptions().transpose(bits & 1u).unit_diagonal(bits & 2u).from_right(bits & 4u);
  };
  for (const auto& [a, b] : systems()) {
    for (int repeat = 0; repeat < 2; ++repeat, turn += 3) {
      const unsigned bits = turn % 16;
      Shape rhs = b;
      if (bits & 4u) rhs = b.with(b.rank() - 1, b.at(-2)).with(b.rank() - 2, b.at(-1));
      const TensorFunction f = [bits, options](const Tensors& x) {
        return linalg::triangular_solve(x[0], x[1], bits & 8u ? Triangle::upper : Triangle::lower, options(bits));
      };
      Tensor matrix = dominant(a);
      // Else a unit diagonal of (1, 1) leaves nothing that the result depends on.
      if ((bits & 2u) && a.at(-1) == 1) matrix = constant(matrix);
      row.samples.push_back({f, {matrix, any(rhs)}});
    }
  }
  const TensorFunction f = [](const Tensors& x) { return linalg::triangular_solve(x[0], x[1], Triangle::lower); };
  const TensorFunction right = [](const Tensors& x) {
    return linalg::triangular_solve(x[0], x[1], Triangle::lower, TriangularOptions().from_right());
  };
  row.refusals = {{f, {any({2, 3}), any({2, 1})}, {"(2, 3)"}},
                  {f, {any({2, 2}), any({3, 1})}},
                  {right, {any({2, 2}), any({2, 3})}},
                  {f, {any({2, 2}), any({2})}, {"(2)"}},
                  {f, {any({3, 2, 2}), any({2, 2, 1})}},
                  {f, {any({2, 2}), ones({2, 1})}, {"float64", "float32"}},
                  {f, {ones({2, 2}, float64) - eye(2, float64), any({2, 1})}, {"element 0 of its diagonal is 0"}}};
  return row;
}

Case inverses() {
  Case row = over(square_shapes(), "inverse", [](const Tensor& x) { return linalg::inverse(x); });
  const TensorFunction f = [](const Tensors& x) { return linalg::inverse(x[0]); };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  row.refusals.push_back({f, {ones({3, 2, 2}, float64)}, {"matrix 0 of the batch is singular", "pivot 2"}});
  return row;
}

Case determinants(const char* op, std::function<Tensor(const Tensor&)> det) {
  Case row = over(square_shapes(), op, det);
  const TensorFunction f = [det](const Tensors& x) { return det(x[0]); };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  return row;
}

/// Symmetric and positive definite.
Tensor positive_definite(const Tensor& x) {
  return matmul(x, swapaxes(x, -2, -1)) + 2 * eye(x.shape().at(-2), x.dtype());
}

Case choleskys() {
  Case row{"cholesky", {}, {}, no_scalars};
  for (std::size_t i = 0; i < matrix_shapes().size(); ++i) {
    const Triangle triangle = i % 3 == 0 ? Triangle::upper : Triangle::lower;
    row.samples.push_back({[triangle](const Tensors& x) { return linalg::cholesky(positive_definite(x[0]), triangle); },
                           {dominant(matrix_shapes()[i])}});
  }
  const TensorFunction f = [](const Tensors& x) { return linalg::cholesky(x[0]); };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  row.refusals.push_back(
      {f, {-eye(2, float64)}, {"the matrix is not positive definite: its leading minor of order 1 is not"}});
  row.refusals.push_back({f, {Tensor({{{4., 0.}, {0., 1.}}, {{4., 2.}, {2., 1.}}})}, {"matrix 1", "order 2"}});
  return row;
}

Case cholesky_solves() {
  Case row{"cholesky_solve", {}, {}, no_scalars};
  for (const Triangle triangle : {Triangle::lower, Triangle::upper})
    for (const auto& [a, b] : systems())
      row.samples.push_back({[triangle](const Tensors& x) { return linalg::cholesky_solve(x[1], x[0], triangle); },
                             {dominant(a), any(b)}});
  const TensorFunction f = [](const Tensors& x) { return linalg::cholesky_solve(x[1], x[0]); };
  row.refusals = {{f, {any({2, 3}), any({2, 1})}, {"(2, 3)"}},
                  {f, {any({2, 2}), any({3, 1})}},
                  {f, {any({2, 2}), any({2})}, {"(2)"}},
                  {f, {any({2, 2, 2}), any({3, 2, 1})}},
                  {f, {any({2, 2}), ones({2, 1})}, {"float64", "float32"}}};
  return row;
}

Case cholesky_inverses() {
  Case row = over(square_shapes(), "cholesky_inverse", [](const Tensor& x) { return linalg::cholesky_inverse(x); });
  for (const Shape& shape : square_shapes())
    row.samples.push_back(
        {[](const Tensors& x) { return linalg::cholesky_inverse(x[0], Triangle::upper); }, {dominant(shape)}});
  const TensorFunction f = [](const Tensors& x) { return linalg::cholesky_inverse(x[0]); };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  return row;
}

}  // namespace

std::vector<Case> linalg_cases() {
  std::vector<Case> rows = {solves(),    triangular_solves(), inverses(),
                            choleskys(), cholesky_solves(),   cholesky_inverses()};
  rows.push_back(determinants("det", [](const Tensor& x) { return linalg::det(x); }));
  rows.push_back(determinants("slogdet", [](const Tensor& x) { return linalg::slogdet(x).logabsdet; }));
  rows.push_back(determinants("logdet", [](const Tensor& x) { return linalg::logdet(x); }));
  return rows;
}

}  // namespace cases
