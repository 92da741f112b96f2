#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>

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
  row.refusals = {{f(1), {any({2, 3}), labels({4, 2}, 3)}},
                  {f(0), {any({2, 3}), labels({2}, 2)}},
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
  const auto inputs = [](const Join& join) {
    Tensors made;
    for (const Shape& shape : join.shapes) made.push_back(any(shape));
    return made;
  };
  for (const Join& join : samples) row.samples.push_back({with(join), inputs(join)});
  for (const Join& join : refused) row.refusals.push_back({with(join), inputs(join)});
  return row;
}

Case concatenating() {
  return joining(
      "concat", [](const Tensors& x, std::int64_t axis) { return concat(x, axis); },
      {{0, {{0}, {0}}},
       {0, {{0}, {3}}},
       {0, {{2, 3}, {0, 3}}},
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

}  // namespace

std::vector<Case> joining_cases() { return {gathering(), concatenating(), stacking()}; }

}  // namespace cases
