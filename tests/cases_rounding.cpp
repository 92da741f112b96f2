#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/rounding.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/ternary.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

/// Three operands that broadcast, the third of which may lie elsewhere.
Case ternary(const char* op, std::function<Tensor(const Tensor&, const Tensor&, const Tensor&)> f, Domain a, Domain b,
             Domain c, unsigned flags = none) {
  Case row{op, {}, {}, flags};
  const TensorFunction of_list = [f](const Tensors& x) { return f(x[0], x[1], x[2]); };
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
                                                  {{}, {3}, {3}},
                                                  {{1, 1}, {2}, {3, 1}},
                                                  {{35}, {35}, {}},
                                                  {{2, 2, 2}, {2, 2}, {2}}};
  for (const auto& s : shapes) row.samples.push_back({of_list, {a(s[0]), b(s[1]), c(s[2])}});
  row.refusals = {{of_list, {a({2, 3}), b({4, 5}), c({4, 5})}, {"(2, 3)", "(4, 5)"}},
                  {of_list, {a({3}), b({3}), c({2})}, {"(3)", "(2)"}}};
  return row;
}

}  // namespace

std::vector<Case> rounding_cases() {
  const Domain off_halves = away_from({-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2});
  return {
      unary(
          "floor", [](const Tensor& x) { return floor(x); }, off_halves, zero_slope),
      unary(
          "ceil", [](const Tensor& x) { return ceil(x); }, off_halves, zero_slope),
      unary(
          "trunc", [](const Tensor& x) { return trunc(x); }, off_halves, zero_slope),
      unary(
          "round", [](const Tensor& x) { return round(x); }, off_halves, zero_slope),
      unary(
          "round", [](const Tensor& x) { return round(x, 1); }, between(0.31, 0.33), zero_slope),
      unary(
          "frac", [](const Tensor& x) { return frac(x); }, off_halves),
      binary(
          "fmod", [](const Tensor& a, const Tensor& b) { return fmod(a + 2.5, 1 + 0.1 * b); }, between(-0.2, 0.2),
          between(-0.2, 0.2)),
      binary(
          "fmod", [](const Tensor& a, const Tensor& b) { return fmod(a - 2.5, 1 + 0.1 * b); }, between(-0.2, 0.2),
          between(-0.2, 0.2)),
      binary(
          "remainder", [](const Tensor& a, const Tensor& b) { return remainder(a + 2.5, 1 + 0.1 * b); },
          between(-0.2, 0.2), between(-0.2, 0.2)),
      binary(
          "remainder", [](const Tensor& a, const Tensor& b) { return remainder(a - 2.5, 1 + 0.1 * b); },
          between(-0.2, 0.2), between(-0.2, 0.2)),
      unary(
          "remainder", [](const Tensor& x) { return x % 2.5; }, between(3, 4.5)),
      unary(
          "fmod", [](const Tensor& x) { return fmod(5.0, x); }, between(1.8, 2.2)),
      binary(
          "floor_divide", [](const Tensor& a, const Tensor& b) { return floor_divide(a + 2.5, 1 + 0.1 * b); },
          between(-0.2, 0.2), between(-0.2, 0.2), zero_slope),
      binary(
          "div", [](const Tensor& a, const Tensor& b) { return div(a + 2.5, 1 + 0.1 * b, Rounding::trunc); },
          between(-0.2, 0.2), between(-0.2, 0.2), zero_slope),
      binary(
          "div", [](const Tensor& a, const Tensor& b) { return div(a + 2.5, 1 + 0.1 * b, Rounding::floor); },
          between(-0.2, 0.2), between(-0.2, 0.2), zero_slope),
      ternary(
          "lerp", [](const Tensor& a, const Tensor& b, const Tensor& c) { return lerp(a, b, c); }, any, any, any),
      unary(
          "lerp", [](const Tensor& x) { return lerp(x, 2.5, 0.3); }, any),
      ternary(
          "addcmul", [](const Tensor& a, const Tensor& b, const Tensor& c) { return addcmul(a, b, c, -0.7); }, any, any,
          any),
      ternary(
          "addcmul", [](const Tensor& a, const Tensor& b, const Tensor& c) { return addcmul(a, b, c); }, any, any, any),
      ternary(
          "addcdiv", [](const Tensor& a, const Tensor& b, const Tensor& c) { return addcdiv(a, b, c, 1.3); }, any, any,
          nonzero),
      ternary(
          "clamp", [](const Tensor& a, const Tensor& b, const Tensor& c) { return clamp(a, b, c); },
          away_from({-0.5, 0.75}), between(-0.52, -0.48), between(0.73, 0.77), zero_slope),
      ternary(
          "clamp", [](const Tensor& a, const Tensor& b, const Tensor& c) { return clamp(a, c, b); },
          away_from({-0.5, 0.75}), between(-0.52, -0.48), between(0.73, 0.77), zero_slope),
  };
}

}  // namespace cases
