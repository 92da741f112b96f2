#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/autograd/ops/variance.hpp>

#include <algorithm>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

/// max and min along one axis; only their values are checked.
Case extreme(const char* op, std::function<Tensor(const Tensor&, std::int64_t, KeepDims)> f) {
  Case row{op, {}};
  for (const auto& [shape, axis] : axes_of_shapes()) {
    const KeepDims keep = row.samples.size() % 3 == 0 ? KeepDims::yes : KeepDims::no;
    row.samples.push_back({[=, axis = axis](const Tensors& x) { return f(x[0], axis, keep); }, {distinct(shape)}});
  }
  row.refusals = {{[f](const Tensors& x) { return f(x[0], 2, keepdims); }, {distinct({2, 3})}, {"axis 2", "2 axes"}},
                  {[f](const Tensors& x) { return f(x[0], 0, KeepDims::no); }, {distinct({0, 3})}}};
  return row;
}

Case extreme_of_all(const char* op, std::function<Tensor(const Tensor&)> f) {
  Case row = unary(op, f, distinct, no_nothing);
  auto nothing = [](const Sample& sample) { return sample.inputs[0].size() == 0; };
  row.samples.erase(std::remove_if(row.samples.begin(), row.samples.end(), nothing), row.samples.end());
  const TensorFunction of_list = [f](const Tensors& x) { return f(x[0]); };
  for (const Shape& shape : {Shape{3, 3}, Shape{8}}) row.samples.push_back({of_list, {distinct(shape)}});
  row.refusals = {{of_list, {distinct({0})}}, {of_list, {distinct({2, 0})}}};
  return row;
}

Case sum_to_shapes() {
  Case row{"sum_to", {}};
  const std::vector<std::pair<Shape, Shape>> shapes = {{{0}, {1}},
                                                       {{2, 0}, {0}},
                                                       {{0, 3}, {1, 3}},
                                                       {{2, 0, 3}, {2, 1, 1}},
                                                       {{0}, {}},
                                                       {{}, {}},
                                                       {{3}, {}},
                                                       {{2, 3}, {}},
                                                       {{1}, {}},
                                                       {{4}, {1}},
                                                       {{2, 3}, {3}},
                                                       {{2, 3}, {1, 3}},
                                                       {{2, 3}, {2, 1}},
                                                       {{2, 3}, {2, 3}},
                                                       {{2, 3}, {1}},
                                                       {{1, 1}, {}},
                                                       {{1, 4}, {4}},
                                                       {{2, 3, 2}, {2, 1, 2}},
                                                       {{2, 1, 3}, {1, 1, 1}},
                                                       {{2, 2, 3}, {2, 1}}};
  const auto f = [](const Shape& to) { return [to](const Tensors& x) { return sum_to(x[0], to); }; };
  for (const auto& [from, to] : shapes) row.samples.push_back({f(to), {any(from)}});
  row.refusals = {{f({2}), {any({2, 3})}, {"(2, 3)", "(2)"}}, {f({1, 2, 3}), {any({2, 3})}, {"(2, 3)", "(1, 2, 3)"}}};
  return row;
}

/// An op along one axis that keeps the shape.
Case along(const char* op, std::function<Tensor(const Tensor&, std::int64_t)> f) {
  Case row{op, {}, {}, selects};
  for (const auto& [shape, axis] : axes_of_shapes())
    row.samples.push_back({[f, axis = axis](const Tensors& x) { return f(x[0], axis); }, {any(shape)}});
  row.refusals = {{[f](const Tensors& x) { return f(x[0], 2); }, {any({2, 3})}, {"axis 2", "2 axes"}},
                  {[f](const Tensors& x) { return f(x[0], -3); }, {any({2, 3})}, {"axis -3", "2 axes"}}};
  return row;
}

}  // namespace

std::vector<Case> reduction_cases() {
  std::vector<Fold> several;  // of more than one element each, as the spread of one has no slope
  for (const Fold& r : reductions_of_something())
    if (r.shape.rank() > 0) several.push_back(r);
  const auto f_var = [](double correction) {
    return [=](const Tensor& x, const Fold& r) { return var(x, r.over(), correction, r.keep); };
  };
  const auto f_std = [](double correction) {
    return [=](const Tensor& x, const Fold& r) { return xgrad::std(x, r.over(), correction, r.keep); };
  };
  return {
      reducing(
          "sum", [](const Tensor& x, const Fold& r) { return sum(x, r.over(), r.keep); }, any, reductions()),
      reducing(
          "mean", [](const Tensor& x, const Fold& r) { return mean(x, r.over(), r.keep); }, any, reductions()),
      reducing("var", f_var(0), any, reductions(), selects),
      reducing("var", f_var(1), any, several, no_scalars),
      reducing("var", f_var(-2), any, several, no_scalars),
      reducing("std", f_std(0), distinct, several, no_scalars),
      reducing("std", f_std(1), distinct, several, no_scalars),
      reducing(
          "logsumexp", [](const Tensor& x, const Fold& r) { return logsumexp(x, r.over(), r.keep); }, any,
          reductions()),
      reducing(
          "amax", [](const Tensor& x, const Fold& r) { return amax(x, r.over(), r.keep); }, distinct,
          reductions_of_something()),
      reducing(
          "amin", [](const Tensor& x, const Fold& r) { return amin(x, r.over(), r.keep); }, distinct,
          reductions_of_something()),
      extreme_of_all("max", [](const Tensor& x) { return max(x); }),
      extreme_of_all("min", [](const Tensor& x) { return min(x); }),
      extreme("max", [](const Tensor& x, std::int64_t axis, KeepDims keep) { return max(x, axis, keep).values; }),
      extreme("min", [](const Tensor& x, std::int64_t axis, KeepDims keep) { return min(x, axis, keep).values; }),
      along("softmax", [](const Tensor& x, std::int64_t axis) { return softmax(x, axis); }),
      along("log_softmax", [](const Tensor& x, std::int64_t axis) { return log_softmax(x, axis); }),
      sum_to_shapes(),
  };
}

}  // namespace cases
