#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/piecewise_activation.hpp>
#include <xgrad/autograd/ops/rrelu.hpp>
#include <xgrad/autograd/ops/softmax.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

Case along_axes(const char* op, std::function<Tensor(const Tensor&, std::int64_t)> f) {
  Case row{op, {}, {}, selects};
  for (const auto& [shape, axis] : axes_of_shapes())
    row.samples.push_back({[f, axis = axis](const Tensors& x) { return f(x[0], axis); }, {any(shape)}});
  row.refusals = {{[f](const Tensors& x) { return f(x[0], 2); }, {any({2, 3})}, {"axis 2", "2 axes"}},
                  {[f](const Tensors& x) { return f(x[0], -3); }, {any({2, 3})}, {"axis -3", "2 axes"}}};
  return row;
}

Case prelus() {
  Case row{"prelu", {}, {}, zero_slope};  // a weight has no slope where no element is below 0
  const TensorFunction f = [](const Tensors& x) { return prelu(x[0], x[1]); };
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{0}, {1}},       {{0, 3}, {3}},   {{2, 0}, {}},  {{2, 0}, {0}},    {{2, 0, 3}, {1}},
      {{}, {}},         {{}, {1}},       {{5}, {1}},    {{7}, {}},        {{1, 4}, {4}},
      {{4, 1}, {1}},    {{2, 3}, {3}},   {{2, 3}, {1}}, {{2, 3, 2}, {3}}, {{2, 3, 2, 2}, {3}},
      {{2, 1, 3}, {1}}, {{3, 12}, {12}}, {{35}, {}},    {{2, 3, 0}, {3}}, {{2, 2}, {2}}};
  for (const auto& [x, weight] : shapes) row.samples.push_back({f, {nonzero(x), any(weight)}});
  row.refusals = {{f, {any({2, 3}), any({2})}}, {f, {any({3}), any({3})}}, {f, {any({2, 3}), any({3, 1})}}};
  return row;
}

Case halves() {
  Case row{"glu", {}, {}, no_scalars};
  const std::vector<Along> axes = {{{0}, 0},        {{0, 4}, 1},  {{2, 0}, 0},    {{2, 0, 3}, 0},     {{4, 0}, -2},
                                   {{2}, 0},        {{6}, -1},    {{2, 3}, 0},    {{3, 2}, 1},        {{3, 4}, -1},
                                   {{4, 1}, 0},     {{1, 4}, 1},  {{2, 4, 2}, 1}, {{12}, 0},          {{2, 2, 6}, -1},
                                   {{4, 1, 2}, -3}, {{2, 70}, 1}, {{70, 2}, 0},   {{1, 2, 1, 3}, -3}, {{2, 2}, 0}};
  for (const auto& [shape, axis] : axes)
    row.samples.push_back({[axis = axis](const Tensors& x) { return glu(x[0], axis); }, {any(shape)}});
  const TensorFunction last = [](const Tensors& x) { return glu(x[0]); };
  row.refusals = {{last, {any({2, 3})}, {"(2, 3)", "even"}},
                  {last, {any({})}, {"()"}},
                  {[](const Tensors& x) { return glu(x[0], 2); }, {any({2, 4})}, {"axis 2", "2 axes"}}};
  return row;
}

/// Every shape with a mask of its own shape, or of one line; some lines are left out altogether.
Case masked_lines() {
  Case row{"masked_softmax", {}, {}, zero_slope};
  for (const auto& [shape, axis] : axes_of_shapes()) {
    const TensorFunction f = [axis = axis](const Tensors& x) { return masked_softmax(x[0], x[1], axis); };
    row.samples.push_back({f, {any(shape), mask(shape)}});
    if (shape == Shape{2, 0}) row.samples.push_back({f, {any(shape), mask({2, 1})}});
    if (shape == Shape{2, 3} && axis == 1) row.samples.push_back({f, {any(shape), mask({3})}});
  }
  const TensorFunction f = [](const Tensors& x) { return masked_softmax(x[0], x[1], 0); };
  row.refusals = {{f, {any({3}), mask({2, 3})}}, {f, {any({2, 3}), mask({2})}}, {f, {any({3}), any({3})}, {"float64"}}};
  return row;
}

}  // namespace

std::vector<Case> activation_cases() {
  return {
      unary(
          "step", [](const Tensor& x) { return step(x); }, nonzero, zero_slope),
      unary(
          "sigmoid", [](const Tensor& x) { return sigmoid(x); }, any),
      unary(
          "logsigmoid", [](const Tensor& x) { return logsigmoid(x); }, any),
      unary(
          "tanh", [](const Tensor& x) { return tanh(x); }, any),
      unary(
          "relu", [](const Tensor& x) { return relu(x); }, nonzero, selects),
      unary(
          "leaky_relu", [](const Tensor& x) { return leaky_relu(x); }, nonzero),
      unary(
          "leaky_relu", [](const Tensor& x) { return leaky_relu(x, -0.3); }, nonzero),
      unary(
          "elu", [](const Tensor& x) { return elu(x); }, nonzero),
      unary(
          "elu", [](const Tensor& x) { return elu(x, 1.7); }, nonzero),
      unary(
          "silu", [](const Tensor& x) { return silu(x); }, any),
      unary(
          "gelu", [](const Tensor& x) { return gelu(x); }, any),
      unary(
          "gelu", [](const Tensor& x) { return gelu(x, Gelu::tanh); }, any),
      unary(
          "softplus", [](const Tensor& x) { return softplus(x); }, any),
      unary(
          "softplus", [](const Tensor& x) { return softplus(x); }, between(8, 18)),
      unary(
          "softplus", [](const Tensor& x) { return softplus(x); }, between(22, 26)),
      unary(
          "softsign", [](const Tensor& x) { return softsign(x); }, nonzero),
      unary(
          "selu", [](const Tensor& x) { return selu(x); }, nonzero),
      unary(
          "celu", [](const Tensor& x) { return celu(x); }, nonzero),
      unary(
          "celu", [](const Tensor& x) { return celu(x, 1.7); }, nonzero),
      unary(
          "mish", [](const Tensor& x) { return mish(x); }, any),
      unary(
          "tanhshrink", [](const Tensor& x) { return tanhshrink(x); }, any),
      unary(
          "relu6", [](const Tensor& x) { return relu6(4 * x); }, away_from({0, 1.5}), selects),
      unary(
          "hardsigmoid", [](const Tensor& x) { return hardsigmoid(2 * x); }, away_from({-1.5, 1.5}), selects),
      unary(
          "hardswish", [](const Tensor& x) { return hardswish(2 * x); }, away_from({-1.5, 1.5}), selects),
      unary(
          "hardtanh", [](const Tensor& x) { return hardtanh(x); }, away_from({-1, 1}), selects),
      unary(
          "hardtanh", [](const Tensor& x) { return hardtanh(x, -0.5, 1.5); }, away_from({-0.5, 1.5}), selects),
      unary(
          "hardshrink", [](const Tensor& x) { return hardshrink(x); }, away_from({-0.5, 0.5}), selects),
      unary(
          "softshrink", [](const Tensor& x) { return softshrink(x, 0.3); }, away_from({-0.3, 0.3}), selects),
      unary(
          "threshold", [](const Tensor& x) { return threshold(x, -0.5, 7.0); }, away_from({-0.5}), selects),
      unary(
          "rrelu", [](const Tensor& x) { return rrelu(x); }, nonzero),
      unary(
          "rrelu",
          [](const Tensor& x) {
            Generator own(3);
            return rrelu(x, 0.1, 0.4, true, &own);
          },
          nonzero),
      prelus(),
      halves(),
      masked_lines(),
      along_axes("softmin", [](const Tensor& x, std::int64_t axis) { return softmin(x, axis); }),
  };
}

}  // namespace cases
