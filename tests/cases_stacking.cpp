// Rows of ops that take the shape of another tensor, and of those that stack tensors.

#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/repeating.hpp>
#include <xgrad/autograd/ops/shape.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

/// Ops of a tensor and another whose shape they take.
Case like(const char* op, Tensor (*f)(Tensor, const Tensor&, Source),
          const std::vector<std::pair<Shape, Shape>>& samples, const std::pair<Shape, Shape>& refused) {
  Case row{op, {}, {}, none};
  const auto call = [f](const Tensors& x) { return f(x[0], x[1], Source::here()); };
  for (const auto& [from, to] : samples) row.samples.push_back({call, {any(from), constant(any(to))}});
  row.refusals = {{call, {any(refused.first), constant(any(refused.second))}}};
  return row;
}

std::vector<Case> as_others() {
  return {like("expand_as", expand_as,
               {{{0}, {2, 0}},
                {{1}, {0}},
                {{0, 3}, {0, 3}},
                {{2, 1}, {2, 0}},
                {{}, {}},
                {{}, {3}},
                {{}, {2, 3}},
                {{1}, {4}},
                {{3}, {2, 3}},
                {{2, 1}, {2, 3}},
                {{1, 3}, {2, 3}},
                {{1, 1}, {2, 2}},
                {{2, 1, 3}, {2, 2, 3}},
                {{2, 3}, {2, 3}},
                {{5}, {1, 5}},
                {{1, 2, 1}, {3, 2, 2}}},
               {{2, 3}, {2, 4}}),
          like("reshape_as", reshape_as,
               {{{0}, {2, 0}},
                {{0, 3}, {0}},
                {{2, 0}, {3, 0}},
                {{0, 1}, {1, 0, 4}},
                {{}, {}},
                {{}, {1}},
                {{1}, {}},
                {{6}, {2, 3}},
                {{2, 3}, {6}},
                {{2, 3}, {3, 2}},
                {{4}, {2, 2}},
                {{1, 4}, {4}},
                {{2, 3}, {2, 3}},
                {{12}, {3, 4}},
                {{5}, {5, 1}},
                {{2, 2, 3}, {4, 3}}},
               {{2, 3}, {2, 4}})};
}

/// Ops that join a list of tensors.
Case joining(const char* op, Tensor (*f)(const std::vector<Tensor>&, Source),
             const std::vector<std::vector<Shape>>& samples, const std::vector<Shape>& refused, unsigned flags = none) {
  Case row{op, {}, {}, flags};
  const auto call = [f](const Tensors& x) { return f(x, Source::here()); };
  const auto inputs = [](const std::vector<Shape>& shapes) {
    Tensors all;
    for (const Shape& shape : shapes) all.push_back(any(shape));
    return all;
  };
  for (const auto& shapes : samples) row.samples.push_back({call, inputs(shapes)});
  row.refusals = {{call, inputs(refused)}, {call, {}, {"nothing"}}};
  return row;
}

std::vector<Case> stacks() {
  const std::vector<std::vector<Shape>> common = {{{0}, {0}},
                                                  {{2, 0}, {2, 0}},
                                                  {{0, 3}, {0, 3}},
                                                  {{2, 3, 0}, {2, 3, 0}},
                                                  {{}, {}},
                                                  {{}},
                                                  {{}, {}, {}},
                                                  {{3}, {3}},
                                                  {{2, 3}, {2, 3}},
                                                  {{1}, {1}},
                                                  {{5}},
                                                  {{2, 3, 2}},
                                                  {{2, 3, 2}, {2, 3, 2}}};
  const auto with = [&](std::vector<std::vector<Shape>> more) {
    more.insert(more.begin(), common.begin(), common.end());
    return more;
  };
  return {joining("hstack", hstack, with({{{2}, {3}}, {{2, 1}, {2, 3}}, {{2, 3, 1}, {2, 1, 1}}, {{}, {2}}}),
                  {{2, 3}, {3, 3}}),
          joining("vstack", vstack, with({{{3}, {2, 3}}, {{1, 2}, {3, 2}}, {{1}, {}}, {{2, 1, 3}, {1, 1, 3}}}),
                  {{2, 3}, {2}}),
          joining("dstack", dstack, with({{{2, 3}, {2, 3, 2}}, {{3}, {1, 3}}, {{}, {1}}, {{2, 3, 1}, {2, 3, 3}}}),
                  {{2, 3}, {3, 3}}),
          joining("column_stack", column_stack, with({{{2}, {2, 3}}, {{}, {1}}, {{3, 2}, {3}}, {{2, 1, 2}, {2, 3, 2}}}),
                  {{2, 3}, {3}})};
}

Case products() {
  Case row = joining("cartesian_prod", cartesian_prod,
                     {{{0}, {2}},
                      {{3}, {0}},
                      {{0}},
                      {{2}, {0}, {2}},
                      {{1}},
                      {{3}},
                      {{2}, {3}},
                      {{1}, {1}},
                      {{3}, {2}},
                      {{2}, {2}, {2}},
                      {{1}, {4}},
                      {{4}, {1}},
                      {{5}, {2}},
                      {{2}, {1}, {3}},
                      {{3}, {3}},
                      {{2}, {5}}},
                     {{2, 3}, {3}}, no_scalars);
  row.refusals[0].says = {"(2, 3)"};
  row.refusals[1].says = {"no tensors"};
  return row;
}

}  // namespace

std::vector<Case> stacking_cases() {
  std::vector<Case> all = as_others();
  for (Case& row : stacks()) all.push_back(std::move(row));
  all.push_back(products());
  return all;
}

}  // namespace cases
