#include <xgrad/autograd/ops/products.hpp>

#include <limits>

#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/distance.hpp>
#include <xgrad/autograd/ops/einsum.hpp>
#include <xgrad/autograd/ops/tensordot.hpp>

#include "cases.hpp"

using namespace xgrad;

namespace cases {
namespace {

using Lists = std::vector<std::vector<Shape>>;

Case over(const char* op, const Lists& shapes, const TensorFunction& f, unsigned flags = no_scalars) {
  Case row{op, {}, {}, flags};
  for (const auto& all : shapes) {
    Tensors inputs;
    for (const Shape& shape : all) inputs.push_back(any(shape));
    row.samples.push_back({f, inputs});
  }
  return row;
}

/// What every product of matrices refuses: mixed and integer dtypes.
void refuse_dtypes(Case& row, const TensorFunction& f, const Shape& a, const Shape& b) {
  row.refusals.push_back({f, {any(a), labels(b, 3)}, {"float64", "int64"}});
  row.refusals.push_back({f, {ones(a), any(b)}, {"float32", "float64"}});
}

Case dots(const char* op, const TensorFunction& f) {
  Case row = over(op,
                  {{{0}, {0}},
                   {{0}, {0}},
                   {{0}, {0}},
                   {{0}, {0}},
                   {{1}, {1}},
                   {{2}, {2}},
                   {{3}, {3}},
                   {{4}, {4}},
                   {{5}, {5}},
                   {{7}, {7}},
                   {{8}, {8}},
                   {{9}, {9}},
                   {{17}, {17}},
                   {{35}, {35}},
                   {{1}, {1}},
                   {{6}, {6}},
                   {{2}, {2}}},
                  f);
  row.samples.push_back({[f](const Tensors& x) { return f({x[0], x[0]}); }, {any({3})}});
  row.refusals = {
      {f, {any({2}), any({3})}}, {f, {any({2}), any({1})}}, {f, {any({2, 1}), any({2})}}, {f, {any({}), any({2})}}};
  refuse_dtypes(row, f, {2}, {2});
  return row;
}

Case matrix_vectors() {
  const TensorFunction f = [](const Tensors& x) { return mv(x[0], x[1]); };
  Case row = over("mv",
                  {{{2, 0}, {0}},
                   {{0, 2}, {2}},
                   {{0, 0}, {0}},
                   {{0, 1}, {1}},
                   {{1, 1}, {1}},
                   {{2, 3}, {3}},
                   {{3, 2}, {2}},
                   {{1, 4}, {4}},
                   {{4, 1}, {1}},
                   {{5, 17}, {17}},
                   {{17, 5}, {5}},
                   {{2, 2}, {2}},
                   {{3, 3}, {3}},
                   {{6, 4}, {4}},
                   {{2, 8}, {8}},
                   {{7, 2}, {2}}},
                  f);
  row.refusals = {{f, {any({2, 3}), any({2})}}, {f, {any({2, 3}), any({3, 1})}}, {f, {any({3}), any({3})}}};
  refuse_dtypes(row, f, {2, 2}, {2});
  return row;
}

const Lists& matrix_pairs() {
  static const Lists shapes = {
      {{2, 0}, {0, 3}}, {{0, 5}, {5, 2}}, {{0, 2}, {2, 3}}, {{2, 3}, {3, 0}}, {{0, 0}, {0, 0}}, {{1, 1}, {1, 1}},
      {{2, 3}, {3, 2}}, {{1, 3}, {3, 1}}, {{3, 1}, {1, 2}}, {{2, 2}, {2, 2}}, {{4, 2}, {2, 2}}, {{5, 17}, {17, 9}},
      {{2, 5}, {5, 3}}, {{3, 3}, {3, 3}}, {{1, 2}, {2, 4}}, {{6, 2}, {2, 1}}, {{2, 7}, {7, 2}}};
  return shapes;
}

Lists in_batches(const Lists& of_matrices) {
  Lists result;
  std::int64_t count = 0;
  for (auto all : of_matrices) {
    for (Shape& shape : all) shape = shape.inserted(0, count % 3);
    result.push_back(all);
    ++count;
  }
  return result;
}

Case matrix_products() {
  const TensorFunction f = [](const Tensors& x) { return mm(x[0], x[1]); };
  Case row = over("mm", matrix_pairs(), f);
  row.refusals = {{f, {any({2, 3}), any({2, 3})}}, {f, {any({2, 3}), any({3})}}, {f, {any({1, 2, 3}), any({3, 2})}}};
  refuse_dtypes(row, f, {2, 2}, {2, 2});
  return row;
}

Case batches() {
  const TensorFunction f = [](const Tensors& x) { return bmm(x[0], x[1]); };
  Case row = over("bmm", in_batches(matrix_pairs()), f);
  row.refusals = {{f, {any({2, 2, 3}), any({2, 2, 3})}},
                  {f, {any({2, 2, 3}), any({1, 3, 2})}},
                  {f, {any({2, 3}), any({3, 2})}},
                  {f, {any({2, 2, 3}), any({3, 2})}}};
  refuse_dtypes(row, f, {1, 2, 2}, {1, 2, 2});
  return row;
}

AddOptions weights(std::size_t i) {
  static const std::pair<double, double> all[] = {{1, 1}, {0.5, -2}, {2, 1}, {1, 3}};
  return AddOptions().beta(all[i % 4].first).alpha(all[i % 4].second);
}

/// y = beta c + alpha a b for a c of the full shape and smaller ones.
template <class F>
Case additions(const char* op, const Lists& pairs, const F& f) {
  Case row{op, {}, {}, no_scalars};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Shape &a = pairs[i][0], &b = pairs[i][1];
    Shape c = a.without(a.rank() - 1);
    if (b.rank() > 1) c = c.inserted(c.rank(), b.back());
    if (i % 4 == 1) c = Shape{c.back()};
    if (i % 4 == 2) c = c.with(0, 1);
    if (i % 4 == 3) c = Shape{};
    row.samples.push_back(
        {[f, i](const Tensors& x) { return f(x[0], x[1], x[2], weights(i / 2)); }, {any(c), any(a), any(b)}});
  }
  const auto plain = [f](const Tensors& x) { return f(x[0], x[1], x[2], AddOptions()); };
  const Shape &a = pairs[5][0], &b = pairs[5][1];
  row.refusals = {{plain, {any({5}), any(a), any(b)}, {"(5)"}},
                  {plain, {any({1, 1, 1, 1, 1}), any(a), any(b)}, {"(1, 1, 1, 1, 1)"}},
                  {plain, {ones({1}), any(a), any(b)}, {"float32", "float64"}},
                  {plain, {any({1}), any(b), any({3})}, {"(3)"}},
                  {[f](const Tensors& x) {
                     return f(x[0], x[1], x[2], AddOptions().beta(std::numeric_limits<double>::quiet_NaN()));
                   },
                   {any({1}), any(a), any(b)},
                   {"nan"}}};
  return row;
}

Lists with_vectors(const Lists& of_matrices) {
  Lists result;
  for (const auto& all : of_matrices) result.push_back({all[0], Shape{all[1][0]}});
  return result;
}

Case inners() {
  const TensorFunction f = [](const Tensors& x) { return inner(x[0], x[1]); };
  Case row = over("inner",
                  {{{0}, {0}},
                   {{2, 0}, {3, 0}},
                   {{0, 2}, {3, 2}},
                   {{2, 3}, {0, 3}},
                   {{}, {}},
                   {{}, {3}},
                   {{2, 2}, {}},
                   {{3}, {3}},
                   {{2, 3}, {3}},
                   {{3}, {2, 3}},
                   {{2, 3}, {4, 3}},
                   {{2, 2, 3}, {2, 3}},
                   {{1}, {1}},
                   {{2, 1}, {3, 1}},
                   {{2, 1, 2}, {2, 1, 2}},
                   {{5}, {5}}},
                  f, none);
  row.refusals = {{f, {any({2, 3}), any({3, 2})}}, {f, {any({2}), any({3})}}};
  refuse_dtypes(row, f, {2}, {2});
  return row;
}

Case outers() {
  const TensorFunction f = [](const Tensors& x) { return outer(x[0], x[1]); };
  Case row = over("outer",
                  {{{0}, {0}},
                   {{0}, {3}},
                   {{2}, {0}},
                   {{0}, {1}},
                   {{1}, {1}},
                   {{2}, {3}},
                   {{3}, {2}},
                   {{1}, {4}},
                   {{4}, {1}},
                   {{5}, {5}},
                   {{7}, {2}},
                   {{2}, {9}},
                   {{17}, {3}},
                   {{3}, {3}},
                   {{2}, {2}},
                   {{6}, {1}}},
                  f);
  row.samples.push_back({[](const Tensors& x) { return outer(x[0], x[0]); }, {any({3})}});
  row.refusals = {{f, {any({2, 1}), any({2})}}, {f, {any({}), any({2})}}};
  return row;
}

Case krons() {
  const TensorFunction f = [](const Tensors& x) { return kron(x[0], x[1]); };
  Case row = over("kron",
                  {{{0}, {2}},
                   {{2}, {0}},
                   {{2, 0}, {1, 2}},
                   {{0, 0}, {2}},
                   {{}, {}},
                   {{}, {2}},
                   {{2, 2}, {}},
                   {{2}, {3}},
                   {{2, 2}, {2, 2}},
                   {{2, 3}, {3, 1}},
                   {{2}, {2, 3}},
                   {{1, 2, 2}, {2}},
                   {{1}, {1}},
                   {{3, 1}, {1, 3}},
                   {{2, 1, 2}, {1, 2, 1}},
                   {{4}, {4}}},
                  f, none);
  row.refusals = {{f, {any(std::vector<int>(17, 1)), any({2})}, {"at most 16"}}};
  return row;
}

Case crosses() {
  Case row{"cross", {}, {}, no_scalars};
  const auto along = [](std::int64_t axis) { return [axis](const Tensors& x) { return cross(x[0], x[1], axis); }; };
  const std::vector<std::pair<std::vector<Shape>, std::int64_t>> samples = {{{{3}, {3}}, 0},
                                                                            {{{3}, {3}}, -1},
                                                                            {{{0, 3}, {0, 3}}, -1},
                                                                            {{{3, 0}, {3, 0}}, 0},
                                                                            {{{0, 3}, {1, 3}}, 1},
                                                                            {{{2, 3, 0}, {1, 3, 1}}, 1},
                                                                            {{{2, 3}, {2, 3}}, -1},
                                                                            {{{3, 2}, {3, 2}}, 0},
                                                                            {{{2, 3}, {1, 3}}, 1},
                                                                            {{{1, 3}, {4, 3}}, -1},
                                                                            {{{2, 3, 2}, {2, 3, 2}}, 1},
                                                                            {{{3, 3}, {3, 3}}, 0},
                                                                            {{{3, 3}, {3, 3}}, 1},
                                                                            {{{3, 1, 2}, {3, 2, 1}}, 0},
                                                                            {{{1, 1, 3}, {2, 2, 3}}, 2},
                                                                            {{{5, 3}, {5, 3}}, -1}};
  for (const auto& [shapes, axis] : samples) row.samples.push_back({along(axis), {any(shapes[0]), any(shapes[1])}});
  row.refusals = {{along(-1), {any({2, 2}), any({2, 2})}},
                  {along(-1), {any({2, 3}), any({3})}},
                  {along(-1), {any({2, 3}), any({4, 3})}},
                  {along(-1), {any({}), any({})}},
                  {along(2), {any({2, 3}), any({2, 3})}, {"axis 2", "2 axes"}}};
  return row;
}

Case tensordots() {
  using Axes = std::vector<std::int64_t>;
  struct Contraction {
    Shape a, b;
    Axes of_a, of_b;
  };
  Case row{"tensordot", {}, {}, none};
  const auto over_axes = [](Axes of_a, Axes of_b) -> TensorFunction {
    return [=](const Tensors& x) { return tensordot(x[0], x[1], of_a, of_b); };
  };
  const std::vector<Contraction> all = {{{2, 0}, {0, 3}, {1}, {0}},
                                        {{0, 3}, {3, 2}, {1}, {0}},
                                        {{2, 3, 0}, {0, 3, 2}, {1, 2}, {1, 0}},
                                        {{0}, {0}, {0}, {0}},
                                        {{}, {}, {}, {}},
                                        {{3}, {3}, {0}, {0}},
                                        {{2, 3}, {3, 4}, {-1}, {0}},
                                        {{2, 3}, {4, 2}, {0}, {1}},
                                        {{2, 3, 2}, {2, 3}, {1, 0}, {1, 0}},
                                        {{2, 3, 2}, {2, 2, 3}, {0, 2}, {1, 0}},
                                        {{2}, {3}, {}, {}},
                                        {{2, 1}, {3, 4}, {1}, {0}},
                                        {{2, 3}, {1, 4}, {1}, {0}},
                                        {{2, 2}, {2, 2}, {0, 1}, {1, 0}},
                                        {{1, 2, 3}, {3, 1}, {2, 0}, {0, 1}},
                                        {{}, {2}, {}, {}}};
  for (const auto& [a, b, of_a, of_b] : all) row.samples.push_back({over_axes(of_a, of_b), {any(a), any(b)}});
  for (const std::int64_t count : {0, 1, 2})
    row.samples.push_back(
        {[count](const Tensors& x) { return tensordot(x[0], x[1], count); }, {any({3, 2, 2}), any({2, 2})}});
  row.refusals = {{over_axes({1}, {0}), {any({2, 3}), any({4, 5})}},
                  {over_axes({0, 0}, {0, 1}), {any({2, 2}), any({2, 2})}, {"axis 0", "twice"}},
                  {over_axes({0}, {}), {any({2, 2}), any({2, 2})}, {"1 axes", "0"}},
                  {over_axes({2}, {0}), {any({2, 2}), any({2, 2})}, {"axis 2"}},
                  {[](const Tensors& x) { return tensordot(x[0], x[1], 3); }, {any({2, 2}), any({2, 2})}},
                  {[](const Tensors& x) { return tensordot(x[0], x[1], -1); }, {any({2, 2}), any({2, 2})}}};
  refuse_dtypes(row, over_axes({0}, {0}), {2}, {2});
  return row;
}

Case einsums() {
  Case row{"einsum", {}, {}, none};
  const auto of = [](std::string equation) -> TensorFunction {
    return [equation](const Tensors& x) { return einsum(equation, x); };
  };
  const std::vector<std::pair<std::string, std::vector<Shape>>> samples = {
      {"ij,jk->ik", {{2, 3}, {3, 4}}},
      {"ij,jk", {{2, 0}, {0, 3}}},
      {"ij->", {{0, 3}}},
      {"bij,bjk->bik", {{0, 2, 3}, {0, 3, 2}}},
      {"i,i", {{0}, {0}}},
      {"...i->...", {{2, 0, 3}}},
      {"ii->i", {{0, 0}}},
      {"ij,j", {{0, 2}, {2}}},
      {",->", {{}, {}}},
      {"i->", {{3}}},
      {"ij,ij->", {{2, 3}, {2, 3}}},
      {"", {{}}},
      {"ii", {{3, 3}}},
      {"ii->i", {{3, 3}}},
      {"iij->ji", {{2, 2, 3}}},
      {"iijj->ij", {{2, 2, 3, 3}}},
      {"iiij->j", {{2, 2, 2, 3}}},
      {"ji", {{2, 3}}},
      {"bA", {{3, 2}}},
      {" i j , j k -> k i ", {{2, 3}, {3, 2}}},
      {"...ij,...jk", {{2, 2, 3}, {3, 2}}},
      {"...ij,...jk->ik...", {{2, 1, 2, 3}, {3, 3, 2}}},
      {"i...,i...->...", {{2, 3}, {2, 4, 3}}},
      {"...,...", {{2, 3}, {3}}},
      {"b...a->...", {{2, 2, 3}}},
      {"i...->i", {{2, 3, 2}}},
      {"ij,kj->ik", {{2, 1}, {4, 3}}},
      {"bi,bj->bij", {{1, 2}, {3, 2}}},
      {"i,j->ji", {{2}, {3}}},
      {"bn,anm,bm->ba", {{2, 3}, {2, 3, 2}, {2, 2}}},
      {"ab,bc,cd,de->ae", {{2, 3}, {3, 2}, {2, 4}, {4, 1}}},
      {"ij,ij,ij->ij", {{2, 2}, {2, 2}, {2, 2}}},
      {"ijk,ilk->jl", {{2, 3, 2}, {2, 2, 2}}}};
  for (const auto& [equation, shapes] : samples) {
    Tensors inputs;
    for (const Shape& shape : shapes) inputs.push_back(any(shape));
    row.samples.push_back({of(equation), inputs});
  }
  row.samples.push_back({[](const Tensors& x) { return einsum("ij,jk->ik", {x[0], x[0]}); }, {any({2, 2})}});
  row.refusals = {
      {of("ij,jk"), {any({2, 3}), any({4, 5})}, {"letter j is 3 in operand 0 and 4 in operand 1"}},
      {of("ii"), {any({2, 3})}, {"letter i is 2 and 3 in operand 0", "(2, 3)"}},
      {of("ij->ik"), {any({2, 3})}, {"letter k of the output is in no operand"}},
      {of("ij->ii"), {any({2, 3})}, {"letter i is twice in the output"}},
      {of("ijk"), {any({2, 3})}, {"operand 0 has shape (2, 3) and 3 letters"}},
      {of("i"), {any({2, 3})}, {"operand 0 has shape (2, 3) and 1 letters"}},
      {of("ijk..."), {any({2, 3})}, {"operand 0", "(2, 3)"}},
      {of("i,j"), {any({2})}, {"2 operands, and got 1"}},
      {of("ij"), {any({2, 3}), any({2})}, {"1 operands, and got 2"}},
      {of("i1"), {any({2, 3})}, {"'1'"}},
      {of("i..j"), {any({2, 3})}, {"point"}},
      {of("......"), {any({2, 3})}, {"twice"}},
      {of("ij->j."), {any({2, 3})}, {"point"}},
      {of("ij->j->i"), {any({2, 3})}, {"'-'"}},
      {of("ij-j"), {any({2, 3})}, {"'-'"}},
      {of("...i,...i"), {any({2, 3}), any({4, 3})}, {"an axis of \"...\" is 2 in operand 0 and 4 in operand 1"}},
      {of("i,i"), {any({2}), labels({2}, 3)}, {"float64", "operand 1 is int64"}},
      {of("i,i"), {mask({2}), mask({2})}, {"bool"}},
      {of(""), {}, {"no operands"}}};
  return row;
}

constexpr double infinity = std::numeric_limits<double>::infinity();

/// 12 at one element of each row, a different one from row to row, and 0 elsewhere.
Tensor spikes(const Shape& shape) {
  std::vector<double> numbers(static_cast<std::size_t>(shape.count()));
  const auto d = static_cast<std::size_t>(shape.back());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i / d % d == i % d ? 12 : 0;
  return Tensor(numbers).reshape(shape);
}

Case distances() {
  Case row{"cdist", {}, {}, no_scalars | selects};
  const auto of = [](double p) -> TensorFunction { return [p](const Tensors& x) { return cdist(x[0], x[1], p); }; };
  const Lists shapes = {{{0, 2}, {3, 2}}, {{2, 0}, {3, 0}},         {{2, 2}, {0, 2}}, {{0, 2, 2}, {3, 2}},
                        {{2, 3}, {3, 3}}, {{1, 1}, {1, 1}},         {{3, 2}, {2, 2}}, {{2, 2, 3}, {2, 3}},
                        {{1, 4}, {3, 4}}, {{2, 1, 2, 2}, {2, 1, 2}}};
  for (const auto& all : shapes) {
    for (const double p : {1.0, 0.0}) row.samples.push_back({of(p), {distinct(all[0]), distinct_between(all[1])}});
    for (const double p : {2.0, 3.0, 1.5, 0.5}) row.samples.push_back({of(p), {any(all[0]), between(3, 6)(all[1])}});
    row.samples.push_back(
        {[](const Tensors& x) { return cdist(x[0] + spikes(x[0].shape()).to(x[0].dtype()), x[1], infinity); },
         {any(all[0]), any(all[1])}});
  }
  row.refusals = {{of(2), {any({2, 3}), any({2, 2})}},
                  {of(2), {any({3}), any({2, 3})}},
                  {of(2), {any({2, 2, 3}), any({3, 2, 3})}, {"cannot broadcast"}},
                  {of(-1), {any({2, 3}), any({2, 3})}, {"p is -1"}},
                  {of(std::numeric_limits<double>::quiet_NaN()), {any({2, 3}), any({2, 3})}, {"p is nan"}}};
  refuse_dtypes(row, of(2), {2, 2}, {2, 2});
  return row;
}

}  // namespace

std::vector<Case> product_cases() {
  return {dots("dot", [](const Tensors& x) { return dot(x[0], x[1]); }),
          dots("vdot", [](const Tensors& x) { return vdot(x[0], x[1]); }),
          matrix_vectors(),
          matrix_products(),
          batches(),
          additions(
              "addmm", matrix_pairs(),
              [](const Tensor& c, const Tensor& a, const Tensor& b, const AddOptions& o) { return addmm(c, a, b, o); }),
          additions(
              "addmv", with_vectors(matrix_pairs()),
              [](const Tensor& c, const Tensor& a, const Tensor& b, const AddOptions& o) { return addmv(c, a, b, o); }),
          additions("baddbmm", in_batches(matrix_pairs()),
                    [](const Tensor& c, const Tensor& a, const Tensor& b, const AddOptions& o) {
                      return baddbmm(c, a, b, o);
                    }),
          inners(),
          outers(),
          tensordots(),
          krons(),
          crosses(),
          einsums(),
          distances()};
}

}  // namespace cases
