// Rows of ops that read and write by indices and masks.

#include <algorithm>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/masking.hpp>
#include <xgrad/autograd/ops/scattering.hpp>
#include <xgrad/autograd/ops/slicing.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

/// The shapes of x, of the indices and of the source, and the axis.
struct Write {
  Shape x;
  std::int64_t axis;
  Shape indices, source;
};

using Scatter = std::function<Tensor(const Tensor&, std::int64_t, const Tensor&, const Tensor&)>;

const std::vector<Write>& writes() {
  static const std::vector<Write> list = {{{3}, 0, {0}, {0}},
                                          {{0, 3}, 1, {0, 2}, {0, 2}},
                                          {{2, 3}, 1, {2, 0}, {2, 1}},
                                          {{2, 0}, 0, {3, 0}, {3, 0}},
                                          {{2, 3}, 1, {0}, {2, 1}},
                                          {{}, 0, {}, {}},
                                          {{}, -1, {1}, {1}},
                                          {{3}, 0, {2}, {}},
                                          {{2, 3}, 1, {2, 2}, {}},
                                          {{3}, 0, {3}, {3}},
                                          {{5}, 0, {2}, {4}},
                                          {{3}, 0, {6}, {6}},
                                          {{1}, 0, {4}, {4}},
                                          {{2, 3}, 1, {2, 2}, {2, 2}},
                                          {{2, 3}, 1, {2, 4}, {2, 4}},
                                          {{2, 3}, 0, {4, 3}, {4, 3}},
                                          {{2, 3}, 0, {3, 2}, {4, 3}},
                                          {{4, 3}, 1, {2, 2}, {2, 3}},
                                          {{2, 3, 2}, 1, {2, 2, 2}, {2, 2, 2}},
                                          {{2, 3, 2}, -1, {1, 3, 3}, {2, 3, 3}},
                                          {{2, 2, 3}, 0, {3, 2, 3}, {3, 2, 3}},
                                          {{12}, 0, {40}, {40}},
                                          {{40}, 0, {5}, {5}},
                                          {{2, 3, 2}, 1, {1, 2, 1}, {2, 2, 2}}};
  return list;
}

std::int64_t size_along(const Shape& shape, std::int64_t axis) { return shape.rank() == 0 ? 1 : shape.at(axis); }

Case scattering(const char* op, const Scatter& f, const Domain& domain, const Domain& of_source) {
  Case row{op, {}, {}, selects};
  const auto at = [f](std::int64_t axis) { return [=](const Tensors& x) { return f(x[0], axis, x[1], x[2]); }; };
  for (const Write& one : writes())
    row.samples.push_back(
        {at(one.axis), {domain(one.x), labels(one.indices, size_along(one.x, one.axis)), of_source(one.source)}});
  row.refusals = {
      {at(2), {any({2, 3}), labels({2, 3}, 2), any({2, 3})}, {"axis 2"}},
      {at(1), {any({2, 3}), labels({3, 2}, 3), any({3, 2})}},
      {at(1), {any({2, 3}), labels({2, 3}, 3), any({2, 2})}},
      {at(1), {any({2, 3}), labels({2}, 3), any({2, 2})}},
      {at(1), {any({2, 3}), Tensor({{0}, {3}}), any({2, 1})}, {"index 3", "axis 1", "(2, 3)"}},
      {at(1), {any({2, 3}), Tensor({{0}, {-4}}), any({2, 1})}, {"index -4", "axis 1", "(2, 3)"}},
      {at(0), {any({3}), constant(any({3})), any({3})}, {"int64", "float64"}},
      {at(0), {any({3}), labels({3}, 3), Tensor({1.f, 2.f, 3.f})}, {"float32", "float64", "(3)"}},
  };
  return row;
}

std::vector<Case> scatters() {
  const auto reduced = [](ScatterReduce reduce, IncludeSelf own) {
    return [=](const Tensor& x, std::int64_t axis, const Tensor& i, const Tensor& s) {
      return scatter_reduce(x, axis, i, s, reduce, own);
    };
  };
  std::vector<Case> all = {
      scattering(
          "scatter",
          [](const Tensor& x, std::int64_t axis, const Tensor& i, const Tensor& s) { return scatter(x, axis, i, s); },
          any, any),
      scattering(
          "scatter_add",
          [](const Tensor& x, std::int64_t axis, const Tensor& i, const Tensor& s) {
            return scatter_add(x, axis, i, s);
          },
          any, any)};
  for (const IncludeSelf own : {IncludeSelf::yes, IncludeSelf::no}) {
    all.push_back(scattering("scatter_reduce", reduced(ScatterReduce::sum, own), any, any));
    all.push_back(scattering("scatter_reduce", reduced(ScatterReduce::mean, own), any, any));
    all.push_back(scattering("scatter_reduce", reduced(ScatterReduce::prod, own), nonzero, nonzero));
    all.push_back(scattering("scatter_reduce", reduced(ScatterReduce::amax, own), distinct, distinct_between));
    all.push_back(scattering("scatter_reduce", reduced(ScatterReduce::amin, own), distinct, distinct_between));
  }
  return all;
}

/// The shape of x, the axis, and how many indices there are.
struct Slices {
  Shape x;
  std::int64_t axis, count;
};

const std::vector<Slices>& slices() {
  static const std::vector<Slices> list = {
      {{0, 3}, 1, 2}, {{2, 0}, 0, 3},  {{3}, 0, 0},     {{2, 3}, 1, 0},    {{2, 0, 3}, 2, 2},  {{}, 0, 1},
      {{}, -1, 1},    {{3}, 0, 3},     {{3}, 0, 7},     {{5}, 0, 2},       {{1}, 0, 3},        {{2, 3}, 1, 2},
      {{2, 3}, 1, 5}, {{2, 3}, 0, 4},  {{3, 2}, 0, 2},  {{2, 3, 2}, 1, 4}, {{2, 3, 2}, -1, 3}, {{4, 1}, 0, 2},
      {{}, 0, 1},     {{40, 2}, 0, 5}, {{3, 40}, 0, 5}, {{2, 3, 2}, 0, 1}};
  return list;
}

Shape source_shape(const Slices& one) {
  if (one.x.rank() == 0) return one.x;
  return one.x.with(
      static_cast<std::size_t>(one.axis < 0 ? one.axis + static_cast<std::int64_t>(one.x.rank()) : one.axis),
      one.count);
}

Case listing(const char* op, const Scatter& f, unsigned flags) {
  Case row{op, {}, {}, flags};
  const auto at = [f](std::int64_t axis) { return [=](const Tensors& x) { return f(x[0], axis, x[1], x[2]); }; };
  for (const Slices& one : slices())
    row.samples.push_back(
        {at(one.axis), {any(one.x), labels({one.count}, size_along(one.x, one.axis)), any(source_shape(one))}});
  row.refusals = {{at(2), {any({2, 3}), labels({2}, 2), any({2, 3})}, {"axis 2"}},
                  {at(1), {any({2, 3}), labels({2}, 3), any({2, 3})}, {"(2, 3)", "2 slices", "(2, 2)"}},
                  {at(0), {any({2, 3}), labels({1, 2}, 2), any({2, 3})}, {"(1, 2)", "(2, 3)"}},
                  {at(0), {any({2, 3}), Tensor({2}), any({1, 3})}, {"index 2", "axis 0", "(2, 3)"}},
                  {at(0), {any({3}), constant(any({3})), any({3})}, {"int64", "float64"}},
                  {at(0), {any({3}), labels({3}, 3), Tensor({1.f, 2.f, 3.f})}, {"float32", "float64", "(3)"}}};
  return row;
}

Case filling() {
  Case row{"index_fill", {}, {}, selects};
  const auto at = [](std::int64_t axis) {
    return [=](const Tensors& x) { return index_fill(x[0], axis, x[1], x[2]); };
  };
  for (const Slices& one : slices())
    row.samples.push_back({at(one.axis), {any(one.x), labels({one.count}, size_along(one.x, one.axis)), any({})}});
  row.refusals = {{at(0), {any({2, 3}), Tensor({2}), any({})}, {"index 2", "axis 0", "(2, 3)"}},
                  {at(0), {any({2, 3}), labels({1}, 2), any({1})}, {"(1)", "(2, 3)"}},
                  {at(2), {any({2, 3}), labels({1}, 2), any({})}, {"axis 2"}}};
  return row;
}

std::vector<Case> lists() {
  return {listing(
              "index_add",
              [](const Tensor& x, std::int64_t axis, const Tensor& i, const Tensor& s) {
                return index_add(x, axis, i, s, -1.5);
              },
              selects),
          listing(
              "index_copy",
              [](const Tensor& x, std::int64_t axis, const Tensor& i, const Tensor& s) {
                return index_copy(x, axis, i, s);
              },
              selects),
          filling()};
}

/// Shapes of x and of the mask.
const std::vector<std::pair<Shape, Shape>>& masked() {
  static const std::vector<std::pair<Shape, Shape>> list = {
      {{0}, {0}},       {{0, 3}, {3}}, {{2, 0}, {2, 0}},  {{2, 0, 3}, {1, 3}}, {{}, {}},
      {{}, {}},         {{3}, {}},     {{3}, {3}},        {{5}, {5}},          {{1}, {1}},
      {{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{2, 3}, {2, 1}},  {{2, 3, 2}, {3, 2}}, {{2, 3, 2}, {2, 1, 1}},
      {{12}, {12}},     {{35}, {35}},  {{2, 35}, {2, 35}}};
  return list;
}

std::vector<Case> masks() {
  const TensorFunction select = [](const Tensors& x) { return masked_select(x[0], x[1]); };
  const TensorFunction fill = [](const Tensors& x) { return masked_fill(x[0], x[1], x[2]); };
  const TensorFunction scatter = [](const Tensors& x) { return masked_scatter(x[0], x[1], x[2]); };
  Case selecting{"masked_select", {}, {}, selects}, filling{"masked_fill", {}, {}, selects},
      scattering{"masked_scatter", {}, {}, selects};
  for (const auto& [shape, of_mask] : masked()) {
    const Tensor m = mask(of_mask);
    selecting.samples.push_back({select, {any(shape), m}});
    filling.samples.push_back({fill, {any(shape), m, any({})}});
    scattering.samples.push_back({scatter, {any(shape), m, any(Shape{2, (shape.count() + 1) / 2})}});
  }
  for (const auto& [shape, of_mask] : {std::pair(Shape{0, 3}, Shape{2, 1, 3}), std::pair(Shape{3}, Shape{2, 1}),
                                       std::pair(Shape{1, 3}, Shape{2, 1}), std::pair(Shape{}, Shape{2})}) {
    const Tensor m = mask(of_mask);
    selecting.samples.push_back({select, {any(shape), m}});
    filling.samples.push_back({fill, {any(shape), m, any({})}});
    scattering.samples.push_back({scatter, {any(shape), m, any({6})}});
  }
  selecting.refusals = {{select, {any({2, 3}), mask({2})}}, {select, {any({3}), labels({3}, 2)}, {"bool", "int64"}}};
  filling.refusals = {{fill, {any({2, 3}), mask({2}), any({})}, {"(2)", "(2, 3)"}},
                      {fill, {any({3}), labels({3}, 2), any({})}, {"bool", "int64"}},
                      {fill, {any({3}), mask({3}), any({3})}, {"rank 0", "(3)"}}};
  scattering.refusals = {{scatter, {any({2, 3}), mask({2}), any({6})}, {"(2)", "(2, 3)"}},
                         {scatter, {any({3}), Tensor({true, false, true}), any({1})}, {"(1)", "2 elements", "(3)"}},
                         {scatter, {any({3}), mask({3}), Tensor({1.f, 2.f, 3.f})}, {"float32", "float64"}}};
  return {selecting, filling, scattering};
}

std::vector<Case> taking() {
  const TensorFunction flat = [](const Tensors& x) { return take(x[0], x[1]); };
  Case takes{"take", {}, {}, none};
  for (const auto& [shape, indices] : std::vector<std::pair<Shape, Shape>>{{{0}, {0}},
                                                                           {{3}, {0}},
                                                                           {{2, 3}, {2, 0}},
                                                                           {{0, 2}, {0, 1}},
                                                                           {{}, {}},
                                                                           {{}, {3}},
                                                                           {{3}, {}},
                                                                           {{5}, {7}},
                                                                           {{1}, {2}},
                                                                           {{2, 3}, {4}},
                                                                           {{2, 3}, {2, 2}},
                                                                           {{2, 3, 2}, {3}},
                                                                           {{12}, {2, 1, 2}},
                                                                           {{2, 35}, {9}},
                                                                           {{4, 1}, {6}},
                                                                           {{2, 3}, {}}})
    takes.samples.push_back({flat, {any(shape), labels(indices, std::max<std::int64_t>(1, shape.count()))}});
  takes.refusals = {{flat, {any({2, 3}), Tensor({6})}, {"index 6", "(6)"}},
                    {flat, {any({3}), constant(any({3}))}, {"int64", "float64"}}};
  Case along{"take_along_dim", {}, {}, none};
  const auto at = [](std::int64_t axis) { return [=](const Tensors& x) { return take_along_dim(x[0], x[1], axis); }; };
  for (const Write& one : std::vector<Write>{{{3}, 0, {0}, {}},
                                             {{0, 3}, 1, {0, 2}, {}},
                                             {{2, 3}, 1, {1, 0}, {}},
                                             {{2, 0}, 0, {3, 1}, {}},
                                             {{}, 0, {}, {}},
                                             {{}, 0, {3}, {}},
                                             {{3}, 0, {4}, {}},
                                             {{2, 3}, 1, {2, 2}, {}},
                                             {{2, 3}, 1, {1, 2}, {}},
                                             {{1, 3}, 1, {2, 2}, {}},
                                             {{2, 3}, 0, {4, 1}, {}},
                                             {{2, 1}, 0, {3, 3}, {}},
                                             {{2, 3, 2}, 1, {1, 2, 2}, {}},
                                             {{1, 3, 2}, -2, {2, 2, 1}, {}},
                                             {{1}, 0, {5}, {}},
                                             {{2, 12}, -1, {2, 3}, {}}})
    along.samples.push_back({at(one.axis), {any(one.x), labels(one.indices, size_along(one.x, one.axis))}});
  along.samples.push_back(
      {[](const Tensors& x) { return take_along_dim(x[0], x[1]); }, {any({2, 3}), labels({2, 2}, 6)}});
  along.refusals = {{at(1), {any({2, 3}), labels({3, 1}, 3)}},
                    {at(1), {any({2, 3}), labels({2}, 3)}},
                    {at(1), {any({2, 3}), Tensor({{3}})}, {"index 3", "axis 1", "(2, 3)"}},
                    {at(0), {any({3}), constant(any({3}))}, {"int64", "float64"}}};
  return {takes, along};
}

Case embeddings() {
  Case row{"embedding", {}, {}, selects};
  const TensorFunction plain = [](const Tensors& x) { return embedding(x[1], x[0]); };
  const TensorFunction padded = [](const Tensors& x) { return embedding(x[1], x[0], -1); };
  for (const auto& [table, indices] : std::vector<std::pair<Shape, Shape>>{{{3, 2}, {0}},
                                                                           {{3, 0}, {2}},
                                                                           {{3, 2}, {2, 0}},
                                                                           {{0, 2}, {0}},
                                                                           {{3, 2}, {}},
                                                                           {{1, 1}, {}},
                                                                           {{3, 2}, {4}},
                                                                           {{3, 2}, {2, 2}},
                                                                           {{2, 5}, {3}},
                                                                           {{4, 1}, {2, 3}},
                                                                           {{1, 3}, {2}},
                                                                           {{5, 2}, {2, 1, 2}},
                                                                           {{12, 3}, {2}},
                                                                           {{3, 20}, {7}}}) {
    row.samples.push_back({plain, {any(table), labels(indices, std::max<std::int64_t>(1, table[0]))}});
    // Differences see that the row of padding_idx counts, so none names it here.
    if (table[0] > 1) row.samples.push_back({padded, {any(table), labels(indices, table[0] - 1)}});
  }
  row.refusals = {
      {plain, {any({3, 2}), Tensor({0, 3})}, {"index 3", "(3, 2)"}},
      {plain, {any({3, 2}), Tensor({-1})}, {"index -1", "(3, 2)"}},
      {plain, {any({3}), labels({2}, 3)}, {"(3)"}},
      {plain, {any({3, 2}), constant(any({2}))}, {"int64", "float64"}},
      {[](const Tensors& x) { return embedding(x[1], x[0], 3); }, {any({3, 2}), labels({2}, 3)}, {"3", "(3, 2)"}}};
  return row;
}

}  // namespace

std::vector<Case> indexing_cases() {
  std::vector<Case> all;
  for (auto kind : {scatters, lists, masks, taking})
    for (Case& row : kind()) all.push_back(std::move(row));
  all.push_back(embeddings());
  return all;
}

}  // namespace cases
