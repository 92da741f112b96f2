#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/norm.hpp>
#include <xgrad/autograd/ops/prod.hpp>
#include <xgrad/autograd/ops/scan.hpp>
#include <xgrad/autograd/ops/variance.hpp>

#include <cmath>
#include <limits>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

/// A third of the elements are 0.
Tensor with_zeros(const Shape& shape) {
  const Tensor x = nonzero(shape);
  double* to = Raw::write<double>(x);
  for (std::int64_t i = 0; i < x.size(); i += 3) to[i] = 0;
  return x;
}

/// No two elements of sizes closer than 0.03, none near 0; negative ones are half as far apart.
Tensor distinct_sizes(const Shape& shape) {
  const Tensor x = distinct(shape);
  double* to = Raw::write<double>(x);
  for (std::int64_t i = 0; i < x.size(); ++i) to[i] = to[i] < -0.1 ? to[i] / 2 : to[i] + 0.06;
  return x;
}

/// Running results along an axis.
Case running(const char* op, std::function<Tensor(const Tensor&, std::int64_t)> f, Domain domain, unsigned flags = 0) {
  Case row{op, {}, {}, flags};
  const auto add = [&](const Shape& shape, std::int64_t axis) {
    row.samples.push_back({[f, axis](const Tensors& x) { return f(x[0], axis); }, {domain(shape)}});
  };
  for (const auto& [shape, axis] : axes_of_shapes()) add(shape, axis);
  add({0}, 0);
  add({0, 3}, 0);
  row.refusals = {{[f](const Tensors& x) { return f(x[0], 2); }, {any({2, 3})}, {"axis 2", "2 axes"}},
                  {[f](const Tensors& x) { return f(x[0], -3); }, {any({2, 3})}, {"axis -3", "2 axes"}},
                  {[f](const Tensors& x) { return f(x[0], 1); }, {any({})}, {"axis 1", "0 axes"}}};
  return row;
}

Case norm_row(const char* op, double p, Domain domain, unsigned flags = 0) {
  return reducing(
      op, [p](const Tensor& x, const Fold& r) { return norm(x, p, r.over(), r.keep); }, std::move(domain),
      p >= 0 && std::isfinite(p) ? reductions() : reductions_of_something(), flags);
}

Case product_row(Domain domain, unsigned flags = 0) {
  return reducing(
      "prod", [](const Tensor& x, const Fold& r) { return prod(x, r.over(), r.keep); }, std::move(domain), reductions(),
      flags);
}

std::vector<Case> norms() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {norm_row("norm", 2, nonzero),
          norm_row("norm", 1, nonzero),
          norm_row("norm", 0.5, nonzero),
          norm_row("norm", 1.5, nonzero),
          norm_row("norm", 3, nonzero),
          norm_row("norm", -1.5, between(0.6, 2)),
          norm_row("norm", 0, nonzero, zero_slope),
          norm_row("norm", infinity, distinct_sizes),
          norm_row("norm", -infinity, distinct_sizes),
          reducing(
              "vector_norm", [](const Tensor& x, const Fold& r) { return vector_norm(x, 2, r.over(), r.keep); },
              nonzero, reductions())};
}

}  // namespace

std::vector<Case> scan_cases() {
  std::vector<Fold> several;  // of more than one element each, as the spread of one has no slope
  for (const Fold& r : reductions_of_something())
    if (r.shape.rank() > 0) several.push_back(r);
  std::vector<Case> rows = {
      running(
          "cumsum", [](const Tensor& x, std::int64_t axis) { return cumsum(x, axis); }, any),
      running(
          "cumprod", [](const Tensor& x, std::int64_t axis) { return cumprod(x, axis); }, nonzero),
      running(
          "cumprod", [](const Tensor& x, std::int64_t axis) { return cumprod(x, axis); }, with_zeros, selects),
      running(
          "logcumsumexp", [](const Tensor& x, std::int64_t axis) { return logcumsumexp(x, axis); }, any),
      running(
          "cummax", [](const Tensor& x, std::int64_t axis) { return cummax(x, axis).values; }, distinct),
      running(
          "cummin", [](const Tensor& x, std::int64_t axis) { return cummin(x, axis).values; }, distinct),
      product_row(nonzero),
      product_row(with_zeros, selects),
      reducing(
          "var_mean",
          [](const Tensor& x, const Fold& r) {
            const auto [spread, centre] = var_mean(x, r.over(), 1, r.keep);
            return spread + 3 * centre;
          },
          any, several, no_scalars),
      reducing(
          "std_mean",
          [](const Tensor& x, const Fold& r) {
            const auto [spread, centre] = std_mean(x, r.over(), 0, r.keep);
            return spread + 3 * centre;
          },
          distinct, several, no_scalars)};
  for (Case& row : norms()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace cases
