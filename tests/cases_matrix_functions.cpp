#include <limits>

#include <xgrad/linalg.hpp>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

#include "cases_linalg.hpp"

using namespace xgrad;

namespace cases {
namespace {

using linalg::Triangle;

constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor flat(const std::vector<Tensor>& parts) {
  std::vector<Tensor> all;
  for (const Tensor& part : parts) all.push_back(reshape(part, Shape{part.size()}));
  return concat(all);
}

Case qrs() {
  Case row = over(matrix_shapes(), "qr", [](const Tensor& x) {
    const linalg::QR y = linalg::qr(x);
    return flat({y.q, y.r});
  });
  for (const Shape& shape : {Shape{3, 3}, Shape{2, 3}, Shape{2, 2, 4}})
    row.samples.push_back({[](const Tensors& x) {
                             const linalg::QR y = linalg::qr(x[0], linalg::QRMode::complete);
                             return flat({y.r, y.q});
                           },
                           {dominant(shape)}});
  row.samples.push_back({[](const Tensors& x) { return linalg::qr(x[0]).r; }, {dominant({4, 3})}});
  refuse_no_matrix(row, [](const Tensors& x) { return linalg::qr(x[0]).r; });
  return row;
}

/// Functions that do not depend on the signs of eigenvectors.
Case eighs() {
  Case row{"eigh", {}, {}, no_scalars};
  const auto symmetric = [](const Tensor& x) { return spaced(x + swapaxes(x, -2, -1)); };
  const auto add = [&](const Shape& shape, Triangle triangle) {
    row.samples.push_back({[symmetric, triangle](const Tensors& x) {
                             const linalg::Eigh y = linalg::eigh(symmetric(x[0]), triangle);
                             return flat({y.eigenvalues, square(y.eigenvectors)});
                           },
                           {small(shape)}});
  };
  for (const Shape& shape : square_shapes()) add(shape, row.samples.size() % 2 ? Triangle::upper : Triangle::lower);
  row.samples.push_back({[symmetric](const Tensors& x) {
                           const linalg::Eigh y = linalg::eigh(symmetric(x[0]));
                           return matmul(y.eigenvectors * unsqueeze(exp(y.eigenvalues * 0.3), -2),
                                         swapaxes(y.eigenvectors, -2, -1));
                         },
                         {small({2, 3, 3})}});
  const TensorFunction f = [](const Tensors& x) { return linalg::eigh(x[0]).eigenvalues; };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  return row;
}

Case eigenvalues() {
  Case row = over(
      square_shapes(), "eigvalsh",
      [](const Tensor& x) { return linalg::eigvalsh(spaced(x + swapaxes(x, -2, -1)), Triangle::upper); }, no_scalars,
      small);
  const TensorFunction f = [](const Tensors& x) { return linalg::eigvalsh(x[0]); };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  return row;
}

Case svds() {
  Case row = over(
      matrix_shapes(), "svd",
      [](const Tensor& x) {
        const linalg::SVD y = linalg::svd(spaced(x), linalg::reduced_matrices);
        return flat({square(y.u), y.s, square(y.vh)});
      },
      no_scalars, small);
  for (const Shape& shape : {Shape{3, 2}, Shape{2, 3}, Shape{2, 3, 3}})
    row.samples.push_back({[](const Tensors& x) {
                             const linalg::SVD y = linalg::svd(spaced(x[0]), linalg::reduced_matrices);
                             return matmul(y.u * unsqueeze(exp(y.s * 0.3), -2), y.vh);
                           },
                           {small(shape)}});
  row.samples.push_back({[](const Tensors& x) {
                           const linalg::SVD y = linalg::svd(spaced(x[0]));
                           return flat({square(narrow(y.u, -1, 0, 2)), y.s, square(y.vh)});
                         },
                         {small({4, 2})}});
  const TensorFunction f = [](const Tensors& x) { return linalg::svd(x[0]).s; };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {full({2, 1, 1}, infinity, float64)}, {"matrix 0 of the batch", "NaN or infinite"}});
  return row;
}

Case singular_values() {
  Case row = over(
      matrix_shapes(), "svdvals", [](const Tensor& x) { return linalg::svdvals(spaced(x)); }, no_scalars, small);
  refuse_no_matrix(row, [](const Tensors& x) { return linalg::svdvals(x[0]); });
  return row;
}

Case least_squares() {
  Case row{"lstsq", {}, {}, no_scalars};
  const TensorFunction f = [](const Tensors& x) { return linalg::lstsq(x[0], x[1]).solution; };
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{0, 3}, {0, 2}},    {{3, 0}, {3, 2}},    {{3, 2}, {3, 0}}, {{2, 0, 0}, {0, 2}}, {{0, 2, 3}, {2, 2}},
      {{1, 1}, {1, 1}},    {{3, 2}, {3, 1}},    {{2, 3}, {2, 2}}, {{4, 2}, {4, 3}},    {{3, 3}, {3, 2}},
      {{2, 3, 2}, {3, 2}}, {{3, 2}, {2, 3, 1}}, {{4, 2}, {4}},    {{2, 4, 2}, {2, 4}}, {{2, 2, 3}, {2, 2, 1}},
      {{5, 3}, {5, 2}},    {{1, 3}, {1, 1}},    {{3, 1}, {3, 1}}, {{0, 0}, {0}}};
  for (const auto& [a, b] : shapes) row.samples.push_back({f, {dominant(a), any(b)}});
  row.samples.push_back(
      {[](const Tensors& x) { return linalg::lstsq(x[0], x[1]).residuals; }, {dominant({4, 2}), any({4, 3})}});
  row.refusals = {{f, {any({2, 2}), any({3, 1})}},
                  {f, {any({2, 2}), any({3})}},
                  {f, {any({2}), any({2})}, {"(2)"}},
                  {f, {any({2, 2, 3}), any({3, 2, 1})}},
                  {f, {any({2, 2}), ones({2, 1})}, {"float64", "float32"}}};
  return row;
}

Case pseudo_inverses() {
  Case row = over(matrix_shapes(), "pinv", [](const Tensor& x) { return linalg::pinv(x); });
  // Of rank 2, which the parameters cannot change.
  row.samples.push_back(
      {[](const Tensors& x) { return linalg::pinv(matmul(x[0], x[1])); }, {dominant({4, 2}), dominant({2, 3})}});
  row.samples.push_back(
      {[](const Tensors& x) { return linalg::pinv(matmul(x[0], x[1]), linalg::Tolerance().rtol(1e-6)); },
       {dominant({2, 2}), dominant({2, 3, 2, 4})}});
  refuse_no_matrix(row, [](const Tensors& x) { return linalg::pinv(x[0]); });
  return row;
}

Case powers() {
  Case row{"matrix_power", {}, {}, no_scalars | zero_slope};
  std::int64_t n = -3;
  for (const Shape& shape : square_shapes()) {
    row.samples.push_back({[n](const Tensors& x) { return linalg::matrix_power(x[0], n); }, {dominant(shape)}});
    n = n == 5 ? -3 : n + 1;
  }
  const TensorFunction f = [](const Tensors& x) { return linalg::matrix_power(x[0], 2); };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  return row;
}

Case exponentials() {
  Case row = over(square_shapes(), "expm", [](const Tensor& x) { return linalg::expm(x * 0.5); });
  // Norms for which each of the approximants is taken, and squaring.
  for (const double scale : {1e-3, 0.1, 0.4, 1.0})
    row.samples.push_back({[scale](const Tensors& x) { return linalg::expm(x[0] * scale); }, {any({2, 2})}});
  row.samples.push_back(
      {[](const Tensors& x) { return linalg::expm(x[0] - 4 * eye(2, x[0].dtype())); }, {any({2, 2})}});
  const TensorFunction f = [](const Tensors& x) { return linalg::expm(x[0]); };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  return row;
}

Case chains() {
  Case row{"multi_dot", {}, {}, no_scalars};
  const std::vector<std::vector<Shape>> shapes = {{{0, 2}, {2, 3}},
                                                  {{2, 0}, {0, 3}, {3, 0}},
                                                  {{0}, {0, 3}},
                                                  {{0, 3}, {3, 2}, {2, 4}, {4, 2}},
                                                  {{2, 3}, {3, 2}},
                                                  {{3}, {3}},
                                                  {{1}, {1, 2}, {2}},
                                                  {{2}, {2, 3}, {3, 2}},
                                                  {{2, 3}, {3, 1}, {1, 4}},
                                                  {{4, 1}, {1, 3}, {3, 2}, {2, 2}},
                                                  {{1, 2}, {2, 3}, {3, 4}, {4, 1}},
                                                  {{3, 2}, {2}},
                                                  {{2, 2}, {2, 2}, {2, 2}},
                                                  {{1, 1}, {1, 1}},
                                                  {{3}, {3, 2}, {2}},
                                                  {{2, 5}, {5, 2}, {2, 3}}};
  const TensorFunction f = [](const Tensors& x) { return linalg::multi_dot(x); };
  for (const auto& all : shapes) {
    Tensors inputs;
    for (const Shape& shape : all) inputs.push_back(any(shape));
    row.samples.push_back({f, inputs});
  }
  row.refusals = {{f, {any({2, 3})}, {"at least two"}},
                  {f, {any({2, 3}), any({2, 3})}},
                  {f, {any({2, 3}), any({3}), any({3, 1})}, {"operand 1", "(3)"}},
                  {f, {any({2, 3}), any({3, 2, 2})}, {"operand 1", "(3, 2, 2)"}},
                  {f, {any({2, 3}), labels({3, 2}, 3)}, {"int64"}},
                  {f, {any({2, 3}), ones({3, 2})}, {"float32"}}};
  return row;
}

Case norms() {
  Case row{"matrix_norm", {}, {}, no_scalars};
  const auto add = [&](const Shape& shape, linalg::MatrixNorm order) {
    row.samples.push_back({[order](const Tensors& x) { return linalg::matrix_norm(x[0], order); }, {uneven(shape)}});
  };
  for (const char* order : {"fro", "nuc"})
    for (const Shape& shape : matrix_shapes()) add(shape, order);
  for (const double order : {1.0, -1.0, 2.0, -2.0, infinity, -infinity})
    for (const Shape& shape : {Shape{2, 3}, Shape{3, 2}, Shape{1, 1}, Shape{2, 2, 2}, Shape{0, 2, 2}})
      add(shape, order);
  for (const double order : {1.0, 2.0, infinity})
    for (const Shape& shape : {Shape{0, 3}, Shape{2, 0}, Shape{2, 0, 0}}) add(shape, order);
  row.samples.push_back({[](const Tensors& x) {
                           return linalg::matrix_norm(x[0], 1, {0, 2}, keepdims);
                         },
                         {any({2, 3, 4})}});
  row.samples.push_back({[](const Tensors& x) { return linalg::matrix_norm(x[0], "fro", {2, 0}); }, {any({2, 3, 4})}});
  const TensorFunction f = [](const Tensors& x) { return linalg::matrix_norm(x[0]); };
  refuse_no_matrix(row, f);
  const auto refused = [&](const Shape& shape, linalg::MatrixNorm order, std::pair<Dim, Dim> axes,
                           std::vector<std::string> says) {
    row.refusals.push_back(
        {[=](const Tensors& x) { return linalg::matrix_norm(x[0], order, axes); }, {any(shape)}, says});
  };
  refused({2, 3}, 3, {-2, -1}, {"order 3"});
  refused({2, 3}, "frob", {-2, -1}, {"\"frob\""});
  refused({2, 3}, 0, {-2, -1}, {"order 0"});
  refused({2, 3}, "fro", {1, -1}, {"axis 1 is named twice"});
  refused({2, 3}, "fro", {1, 2}, {"axis 2", "2 axes"});
  refused({2, 0}, -1, {-2, -1}, {"(2, 0)", "order -1"});
  refused({0, 2}, -infinity, {-2, -1}, {"(0, 2)"});
  refused({0, 2}, -2, {-2, -1}, {"(0, 2)"});
  return row;
}

Case all_norms() {
  Case row = unary(
      "norm", [](const Tensor& x) { return linalg::norm(x); }, nonzero);
  row.samples.push_back({[](const Tensors& x) { return linalg::norm(x[0], 1); }, {any({2, 3})}});
  row.samples.push_back({[](const Tensors& x) { return linalg::norm(x[0], "nuc"); }, {dominant({2, 2, 3})}});
  row.refusals = {{[](const Tensors& x) { return linalg::norm(x[0]); }, {labels({2}, 3)}, {"int64"}},
                  {[](const Tensors& x) { return linalg::norm(x[0], 1); }, {any({3})}},
                  {[](const Tensors& x) { return linalg::norm(x[0], 5); }, {any({3, 3})}, {"order 5"}}};
  return row;
}

Case conditions() {
  Case row{"cond", {}, {}, no_scalars};
  const auto add = [&](const Shape& shape, linalg::MatrixNorm order) {
    row.samples.push_back({[order](const Tensors& x) { return linalg::cond(x[0], order); }, {uneven(shape)}});
  };
  for (const Shape& shape : {Shape{2, 3}, Shape{3, 2}, Shape{0, 3}, Shape{3, 3}, Shape{2, 2, 2}}) add(shape, 2);
  for (const Shape& shape : {Shape{2, 2}, Shape{0, 0}, Shape{0, 2, 2}, Shape{3, 2, 2}}) add(shape, -2);
  for (const double order : {1.0, -1.0, infinity, -infinity})
    for (const Shape& shape : {Shape{2, 2}, Shape{2, 3, 3}, Shape{2, 0, 0}}) add(shape, order);
  for (const char* order : {"fro", "nuc"})
    for (const Shape& shape : {Shape{2, 2}, Shape{2, 3, 3}, Shape{0, 0}}) add(shape, order);
  const TensorFunction f = [](const Tensors& x) { return linalg::cond(x[0], "fro"); };
  refuse_no_matrix(row, f);
  row.refusals.push_back({f, {any({2, 3})}});
  row.refusals.push_back({[](const Tensors& x) { return linalg::cond(x[0], 3); }, {any({2, 2})}, {"order 3"}});
  return row;
}

}  // namespace

std::vector<Case> matrix_function_cases() {
  return {qrs(),    eighs(),        eigenvalues(), svds(),  singular_values(), least_squares(), pseudo_inverses(),
          powers(), exponentials(), chains(),      norms(), all_norms(),       conditions()};
}

}  // namespace cases
