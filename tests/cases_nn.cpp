#include <xgrad/nn/functional.hpp>

#include <cmath>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

/// Inputs: x; weight and bias, or neither; running mean and variance, or neither.
struct Norm {
  Shape x;
  bool affine, running, training;
};

Sample normalizing(const Norm& norm) {
  Sample sample;
  const Shape channels{norm.x[1]};
  sample.inputs.push_back(distinct(norm.x));
  if (norm.affine) sample.inputs.insert(sample.inputs.end(), {nonzero(channels), any(channels)});
  if (norm.running) sample.inputs.insert(sample.inputs.end(), {constant(any(channels)), constant(positive(channels))});
  sample.f = [norm](const Tensors& x) {
    const std::size_t r = norm.affine ? 3 : 1;
    // Training updates the running statistics: the function is pure because it gets copies.
    return nn::batch_norm(x[0], norm.affine ? x[1] : Tensor(), norm.affine ? x[2] : Tensor(),
                          norm.running ? x[r].detach().clone() : Tensor(),
                          norm.running ? x[r + 1].detach().clone() : Tensor(), norm.training, 0.3, 1e-3);
  };
  return sample;
}

Case batch_normalizing() {
  Case row{"batch_norm", {}, {}, no_scalars | takes_empty};
  const std::vector<Norm> list = {
      {{3, 2}, true, false, true},    {{0, 3}, true, true, true},       {{0, 2, 2}, true, false, false},
      {{2, 3, 0}, true, true, false}, {{3, 0}, true, true, true},       {{0, 2}, false, false, true},
      {{3, 1}, true, true, true},     {{4, 3}, true, true, true},       {{5, 2}, false, true, true},
      {{6, 1}, false, false, true},   {{3, 2, 2}, true, true, true},    {{2, 1, 3}, true, false, true},
      {{1, 2, 4}, true, true, true},  {{2, 2, 1, 2}, true, true, true}, {{2, 2, 3}, false, false, false},
      {{1, 3}, true, true, false},    {{4, 3}, true, true, false},      {{5, 2}, false, true, false},
      {{2, 2, 3}, true, true, false}, {{1, 1}, true, true, false},      {{2, 3, 1, 2}, false, true, false},
      {{35, 2}, true, true, true},    {{2, 2, 35}, true, true, true},   {{0, 2, 3}, true, true, false}};
  for (const Norm& norm : list) row.samples.push_back(normalizing(norm));
  const TensorFunction affine = [](const Tensors& x) { return nn::batch_norm(x[0], x[1], x[2], {}, {}, true); };
  const TensorFunction running = [](const Tensors& x) { return nn::batch_norm(x[0], {}, {}, x[1], x[2], true); };
  row.refusals = {{affine, {any({4, 3}), any({2}), any({3})}, {"(4, 3)", "(2)"}},
                  {affine, {any({4, 3}), any({3}), any({1})}, {"(4, 3)", "(1)"}},
                  {affine, {any({4, 3}), any({3, 1}), any({3})}, {"(4, 3)", "(3, 1)"}},
                  {affine, {any({3}), any({3}), any({3})}, {"(3)"}},
                  {affine, {any({1, 3}), any({3}), any({3})}, {"(1, 3)"}},
                  {affine, {any({1, 3, 1}), any({3}), any({3})}, {"(1, 3, 1)"}},
                  {affine, {Tensor({{1.0}, {2.0}}, float32), any({1}), any({1})}, {"float32", "float64"}},
                  {running, {any({4, 3}), constant(any({4})), constant(any({3}))}, {"(4, 3)", "(4)"}},
                  {running, {any({4, 3}), constant(any({3})), constant(any({2}))}, {"(4, 3)", "(2)"}},
                  {[](const Tensors& x) { return nn::batch_norm(x[0], {}, {}, x[1], {}, false); },
                   {any({4, 3}), constant(any({3}))},
                   {"running"}}};
  return row;
}

/// The same mask in every call.
Tensor dropped(const Tensor& x, double p, bool training) {
  Generator generator(7);
  return nn::dropout(x, p, training, &generator);
}

Case dropping() {
  Case row = unary(
      "dropout", [](const Tensor& x) { return dropped(x, 0.3, true); }, any, selects);
  for (double p : {0.0, 0.5, 1.0, -0.1, 1.5, std::nan("")}) {
    const TensorFunction f = [p](const Tensors& x) { return dropped(x[0], p, true); };
    if (p >= 0 && p <= 1)
      row.samples.push_back({f, {any({2, 5})}});
    else
      row.refusals.push_back({f, {any({2, 5})}, {std::isnan(p) ? "nan" : std::to_string(p).substr(0, 3)}});
  }
  for (const Shape& shape : {Shape{5}, Shape{0, 4}})
    row.samples.push_back({[](const Tensors& x) { return dropped(x[0], 0.5, false); }, {any(shape)}});
  return row;
}

}  // namespace

std::vector<Case> nn_cases() { return {batch_normalizing(), dropping()}; }

}  // namespace cases
