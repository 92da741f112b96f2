#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/repeating.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

Case gathering() {
  Case row{"gather", {}};
  struct At {
    Shape x;
    std::int64_t axis;
    Shape indices;
  };
  const std::vector<At> list = {{{3}, 0, {0}},
                                {{0, 3}, 1, {0, 2}},
                                {{2, 3}, 1, {2, 0}},
                                {{2, 0}, 0, {3, 0}},
                                {{3}, 0, {3}},
                                {{3}, 0, {6}},
                                {{5}, -1, {2}},
                                {{1}, 0, {4}},
                                {{2, 3}, 1, {2, 1}},
                                {{2, 3}, 1, {2, 4}},
                                {{2, 3}, 0, {3, 3}},
                                {{3, 2}, 0, {1, 2}},
                                {{1, 4}, 1, {1, 3}},
                                {{4, 1}, 0, {2, 1}},
                                {{2, 3, 2}, 1, {2, 2, 2}},
                                {{2, 3, 2}, -1, {2, 3, 1}},
                                {{2, 2, 3}, 0, {1, 2, 3}},
                                {{}, 0, {}},
                                {{}, -1, {3}},
                                {{3}, 0, {}}};
  const auto f = [](std::int64_t axis) { return [axis](const Tensors& x) { return gather(x[0], axis, x[1]); }; };
  for (const At& at : list)
    row.samples.push_back({f(at.axis), {any(at.x), labels(at.indices, at.x.rank() == 0 ? 1 : at.x.at(at.axis))}});
  row.refusals = {{f(1), {any({2, 3}), labels({4, 2}, 3)}},  // of more rows than x has
                  {f(0), {any({2, 3}), labels({2}, 2)}},
                  {f(1), {any({2, 3}), labels({3, 1}, 2)}},
                  {f(2), {any({2, 3}), labels({2, 3}, 2)}, {"axis 2"}},
                  {f(1), {any({2, 3}), Tensor({{0}, {3}}, int64)}, {"3"}},
                  {f(1), {any({2, 3}), constant(any({2, 3}))}, {"float64"}}};
  return row;
}

/// The axis, and the shapes of the tensors; with `again` the first tensor is appended once more.
struct Join {
  std::int64_t axis;
  std::vector<Shape> shapes;
  bool again = false;
};

Case joining(const char* op, std::function<Tensor(const Tensors&, std::int64_t)> f, const std::vector<Join>& samples,
             const std::vector<Join>& refused, unsigned flags) {
  Case row{op, {}, {}, flags};
  const auto with = [f](const Join& join) {
    return [=](Tensors x) {
      if (join.again) x.push_back(x[0]);
      return f(x, join.axis);
    };
  };
  for (const Join& join : samples) row.samples.push_back({with(join), each_any(join.shapes)});
  for (const Join& join : refused) row.refusals.push_back({with(join), each_any(join.shapes)});
  return row;
}

Case concatenating() {
  return joining(
      "concat", [](const Tensors& x, std::int64_t axis) { return concat(x, axis); },
      {{0, {{0}, {0}}},
       {0, {{0}, {3}}},
       {0, {{2, 3}, {0, 3}}},
       {1, {{0}, {2, 3}, {0}}},
       {0, {{2, 3}, {0}}},
       {1, {{2, 0}, {2, 2}, {2, 0}}},
       {-1, {{0, 3}, {0, 1}}},
       {0, {{5}}},
       {0, {{2}, {3}}},
       {0, {{1}, {1}, {1}}},
       {0, {{3}}, true},
       {0, {{2, 3}, {1, 3}}},
       {1, {{2, 3}, {2, 1}}},
       {-1, {{2, 2}, {2, 1}, {2, 2}}},
       {1, {{2, 3}}, true},
       {-2, {{1, 4}, {2, 4}}},
       {1, {{2, 2, 2}, {2, 1, 2}}},
       {2, {{1, 2, 3}, {1, 2, 1}}, true},
       {0, {{4, 1}, {2, 1}}}},
      {{0, {{2, 3}, {2, 4}}}, {0, {{2, 3}, {3}}}}, no_scalars);
}

Case stacking() {
  return joining(
      "stack", [](const Tensors& x, std::int64_t axis) { return stack(x, axis); },
      {{0, {{0}, {0}}},
       {1, {{0, 3}, {0, 3}}},
       {-1, {{2, 0}}},
       {3, {{2, 0, 3}, {2, 0, 3}}},
       {0, {{}, {}}},
       {-1, {{}}, true},
       {0, {{}, {}, {}}},
       {0, {{5}}},
       {1, {{3}, {3}}},
       {-1, {{2}, {2}, {2}}},
       {0, {{3}}, true},
       {0, {{2, 3}, {2, 3}}},
       {1, {{2, 3}, {2, 3}}},
       {2, {{2, 3}, {2, 3}}},
       {-3, {{2, 3}}, true},
       {1, {{1, 4}, {1, 4}}},
       {0, {{4, 1}, {4, 1}}},
       {2, {{1, 2, 2}, {1, 2, 2}}},
       {-2, {{2, 1, 2}}, true}},
      {{0, {{2, 3}, {2, 4}}}, {1, {{2, 3}, {3}}}}, none);
}

// What cutting gives, weighted and joined again, for each way of cutting.
Case cutting(const char* op, std::function<Tensors(const Tensor&, std::int64_t, std::int64_t)> f) {
  struct Cut {
    Shape shape;
    std::int64_t number, axis;
  };
  const std::vector<Cut> list = {
      {{0}, 1, 0},     {{0, 3}, 2, 1}, {{2, 0}, 1, 0}, {{2, 0, 3}, 2, 0}, {{5}, 2, 0},       {{5}, 5, 0},
      {{5}, 7, -1},    {{1}, 1, 0},    {{2, 3}, 1, 0}, {{2, 3}, 2, 1},    {{2, 3}, 1, -1},   {{4, 3}, 2, 0},
      {{4, 3}, 3, -2}, {{1, 4}, 2, 1}, {{4, 1}, 3, 0}, {{2, 3, 2}, 2, 1}, {{2, 3, 2}, 1, 2}, {{3, 2, 2}, 2, 0}};
  Case row{op, {}, {}, no_scalars};
  const auto joined = [f](std::int64_t number, std::int64_t axis) {
    return [=](const Tensors& x) { return concat(weighted(f(x[0], number, axis)), axis); };
  };
  for (const Cut& cut : list) row.samples.push_back({joined(cut.number, cut.axis), {any(cut.shape)}});
  row.refusals = {{joined(0, 0), {any({2, 3})}},
                  {joined(1, 2), {any({2, 3})}, {"axis 2", "2 axes"}},
                  {joined(-1, 1), {any({2, 3})}}};
  return row;
}

Case cutting_by_sizes() {
  Case row =
      cutting("split", [](const Tensor& x, std::int64_t size, std::int64_t axis) { return split(x, size, axis); });
  const auto by = [](std::vector<std::int64_t> sizes, std::int64_t axis) {
    return [=](const Tensors& x) { return split(x[0], sizes, axis).back(); };
  };
  row.samples.push_back({by({1, 3}, 0), {any({4, 2})}});
  row.samples.push_back({by({0, 2, 1}, 1), {any({2, 3})}});
  row.refusals.push_back({by({1, 1}, 1), {any({2, 3})}, {"(1, 1)", "3", "(2, 3)"}});
  row.refusals.push_back({by({4, -1}, 1), {any({2, 3})}, {"(4, -1)"}});
  return row;
}

Case cutting_before_indices() {
  Case row = cutting("tensor_split", [](const Tensor& x, std::int64_t count, std::int64_t axis) {
    return tensor_split(x, count, axis);
  });
  const auto before = [](std::vector<std::int64_t> indices, std::int64_t axis) {
    return [=](const Tensors& x) { return concat(weighted(tensor_split(x[0], indices, axis)), axis); };
  };
  row.samples.push_back({before({1, 3}, 0), {any({4, 2})}});
  row.samples.push_back({before({2, 1, -1, 9}, 1), {any({2, 3})}});
  row.samples.push_back({before({0}, 0), {any({0, 2})}});
  row.refusals.push_back({before({1}, 2), {any({2, 3})}, {"axis 2"}});
  return row;
}

Case unbinding() {
  Case row{"unbind", {}, {}, no_scalars};
  const std::vector<std::pair<Shape, std::int64_t>> list = {
      {{2, 0}, 0}, {{0, 3}, 1},  {{1, 0}, -2}, {{2, 0, 3}, 0}, {{3}, 0},       {{1}, -1},
      {{5}, 0},    {{2, 3}, 0},  {{2, 3}, 1},  {{4, 3}, -1},   {{1, 4}, 0},    {{4, 1}, 1},
      {{3, 1}, 0}, {{2, 17}, 0}, {{17, 2}, 1}, {{2, 3, 2}, 1}, {{2, 3, 2}, 2}, {{3, 2, 2}, 0}};
  const auto f = [](std::int64_t axis) {
    return [axis](const Tensors& x) { return stack(weighted(unbind(x[0], axis)), 0); };
  };
  for (const auto& [shape, axis] : list) row.samples.push_back({f(axis), {any(shape)}});
  row.refusals = {{f(2), {any({2, 3})}, {"axis 2"}}, {f(0), {any({})}, {"axis 0", "0 axes"}}};
  return row;
}

// Ops of several tensors whose results are of one shape: their sum, with weights.
Case several(const char* op, std::function<Tensors(const Tensors&)> f, const std::vector<std::vector<Shape>>& samples,
             const std::vector<std::vector<Shape>>& refused, unsigned flags) {
  Case row{op, {}, {}, flags};
  const TensorFunction sums = [f](const Tensors& x) { return sum(stack(weighted(f(x))), 0); };
  for (const std::vector<Shape>& shapes : samples) row.samples.push_back({sums, each_any(shapes)});
  for (const std::vector<Shape>& shapes : refused) row.refusals.push_back({sums, each_any(shapes)});
  return row;
}

Case broadcasting() {
  return several(
      "broadcast_tensors", [](const Tensors& x) { return Tensors(broadcast_tensors(x)); },
      {{{0}, {1}},
       {{2, 0}, {1}},
       {{0, 3}, {1, 3}, {}},
       {{0}},
       {{}, {}},
       {{}, {3}},
       {{}, {}, {}},
       {{3}},
       {{3}, {1}},
       {{2, 3}, {3}},
       {{2, 1}, {1, 3}},
       {{4, 1}, {3}, {}},
       {{2, 3}, {2, 3}},
       {{1, 1}, {2, 2}},
       {{2, 1, 2}, {3, 1}},
       {{17}, {2, 1}}},
      {{{2}, {3}}, {{2, 3}, {2}}}, none);
}

Case meshing() {
  Case row = several(
      "meshgrid", [](const Tensors& x) { return Tensors(meshgrid(x)); },
      {{{0}, {2}},
       {{2}, {0}},
       {{0}},
       {{2}, {3}, {0}},
       {{}, {}},
       {{}, {3}},
       {{3}},
       {{1}},
       {{2}, {3}},
       {{3}, {2}},
       {{1}, {4}},
       {{17}, {2}},
       {{2}, {3}, {2}},
       {{2}, {1}, {}},
       {{2}, {2}, {2}, {2}}},
      {}, none);
  const TensorFunction xy = [](const Tensors& x) { return sum(stack(weighted(meshgrid(x, Indexing::xy))), 0); };
  for (const std::vector<Shape>& shapes :
       std::vector<std::vector<Shape>>{{{2}, {3}}, {{}, {2}}, {{2}, {3}, {2}}, {{0}, {3}}})
    row.samples.push_back({xy, each_any(shapes)});
  row.refusals = {{xy, {any({2, 3}), any({2})}, {"tensor 0", "(2, 3)"}},
                  {xy, {any({2}), constant(any({3})).to(float32)}, {"tensor 1", "float32", "float64"}}};
  return row;
}

}  // namespace

std::vector<Case> joining_cases() {
  return {
      gathering(),
      concatenating(),
      stacking(),
      cutting_by_sizes(),
      cutting("chunk", [](const Tensor& x, std::int64_t count, std::int64_t axis) { return chunk(x, count, axis); }),
      cutting_before_indices(),
      unbinding(),
      broadcasting(),
      meshing()};
}

}  // namespace cases
