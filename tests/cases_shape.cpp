#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

using Sizes = std::vector<std::int64_t>;

/// A shape, an argument, and what the error says where it does not name the shape.
template <class Argument>
struct Refused {
  Shape shape;
  Argument argument;
  std::vector<std::string> says = {};
};

/// An op of one tensor with an argument, at each of the shapes and arguments listed.
template <class Argument, class F>
Case each(const char* op, F f, const std::vector<std::pair<Shape, Argument>>& samples,
          const std::vector<Refused<Argument>>& refused, unsigned flags = none) {
  Case row{op, {}, {}, flags};
  const auto with = [f](const Argument& argument) { return [=](const Tensors& x) { return f(x[0], argument); }; };
  for (const auto& [shape, argument] : samples) row.samples.push_back({with(argument), {any(shape)}});
  for (const auto& [shape, argument, says] : refused) row.refusals.push_back({with(argument), {any(shape)}, says});
  return row;
}

using Two = std::pair<std::int64_t, std::int64_t>;
using Three = std::vector<std::int64_t>;

Case reshaping() {
  return each<Sizes>("reshape", [](const Tensor& x, const Sizes& to) { return reshape(x, to); },
                     {{{0}, {0, 3}},
                      {{0, 3}, {0}},
                      {{2, 0}, {3, 0}},
                      {{2, 0, 3}, {-1}},
                      {{}, {}},
                      {{}, {1, 1}},
                      {{1}, {}},
                      {{6}, {2, 3}},
                      {{2, 3}, {6}},
                      {{2, 3}, {3, 2}},
                      {{2, 3}, {-1, 2}},
                      {{12}, {2, 3, 2}},
                      {{2, 3, 2}, {4, -1}},
                      {{5}, {5}},
                      {{1, 4}, {4}},
                      {{4}, {1, 4, 1}},
                      {{2, 2, 3}, {12, 1}},
                      {{7}, {-1}}},
                     {{{2, 3}, {4, 2}}, {{2, 3}, {-1, 4}}, {{2, 3}, {-1, -1}}, {{2, 3}, {7}}, {{0}, {2}}});
}

Case flattening() {
  return each<Two>(
      "flatten", [](const Tensor& x, const Two& axes) { return flatten(x, axes.first, axes.second); },
      {{{0}, {0, -1}},
       {{2, 0}, {0, -1}},
       {{2, 0, 3}, {1, 2}},
       {{0, 3}, {0, 0}},
       {{}, {0, -1}},
       {{}, {0, -1}},
       {{5}, {0, 0}},
       {{2, 3}, {0, -1}},
       {{2, 3}, {1, 1}},
       {{2, 3, 2}, {0, 1}},
       {{2, 3, 2}, {1, -1}},
       {{2, 3, 2}, {-2, -1}},
       {{1, 1}, {0, 1}},
       {{1, 4}, {0, 1}},
       {{4, 1}, {0, -1}},
       {{2, 1, 2, 2}, {1, 2}},
       {{2, 2, 1, 2}, {0, -1}},
       {{3, 2}, {-2, 1}}},
      {{{2, 3}, {0, 2}, {"axis 2", "2 axes"}}, {{2, 3}, {-3, 1}, {"axis -3"}}, {{2, 3}, {1, 0}, {"axis 1", "axis 0"}}});
}

Case permuting() {
  return each<Three>("transpose", [](const Tensor& x, const Three& axes) { return transpose(x, axes); },
                     {{{0}, {0}},
                      {{0, 3}, {1, 0}},
                      {{2, 0, 3}, {2, 0, 1}},
                      {{2, 0}, {-1, 0}},
                      {{}, {}},
                      {{}, {}},
                      {{5}, {0}},
                      {{2, 3}, {0, 1}},
                      {{2, 3}, {1, 0}},
                      {{2, 3}, {-1, -2}},
                      {{2, 3, 2}, {1, 2, 0}},
                      {{2, 3, 2}, {2, 0, 1}},
                      {{2, 3, 2}, {0, 2, 1}},
                      {{1, 4}, {1, 0}},
                      {{4, 1, 2}, {1, 0, 2}},
                      {{2, 1, 3, 2}, {3, 1, 0, 2}},
                      {{1, 2, 2, 3}, {0, 2, 1, 3}},
                      {{2, 2, 1, 1, 3}, {4, 0, 3, 1, 2}}},
                     {{{2, 3}, {0, 0}, {"axis 0", "twice"}},
                      {{2, 3}, {0}},
                      {{2, 3}, {0, 2}, {"axis 2", "2 axes"}},
                      {{2, 3}, {0, 1, 2}}});
}

Case swapping() {
  return each<Two>(
      "swapaxes", [](const Tensor& x, const Two& axes) { return swapaxes(x, axes.first, axes.second); },
      {{{}, {0, 0}},
       {{}, {0, -1}},
       {{0}, {0, 0}},
       {{0, 3}, {0, 1}},
       {{2, 0}, {-1, 0}},
       {{2, 0, 3}, {0, 2}},
       {{5}, {0, -1}},
       {{1}, {0, 0}},
       {{2, 3}, {0, 1}},
       {{2, 3}, {1, 0}},
       {{2, 3}, {1, 1}},
       {{3, 2}, {-1, -2}},
       {{2, 3, 2}, {0, 1}},
       {{2, 3, 2}, {0, 2}},
       {{2, 3, 2}, {1, 2}},
       {{1, 4}, {0, 1}},
       {{4, 1, 3}, {1, 2}},
       {{2, 1, 3, 2}, {0, 3}},
       {{2, 2, 3}, {-3, -1}}},
      {{{2, 3}, {0, 2}, {"axis 2", "2 axes"}}, {{2, 3}, {-3, 0}, {"axis -3", "2 axes"}}, {{}, {0, 1}, {"axis 1"}}});
}

Case squeezing() {
  return each<std::int64_t>("squeeze", [](const Tensor& x, std::int64_t axis) { return squeeze(x, axis); },
                            {{{}, 0},         {{}, -1},        {{0, 1}, 1},
                             {{1, 0}, 0},     {{2, 1, 0}, -2}, {{1, 1, 0}, 1},
                             {{1}, 0},        {{1}, -1},       {{1, 5}, 0},
                             {{5, 1}, 1},     {{5, 1}, -1},    {{2, 1, 3}, 1},
                             {{1, 2, 3}, -3}, {{2, 3, 1}, 2},  {{1, 1}, 0},
                             {{1, 1, 4}, 1},  {{12, 1}, 1},    {{2, 1, 2, 2}, 1},
                             {{3, 1, 1}, -1}, {{2, 3}, 1},  // not of size 1: it stays
                             {{0, 3}, 0}},
                            {{{2, 1}, 2, {"axis 2", "2 axes"}}, {{}, 1, {"axis 1"}}});
}

Case unsqueezing() {
  return each<std::int64_t>("unsqueeze", [](const Tensor& x, std::int64_t axis) { return unsqueeze(x, axis); },
                            {{{0}, 0},
                             {{0, 3}, 1},
                             {{2, 0}, -1},
                             {{2, 0, 3}, 3},
                             {{}, 0},
                             {{}, -1},
                             {{5}, 0},
                             {{5}, 1},
                             {{5}, -2},
                             {{2, 3}, 0},
                             {{2, 3}, 1},
                             {{2, 3}, 2},
                             {{2, 3}, -1},
                             {{1, 4}, 0},
                             {{4, 1}, 2},
                             {{2, 3, 2}, 1},
                             {{2, 3, 2}, -4},
                             {{12}, -1}},
                            {{{2, 3}, 3, {"axis 3"}}, {{2, 3}, -4, {"axis -4"}}, {{}, 1, {"axis 1"}}});
}

Case broadcasting() {
  return each<Shape>("broadcast_to", [](const Tensor& x, const Shape& to) { return broadcast_to(x, to); },
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
                      {{2, 3}, {2, 3}},
                      {{2, 1, 3}, {2, 2, 3}},
                      {{3, 1}, {2, 3, 2}},
                      {{2}, {2, 1, 2}},
                      {{1, 2, 1}, {3, 2, 2}},
                      {{5}, {1, 5}}},
                     {{{2, 3}, {2, 4}}, {{2, 3}, {3}}, {{2}, {3}}, {{3}, {0}}});
}

Case expanding() {
  return each<Sizes>("expand", [](const Tensor& x, const Sizes& to) { return expand(x, to); },
                     {{{0}, {2, -1}},
                      {{1}, {0}},
                      {{0, 3}, {-1, -1}},
                      {{2, 1}, {-1, 0}},
                      {{}, {}},
                      {{}, {3}},
                      {{}, {2, 2}},
                      {{1}, {4}},
                      {{3}, {2, -1}},
                      {{2, 1}, {-1, 3}},
                      {{1, 3}, {2, 3}},
                      {{1, 1}, {2, -1}},
                      {{2, 3}, {2, 3}},
                      {{2, 1, 3}, {-1, 2, -1}},
                      {{3, 1}, {2, -1, 2}},
                      {{2}, {2, 1, 2}},
                      {{1, 2, 1}, {3, -1, 2}},
                      {{5}, {1, 5}}},
                     {{{2, 3}, {2, 4}}, {{2, 3}, {3}}, {{3}, {-1, 3}}});
}

Case selecting() {
  return each<Two>(
      "select", [](const Tensor& x, const Two& at) { return select(x, at.first, at.second); },
      {{{2, 0}, {0, 1}},
       {{0, 3}, {1, 2}},
       {{2, 0, 3}, {2, -1}},
       {{0, 1}, {-1, 0}},
       {{5}, {0, 0}},
       {{5}, {0, -1}},
       {{1}, {0, 0}},
       {{2, 3}, {0, 1}},
       {{2, 3}, {1, 0}},
       {{2, 3}, {-1, -3}},
       {{1, 4}, {0, 0}},
       {{4, 1}, {1, -1}},
       {{2, 3, 2}, {0, 0}},
       {{2, 3, 2}, {1, 2}},
       {{2, 3, 2}, {2, 1}},
       {{3, 2}, {-2, -2}},
       {{2, 1, 3}, {1, 0}}},
      {{{2, 3}, {0, 2}}, {{2, 3}, {0, -3}}, {{2, 3}, {2, 0}, {"axis 2", "2 axes"}}, {{0, 3}, {0, 0}}}, no_scalars);
}

/// {axis, start, length}.
Case narrowing() {
  const auto f = [](const Tensor& x, const Sizes& s) { return narrow(x, s[0], s[1], s[2]); };
  return each<Sizes>("narrow", f,
                     {{{0}, {0, 0, 0}},
                      {{5}, {0, 3, 0}},
                      {{5}, {0, 5, 0}},
                      {{0, 3}, {1, 0, 2}},
                      {{2, 0}, {0, 1, 1}},
                      {{5}, {0, 1, 3}},
                      {{5}, {0, 0, 5}},
                      {{5}, {0, -3, 2}},
                      {{5}, {0, -1, 1}},
                      {{2, 3}, {0, 0, 1}},
                      {{2, 3}, {1, 1, 2}},
                      {{2, 3}, {-1, 2, 1}},
                      {{1, 4}, {0, 0, 1}},
                      {{4, 1}, {0, -4, 4}},
                      {{2, 3, 2}, {1, 0, 3}},
                      {{2, 3, 2}, {2, 1, 1}},
                      {{3, 2, 2}, {0, 1, 2}}},
                     {{{2, 3}, {2, 0, 1}, {"axis 2", "2 axes"}},
                      {{2, 3}, {1, 2, 2}, {"2 elements from 2", "axis 1", "(2, 3)"}},
                      {{2, 3}, {0, 0, -1}, {"-1 elements"}},
                      {{2, 3}, {0, -3, 1}, {"from -3"}}},
                     no_scalars);
}

/// The axis first, then the indices.
Case picking() {
  const auto f = [](const Tensor& x, const Sizes& list) {
    return index_select(x, list[0], Tensor(Sizes(list.begin() + 1, list.end())));
  };
  Case row = each<Sizes>("index_select", f,
                         {{{}, {0, 0}},
                          {{}, {-1, 0}},
                          {{3}, {0}},
                          {{0, 3}, {1, 2, 0}},
                          {{2, 0}, {0, 1, 1}},
                          {{2, 3}, {1}},
                          {{3}, {0, 0, 0, 2}},
                          {{3}, {0, 2, 1, 0}},
                          {{5}, {0, -1, -5}},
                          {{5}, {0, 4}},
                          {{1}, {0, 0, 0, 0}},
                          {{3, 2}, {0, 0, 0, 2}},
                          {{2, 3}, {1, 0, 0, 2}},
                          {{2, 3}, {-1, 1}},
                          {{2, 3}, {-2, 1, 0, 1}},
                          {{1, 4}, {1, 3, 3}},
                          {{4, 1}, {0, 2, 0}},
                          {{2, 3, 2}, {1, 2, 2, 0}},
                          {{2, 3, 2}, {0, 1}},
                          {{3, 2, 2}, {2, 1, 0, 1}}},
                         {{{2, 3}, {0, 2}, {"index 2", "2"}},
                          {{2, 3}, {0, 1, -3}, {"index -3", "2"}},
                          {{0, 3}, {0, 0}, {"index 0", "0"}},
                          {{}, {0, 0, 0}, {"2 indices", "()"}},
                          {{}, {0, 1}, {"index 1"}}});
  const auto by = [](std::int64_t axis) { return [axis](const Tensors& x) { return index_select(x[0], axis, x[1]); }; };
  row.refusals.push_back({by(0), {any({2, 3}), constant(any({2}))}, {"float64"}});
  row.refusals.push_back({by(2), {any({2, 3}), labels({1}, 2)}, {"axis 2"}});
  row.refusals.push_back({by(0), {any({2, 3}), labels({2, 2}, 2)}, {"(2, 2)"}});
  return row;
}

}  // namespace

std::vector<Case> shape_cases() {
  return {
      reshaping(),
      flattening(),
      unary(
          "transpose", [](const Tensor& x) { return transpose(x); }, any),
      permuting(),
      swapping(),
      squeezing(),
      unsqueezing(),
      broadcasting(),
      expanding(),
      unary(
          "clone", [](const Tensor& x) { return clone(x); }, any),
      selecting(),
      narrowing(),
      picking(),
  };
}

}  // namespace cases
