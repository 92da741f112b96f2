#include "cases.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <xgrad/autograd/kernels/random/random.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>

using xgrad::KeepDims;
using xgrad::kernels::Philox;

namespace cases {
namespace {

/// The kind of rows that is being built, and how many tensors it has by now.
std::uint64_t kind = 0, tensors = 0;

/// A random stream for each tensor of the table, the same in every run since a kind is built in a fixed order. A new
/// row leaves the tensors of other kinds as they are.
Philox next_stream() { return Philox(20260101 + kind, ++tensors); }

template <class F>
Tensor made(const Shape& shape, F element) {
  Tensor x = xgrad::Raw::uninitialized(shape, xgrad::float64);
  double* to = xgrad::Raw::write<double>(x);
  for (std::int64_t i = 0; i < x.size(); ++i) to[i] = element(static_cast<std::size_t>(i));
  return x.requires_grad_();
}

/// Multiples of 1/4 in random order, plus `shift`, plus noise of less than 1/100.
Tensor spread(const Shape& shape, double shift) {
  Philox random = next_stream();
  std::vector<std::int64_t> order(static_cast<std::size_t>(shape.count()));
  std::iota(order.begin(), order.end(), -shape.count() / 2);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return made(shape, [&](std::size_t i) {
    return 0.25 * static_cast<double>(order[i]) + shift + 0.02 * (random.uniform() - 0.5);
  });
}

}  // namespace

Domain between(double low, double high) {
  return [=](const Shape& shape) {
    Philox random = next_stream();
    return made(shape, [&](std::size_t) { return low + (high - low) * random.uniform(); });
  };
}

Domain away_from(std::vector<double> kinks) {
  return [kinks = std::move(kinks)](const Shape& shape) {
    Philox random = next_stream();
    return made(shape, [&](std::size_t) {
      for (;;) {
        const double x = 4 * random.uniform() - 2;
        if (std::all_of(kinks.begin(), kinks.end(), [x](double k) { return std::abs(x - k) > 0.1; })) return x;
      }
    });
  };
}

Tensor any(const Shape& shape) { return between(-2, 2)(shape); }
Tensor positive(const Shape& shape) { return between(0.4, 2)(shape); }

Tensor nonzero(const Shape& shape) {
  Philox random = next_stream();
  return made(shape, [&](std::size_t) {
    const double size = 0.35 + 1.65 * random.uniform();
    return random.below(2) == 0 ? size : -size;
  });
}

Tensor distinct(const Shape& shape) { return spread(shape, 0); }
Tensor distinct_between(const Shape& shape) { return spread(shape, 0.125); }

Tensors each_any(const std::vector<Shape>& shapes) {
  Tensors made;
  for (const Shape& shape : shapes) made.push_back(any(shape));
  return made;
}

Tensors weighted(Tensors pieces) {
  for (std::size_t i = 0; i < pieces.size(); ++i) pieces[i] = pieces[i] * static_cast<double>(i + 1);
  return pieces;
}

Tensor constant(const Tensor& x) { return x.detach(); }

Tensor labels(const Shape& shape, std::int64_t n) {
  Philox random = next_stream();
  Tensor x = xgrad::Raw::uninitialized(shape, xgrad::int64);
  for (std::int64_t i = 0; i < x.size(); ++i)
    xgrad::Raw::write<std::int64_t>(x)[i] = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
  return x;
}

Tensor mask(const Shape& shape) {
  Philox random = next_stream();
  Tensor x = xgrad::Raw::uninitialized(shape, xgrad::boolean);
  for (std::int64_t i = 0; i < x.size(); ++i) xgrad::Raw::write<bool>(x)[i] = random.below(2) == 1;
  return x;
}

const std::vector<Shape>& unary_shapes() {
  static const std::vector<Shape> shapes = {{0},       {0, 3}, {2, 0},    {2, 0, 3}, {},     {},     {1},
                                            {5},       {7},    {1, 4},    {4, 1},    {1, 1}, {2, 3}, {3, 2},
                                            {2, 3, 2}, {12},   {1, 2, 1}, {2, 1, 3}, {0, 1}, {},     {35}};
  return shapes;
}

const std::vector<std::pair<Shape, Shape>>& binary_shape_pairs() {
  static const std::vector<std::pair<Shape, Shape>> pairs = {
      {{0}, {0}},       {{0, 3}, {1, 3}},    {{2, 0}, {2, 1}},
      {{0}, {}},        {{1}, {2, 0}},       {{2, 0, 1}, {3}},
      {{}, {}},         {{}, {3}},           {{3}, {}},
      {{1}, {4}},       {{5}, {5}},          {{2, 3}, {3}},
      {{3}, {2, 3}},    {{2, 3}, {2, 1}},    {{2, 1}, {1, 3}},
      {{2, 3}, {2, 3}}, {{1, 1}, {3}},       {{2, 1, 3}, {2, 1}},
      {{2, 1, 1}, {2}}, {{2, 1, 2}, {3, 1}}, {{2, 2, 2}, {2, 2, 2}},
      {{1}, {}},        {{35}, {35}},        {{35}, {}},
      {{3, 12}, {3, 1}}};
  return pairs;
}

const std::vector<Fold>& reductions_of_something() {
  constexpr KeepDims no = KeepDims::no, yes = KeepDims::yes;
  static const std::vector<Fold> list = {{{0, 3}, {1}, no},
                                         {{2, 0}, {0}, no},
                                         {{2, 0, 3}, {0, 2}, no},
                                         {{0, 2}, {-1}, yes},
                                         {{3, 0, 2}, {0}, yes},
                                         {{}, {}, no},
                                         {{}, {}, yes},
                                         {{}, {}, no},
                                         {{}, {0}, no},
                                         {{}, {-1}, yes},
                                         {{5}, {0}, no},
                                         {{2, 3}, {}, no},
                                         {{2, 3}, {0}, no},
                                         {{2, 3}, {1}, no},
                                         {{2, 3}, {-1}, yes},
                                         {{2, 3, 2}, {0, 2}, no},
                                         {{2, 3, 2}, {2, 0}, yes},
                                         {{2, 3, 2}, {1}, no},
                                         {{4, 1}, {0}, no},
                                         {{1, 4}, {1}, yes},
                                         {{3, 1, 2}, {-1, 0}, no},
                                         {{2, 3}, {}, yes},
                                         {{2, 2, 3}, {-1, -2}, no},
                                         {{12}, {}, no},
                                         {{3, 2, 2}, {0, 1, 2}, yes},
                                         {{0, 1}, {1}, no},
                                         {{2, 35}, {1}, no},
                                         {{35, 2}, {0}, no},
                                         {{35}, {}, no}};
  return list;
}

const std::vector<Fold>& reductions() {
  static const std::vector<Fold> list = [] {
    std::vector<Fold> all = reductions_of_something();
    all.push_back({{0}, {}, KeepDims::no});
    all.push_back({{0, 3}, {0}, KeepDims::no});
    all.push_back({{2, 0}, {1}, KeepDims::yes});
    return all;
  }();
  return list;
}

const std::vector<Along>& axes_of_shapes() {
  static const std::vector<Along> list = {
      {{0, 3}, 1},  {{2, 0}, 0},     {{2, 0, 3}, -1}, {{3, 0}, -2},   {{0, 2, 2}, 1},  {{1}, 0},       {{5}, 0},
      {{5}, -1},    {{2, 3}, 0},     {{2, 3}, 1},     {{2, 3}, -2},   {{4, 1}, 0},     {{1, 4}, 1},    {{2, 3, 2}, 1},
      {{12}, 0},    {{2, 2, 3}, -1}, {{3, 1, 2}, 0},  {{1, 1, 5}, 2}, {{3, 2, 1}, -2}, {{2, 2, 2}, 0}, {{2, 35}, 1},
      {{35, 2}, 0}, {{}, 0},         {{}, -1},        {{}, 0}};
  return list;
}

Case unary(std::string op, std::function<Tensor(const Tensor&)> f, Domain domain, unsigned flags) {
  Case row{std::move(op), {}, {}, flags};
  const TensorFunction of_list = [f = std::move(f)](const Tensors& x) { return f(x[0]); };
  for (const Shape& shape : unary_shapes()) row.samples.push_back({of_list, {domain(shape)}});
  return row;
}

Case binary(std::string op, std::function<Tensor(const Tensor&, const Tensor&)> f, Domain a, Domain b, unsigned flags) {
  Case row{std::move(op), {}, {}, flags};
  const TensorFunction both = [f](const Tensors& x) { return f(x[0], x[1]); };
  const TensorFunction twice = [f](const Tensors& x) { return f(x[0], x[0]); };
  for (const auto& [first, second] : binary_shape_pairs()) row.samples.push_back({both, {a(first), b(second)}});
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 3}}) row.samples.push_back({twice, {a(shape)}});
  row.refusals = {{both, {a({2, 3}), b({4, 5})}}, {both, {a({2, 3}), b({2})}}, {both, {a({0}), b({2})}}};
  return row;
}

Case reducing(std::string op, std::function<Tensor(const Tensor&, const Fold&)> f, Domain domain,
              const std::vector<Fold>& over, unsigned flags) {
  Case row{std::move(op), {}, {}, flags};
  for (const Fold& reduction : over)
    row.samples.push_back({[f, reduction](const Tensors& x) { return f(x[0], reduction); }, {domain(reduction.shape)}});
  const auto refused = [&](const Shape& shape, std::vector<std::int64_t> axes, std::vector<std::string> says) {
    const Fold bad{shape, std::move(axes), KeepDims::no};
    row.refusals.push_back({[f, bad](const Tensors& x) { return f(x[0], bad); }, {domain(shape)}, std::move(says)});
  };
  refused({2, 3}, {2}, {"axis 2", "2 axes"});
  refused({2, 3}, {-3}, {"axis -3", "2 axes"});
  refused({2, 3}, {1, -1}, {"axis"});
  refused({}, {1}, {"axis 1", "0 axes"});
  refused({}, {-2}, {"axis -2", "0 axes"});
  return row;
}

const std::vector<Case>& table() {
  static const std::vector<Case> all = [] {
    std::vector<Case> rows;
    for (auto made : {arithmetic_cases, selection_cases,       activation_cases, reduction_cases, shape_cases,
                      joining_cases,    slice_cases,           arranging_cases,  stacking_cases,  indexing_cases,
                      matmul_cases,     convolution_cases,     nn_cases,         loss_cases,      product_cases,
                      linalg_cases,     matrix_function_cases, scan_cases,       sorting_cases,   trigonometric_cases,
                      special_cases,    rounding_cases,        layer_cases,      margin_cases,    pooling_cases,
                      resizing_cases,   recurrence_cases,      attention_cases}) {
      tensors = 0;
      for (Case& row : made()) rows.push_back(std::move(row));
      ++kind;
    }
    return rows;
  }();
  return all;
}

}  // namespace cases
