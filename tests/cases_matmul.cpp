#include <xgrad/autograd/ops/matmul.hpp>

#include <xgrad/autograd/ops/shape.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

Case products() {
  Case row{"matmul", {}, {}, no_scalars};
  const TensorFunction f = [](const Tensors& x) { return matmul(x[0], x[1]); };
  const std::vector<std::pair<Shape, Shape>> shapes = {{{0}, {0}},
                                                       {{2, 0}, {0, 3}},
                                                       {{0, 2}, {2, 3}},
                                                       {{2, 3}, {3, 0}},
                                                       {{2, 0}, {0}},
                                                       {{2, 3, 0}, {0, 4}},
                                                       {{2, 1, 3, 0}, {0}},
                                                       {{0, 2, 3}, {3, 2}},
                                                       {{2, 1, 0}, {2, 0, 2}},
                                                       {{1, 2, 2}, {0, 2, 1}},
                                                       {{3}, {3}},
                                                       {{1}, {1}},
                                                       {{2}, {2, 3}},
                                                       {{2, 3}, {3}},
                                                       {{2, 3}, {3, 2}},
                                                       {{1, 3}, {3, 1}},
                                                       {{3, 1}, {1, 2}},
                                                       {{1, 1}, {1, 1}},
                                                       {{2, 2, 3}, {3, 2}},
                                                       {{2, 3}, {2, 3, 1}},
                                                       {{2, 1, 2}, {2, 2, 3}},
                                                       {{1, 2, 2}, {3, 2, 1}},
                                                       {{2, 2, 2}, {2}},
                                                       {{2}, {3, 2, 1}},
                                                       {{2, 1, 1, 2}, {3, 2, 1}},
                                                       {{2, 1, 2, 1}, {1, 2, 1, 2}},
                                                       {{4, 2}, {2, 2}},
                                                       {{5, 17}, {17, 9}}};
  for (const auto& [a, b] : shapes) row.samples.push_back({f, {any(a), any(b)}});
  const TensorFunction square = [](const Tensors& x) { return matmul(x[0], x[0]); };
  row.samples.push_back({square, {any({3, 3})}});
  row.samples.push_back({square, {any({2, 2, 2})}});
  row.samples.push_back({square, {any({4})}});
  row.samples.push_back({[](const Tensors& x) { return matmul(x[0], transpose(x[0])); }, {any({2, 3})}});
  row.samples.push_back({[](const Tensors& x) { return matmul(transpose(x[0]), x[0]); }, {any({2, 3})}});
  row.refusals = {{f, {any({2, 3}), any({4, 5})}},
                  {f, {any({3}), any({4})}},
                  {f, {any({2, 3}), any({2})}},
                  {f, {any({2}), any({3, 2})}},
                  {f, {any({2, 2, 3}), any({3, 3, 2})}},
                  {f, {any({}), any({3})}},
                  {f, {any({2, 2}), any({})}},
                  {f, {labels({2, 2}, 3), labels({2, 2}, 3)}, {"int64"}},
                  {f, {any({2, 2}), labels({2, 2}, 3)}, {"float64", "int64"}},
                  {f, {any({2, 2}), Tensor({{1.0, 2.0}, {3.0, 4.0}}, float32)}, {"float64", "float32"}}};
  return row;
}

Case affine() {
  Case row{"linear", {}, {}, no_scalars};
  const TensorFunction plain = [](const Tensors& x) { return linear(x[0], x[1]); };
  const TensorFunction biased = [](const Tensors& x) { return linear(x[0], x[1], x[2]); };
  const std::vector<std::vector<Shape>> shapes = {
      {{0, 3}, {2, 3}},      {{0, 3}, {2, 3}, {2}}, {{2, 0}, {3, 0}, {3}},    {{2, 3, 0}, {4, 0}, {4}},
      {{2, 3, 0}, {4, 0}},   {{2, 3}, {0, 3}, {0}}, {{2, 0, 3}, {2, 3}, {2}}, {{3}, {2, 3}},
      {{3}, {2, 3}, {2}},    {{2, 3}, {2, 3}},      {{2, 3}, {2, 3}, {2}},    {{1, 3}, {2, 3}, {2}},
      {{2, 1}, {3, 1}, {3}}, {{2, 3}, {1, 3}, {1}}, {{1, 1}, {1, 1}, {1}},    {{2, 2, 2}, {3, 2}, {3}},
      {{2, 2, 2}, {2, 2}},   {{4, 2}, {2, 2}, {2}}, {{2, 1, 3}, {2, 3}, {2}}, {{1, 2, 2}, {1, 2}}};
  for (const auto& s : shapes) {
    Tensors inputs;
    for (const Shape& shape : s) inputs.push_back(any(shape));
    row.samples.push_back({s.size() == 2 ? plain : biased, inputs});
  }
  row.samples.push_back({[](const Tensors& x) { return linear(x[0], x[0]); }, {any({3, 2})}});
  row.refusals = {{plain, {any({2, 3}), any({2, 4})}},
                  {plain, {any({2, 3}), any({3})}},
                  {plain, {any({}), any({2, 3})}},
                  {biased, {any({2, 3}), any({2, 3}), any({3})}, {"bias", "(2)", "(3)"}},
                  {biased, {any({2, 3}), any({2, 3}), any({1})}, {"bias", "(2)", "(1)"}},
                  {biased, {any({2, 3}), any({2, 3}), any({1, 2})}, {"bias", "(2)", "(1, 2)"}},
                  {plain, {Tensor({{1.0, 2.0}}, float32), any({3, 2})}, {"float64", "float32"}},
                  {plain, {labels({2, 3}, 3), any({2, 3})}, {"int64"}}};
  return row;
}

}  // namespace

std::vector<Case> matmul_cases() { return {products(), affine()}; }

}  // namespace cases
