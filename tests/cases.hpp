#pragma once

// The table of cases: for every differentiable op at least 16 samples, for which cases_test.cpp checks its gradients. A
// new op needs one row in the file of its kind.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace cases {

using xgrad::DType;
using xgrad::Shape;
using xgrad::Tensor;
using xgrad::TensorFunction;
using Tensors = std::vector<Tensor>;

/// A function and the inputs to check it at. Gradients are checked for inputs that require one.
struct Sample {
  TensorFunction f;
  Tensors inputs;
};

/// A call that must be refused with std::invalid_argument: the message begins with the op's name and holds `says`, and
/// where nothing is given, the shape of every input.
struct Refusal {
  TensorFunction f;
  Tensors inputs;
  std::vector<std::string> says = {};
};

/// How the checks differ for some ops.
enum Flags : unsigned {
  none = 0,
  zero_slope = 1,    // its slope is zero everywhere, as step's is
  selects = 2,       // in a sample it may ignore an input altogether, as maximum does
  no_scalars = 4,    // it refuses rank 0
  no_nothing = 8,    // it refuses tensors without elements
  long_sums = 16,    // float32 is held to 1e-4 instead of 1e-5
  takes_empty = 32,  // an undefined tensor is a legal argument
};

/// The row of an op: its name in C++, its samples, the calls that it refuses. Several rows may share an op.
struct Case {
  std::string op;
  std::vector<Sample> samples;
  std::vector<Refusal> refusals = {};
  unsigned flags = none;
};

// ---- inputs

/// Makes the elements of a tensor. Every call draws new numbers, which are the same in every run.
using Domain = std::function<Tensor(const Shape&)>;

/// Uniform in low .. high.
Domain between(double low, double high);
/// Uniform in -2 .. 2 except for a gap around each kink, wider than three steps of the checker.
Domain away_from(std::vector<double> kinks);
/// -2 .. 2.
Tensor any(const Shape& shape);
/// 0.4 .. 2.
Tensor positive(const Shape& shape);
/// Either sign, at least 0.2 in size.
Tensor nonzero(const Shape& shape);
/// No two elements closer than 0.15, in random order.
Tensor distinct(const Shape& shape);
/// As distinct, and every element at least 0.1 from every element of any distinct().
Tensor distinct_between(const Shape& shape);

/// any() of each shape.
std::vector<Tensor> each_any(const std::vector<Shape>& shapes);
/// Tensors, each times a weight of its own: 1, 2, ...
std::vector<Tensor> weighted(std::vector<Tensor> tensors);

/// A constant: the same numbers without a gradient.
Tensor constant(const Tensor& x);
/// int64 numbers in 0 .. n-1.
Tensor labels(const Shape& shape, std::int64_t n);
/// Random truth values.
Tensor mask(const Shape& shape);

// ---- lists of shapes: a fifth without elements, a tenth of rank 0, axes of size 1, and one or two of more elements
// than a register holds

const std::vector<Shape>& unary_shapes();
const std::vector<std::pair<Shape, Shape>>& binary_shape_pairs();

/// A shape and the axes to reduce; no axes means all.
struct Fold {
  Shape shape;
  std::vector<std::int64_t> axes;
  xgrad::KeepDims keep;

  xgrad::Axes over() const { return axes.empty() ? xgrad::Axes() : xgrad::Axes(axes); }
};
const std::vector<Fold>& reductions();
/// Those that reduce no axis of size 0.
const std::vector<Fold>& reductions_of_something();

/// One axis of a shape.
struct Along {
  Shape shape;
  std::int64_t axis;
};
const std::vector<Along>& axes_of_shapes();

// ---- rows made from them

Case unary(std::string op, std::function<Tensor(const Tensor&)> f, Domain domain, unsigned flags = none);
/// Two operands over all broadcasts, and the same tensor as both.
Case binary(std::string op, std::function<Tensor(const Tensor&, const Tensor&)> f, Domain a, Domain b,
            unsigned flags = none);
Case reducing(std::string op, std::function<Tensor(const Tensor&, const Fold&)> f, Domain domain,
              const std::vector<Fold>& over, unsigned flags = none);

std::vector<Case> arithmetic_cases();
std::vector<Case> trigonometric_cases();
std::vector<Case> special_cases();
std::vector<Case> rounding_cases();
std::vector<Case> selection_cases();
std::vector<Case> activation_cases();
std::vector<Case> reduction_cases();
std::vector<Case> scan_cases();
std::vector<Case> sorting_cases();
std::vector<Case> shape_cases();
std::vector<Case> joining_cases();
std::vector<Case> slice_cases();
std::vector<Case> arranging_cases();
std::vector<Case> stacking_cases();
std::vector<Case> indexing_cases();
std::vector<Case> matmul_cases();
std::vector<Case> convolution_cases();
std::vector<Case> product_cases();
std::vector<Case> linalg_cases();
std::vector<Case> matrix_function_cases();
std::vector<Case> nn_cases();
std::vector<Case> loss_cases();
std::vector<Case> layer_cases();
std::vector<Case> attention_cases();
std::vector<Case> margin_cases();
std::vector<Case> pooling_cases();
std::vector<Case> resizing_cases();
std::vector<Case> recurrence_cases();

/// All of them.
const std::vector<Case>& table();

/// Ops without a gradient: a value each.
struct ValueCase {
  std::string op;
  std::string sentence;
  std::function<bool()> holds;
};
const std::vector<ValueCase>& value_table();
std::vector<ValueCase> order_values();
std::vector<ValueCase> sampling_values();
std::vector<ValueCase> attention_values();

}  // namespace cases
