#include <xgrad/autograd/ops/selection.hpp>

#include <cmath>

#include <xgrad/autograd/ops/arithmetic.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

Case where_over_shapes() {
  Case row{"where", {}, {}, selects};
  const TensorFunction f = [](const Tensors& x) { return where(x[0], x[1], x[2]); };
  const std::vector<std::vector<Shape>> shapes = {{{0}, {0}, {0}},
                                                  {{2, 1}, {2, 0}, {1}},
                                                  {{0, 3}, {3}, {1, 3}},
                                                  {{}, {0}, {1}},
                                                  {{2, 0}, {}, {}},
                                                  {{}, {}, {}},
                                                  {{}, {}, {}},
                                                  {{5}, {}, {}},
                                                  {{1}, {4}, {4}},
                                                  {{6}, {6}, {6}},
                                                  {{2, 3}, {2, 3}, {2, 3}},
                                                  {{2, 3}, {3}, {2, 1}},
                                                  {{3}, {2, 3}, {}},
                                                  {{2, 1}, {1, 3}, {3}},
                                                  {{4}, {3, 1}, {1}},
                                                  {{2, 1, 3}, {2, 1}, {2, 2, 3}},
                                                  {{}, {3}, {3}},
                                                  {{1, 1}, {2}, {3, 1}},
                                                  {{2, 2, 2}, {2, 2}, {2}}};
  for (const auto& s : shapes) row.samples.push_back({f, {mask(s[0]), any(s[1]), any(s[2])}});
  const TensorFunction twice = [](const Tensors& x) { return where(x[0], x[1], x[1]); };
  row.samples.push_back({twice, {mask({2, 3}), any({2, 3})}});
  row.samples.push_back({twice, {mask({3}), any({2, 1})}});
  row.refusals = {{f, {mask({2, 3}), any({4, 5}), any({4, 5})}, {"(2, 3)", "(4, 5)"}},
                  {f, {mask({3}), any({3}), any({2})}, {"(3)", "(2)"}}};
  return row;
}

}  // namespace

std::vector<Case> selection_cases() {
  return {
      where_over_shapes(),
      unary(
          "where", [](const Tensor& x) { return where(x > 0, exp(x), x * x); }, nonzero),
      unary(
          "where", [](const Tensor& x) { return where(x <= 0, 1.0, 3 * x); }, nonzero, selects),
      binary(
          "maximum", [](const Tensor& a, const Tensor& b) { return maximum(a, b); }, distinct, distinct_between,
          selects),
      binary(
          "minimum", [](const Tensor& a, const Tensor& b) { return minimum(a, b); }, distinct, distinct_between,
          selects),
      unary(
          "maximum", [](const Tensor& x) { return maximum(x, 0.5); }, away_from({0.5}), selects),
      unary(
          "minimum", [](const Tensor& x) { return minimum(-0.5, x); }, away_from({-0.5}), selects),
      unary(
          "clamp", [](const Tensor& x) { return clamp(x, -1, 0.75); }, away_from({-1, 0.75}), selects),
      unary(
          "clamp", [](const Tensor& x) { return clamp(x, 0, HUGE_VAL); }, nonzero, selects),
      unary(
          "clamp", [](const Tensor& x) { return clamp(x, std::nullopt, 0.5); }, away_from({0.5}), selects),
      binary(
          "clamp_min", [](const Tensor& a, const Tensor& b) { return clamp_min(a, b); }, distinct, distinct_between,
          selects),
      binary(
          "clamp_max", [](const Tensor& a, const Tensor& b) { return clamp_max(a, b); }, distinct, distinct_between,
          selects),
      unary(
          "clamp_min", [](const Tensor& x) { return clamp_min(x, 0.5); }, away_from({0.5}), selects),
      binary(
          "fmax", [](const Tensor& a, const Tensor& b) { return fmax(a, b); }, distinct, distinct_between, selects),
      binary(
          "fmin", [](const Tensor& a, const Tensor& b) { return fmin(a, b); }, distinct, distinct_between, selects),
      unary(
          "fmax", [](const Tensor& x) { return fmax(0.5, x); }, away_from({0.5}), selects),
      binary(
          "copysign", [](const Tensor& a, const Tensor& b) { return copysign(a, b); }, nonzero, nonzero, zero_slope),
      unary(
          "copysign", [](const Tensor& x) { return copysign(x, -2.0); }, nonzero),
      binary(
          "heaviside", [](const Tensor& a, const Tensor& b) { return heaviside(a, b); }, nonzero, any, zero_slope),
      unary(
          "nan_to_num", [](const Tensor& x) { return nan_to_num(x); }, any),
      unary(
          "nan_to_num", [](const Tensor& x) { return nan_to_num(x, 1.0, 2.0, 3.0); }, any),
  };
}

}  // namespace cases
