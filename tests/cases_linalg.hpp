#pragma once

// Inputs and shapes for the rows of linear algebra.

#include <algorithm>
#include <utility>
#include <vector>

#include <xgrad/autograd/ops/arithmetic.hpp>

#include "cases.hpp"

namespace cases {

/// Matrices whose diagonal outweighs the rest, with well separated singular values and, if symmetric, eigenvalues.
inline Tensor dominant(const Shape& shape, double low = -0.4, double high = 0.4) {
  Tensor x = between(low, high)(shape);
  const std::int64_t m = shape.at(-2), n = shape.at(-1), k = std::min(m, n);
  double* to = xgrad::Raw::write<double>(x);
  for (std::int64_t first = 0; first + m * n <= x.size() && k > 0; first += m * n)
    for (std::int64_t i = 0; i < k; ++i) to[first + i * n + i] += 1.5 + 1.3 * static_cast<double>(i);
  return x;
}

/// The same with positive elements, whose sums over rows and columns, and those of the inverse, differ.
inline Tensor uneven(const Shape& shape) { return dominant(shape, 0.2, 0.4); }

/// x with 1.5, 4, 6.5, ... added to its diagonals: of small x, singular values that are far apart.
inline Tensor spaced(const Tensor& x) {
  const std::int64_t m = x.shape().at(-2), n = x.shape().at(-1);
  std::vector<double> numbers(static_cast<std::size_t>(m * n));
  for (std::int64_t i = 0; i < std::min(m, n); ++i)
    numbers[static_cast<std::size_t>(i * n + i)] = 1.5 + 2.5 * static_cast<double>(i);
  return x + Tensor(numbers).reshape({m, n}).to(x.dtype());
}
inline Tensor small(const Shape& shape) { return between(-0.4, 0.4)(shape); }

inline const std::vector<Shape>& square_shapes() {
  static const std::vector<Shape> shapes = {{0, 0}, {2, 0, 0}, {0, 3, 3}, {0, 1, 1},    {3, 1, 0, 0}, {1, 1}, {2, 2},
                                            {3, 3}, {4, 4},    {2, 2, 2}, {3, 1, 1},    {2, 1, 2, 2}, {1, 1}, {1, 3, 3},
                                            {5, 5}, {2, 3, 3}, {2, 2},    {1, 1, 1, 1}, {3, 2, 2},    {3, 3}};
  return shapes;
}

inline const std::vector<Shape>& matrix_shapes() {
  static const std::vector<Shape> shapes = {{0, 3},    {3, 0},    {0, 0}, {2, 0, 3}, {0, 2, 3}, {1, 1},       {1, 3},
                                            {3, 1},    {2, 2},    {3, 2}, {2, 3},    {3, 3},    {2, 3, 2},    {2, 2, 3},
                                            {4, 2},    {2, 4},    {4, 4}, {1, 2, 2}, {5, 3},    {2, 1, 2, 3}, {3, 4},
                                            {1, 1, 1}, {2, 0, 0}, {2, 2}, {3, 1}};
  return shapes;
}

/// A row over shapes of matrices.
inline Case over(
    const std::vector<Shape>& shapes, std::string op, std::function<Tensor(const Tensor&)> f,
    unsigned flags = no_scalars, Domain domain = [](const Shape& s) { return dominant(s); }) {
  Case row{std::move(op), {}, {}, flags};
  const TensorFunction of_list = [f = std::move(f)](const Tensors& x) { return f(x[0]); };
  for (const Shape& shape : shapes) row.samples.push_back({of_list, {domain(shape)}});
  return row;
}

/// What every function of one matrix refuses: a vector, an integer dtype.
inline void refuse_no_matrix(Case& row, const TensorFunction& f) {
  row.refusals.push_back({f, {any({3})}});
  row.refusals.push_back({f, {any({})}});
  row.refusals.push_back({f, {labels({2, 2}, 3)}, {"int64"}});
}

}  // namespace cases
