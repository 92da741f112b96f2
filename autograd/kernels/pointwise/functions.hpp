#pragma once

// The table of pointwise functions, as lists: the name of an op and the class that defines it. From an entry come the
// op on Tensors (autograd/ops), the function of that name in elementwise() lambdas (lane.hpp), its passes over tiles
// (tile.cpp, tile_gradient.cpp) and its recorded derivative (autograd/ops/recorded_lane.cpp).

#include <xgrad/autograd/kernels/pointwise/activation_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/arithmetic_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/selection_functions.hpp>

// clang-format off

// Functions of one operand. Those with settings are made from numbers of type double, in the order of the op's.
#define XGRAD_ARITHMETIC_UNARY(X)                                                                               \
  X(neg, Neg) X(abs, Abs) X(sign, Sign) X(square, Square) X(reciprocal, Reciprocal) X(sqrt, Sqrt) X(exp, Exp)   \
  X(expm1, Expm1) X(log, Log) X(log1p, Log1p) X(sin, Sin) X(cos, Cos) X(erf, Erf)
#define XGRAD_ACTIVATION_UNARY(X)                                                                               \
  X(step, Step) X(sigmoid, Sigmoid) X(logsigmoid, LogSigmoid) X(tanh, Tanh) X(relu, Relu) X(silu, Silu)
#define XGRAD_UNARY_WITH_SETTINGS(X)                                                                            \
  X(leaky_relu, LeakyRelu) X(elu, Elu) X(softplus, Softplus) X(clamp, Clamp)

// Functions of two operands.
#define XGRAD_ARITHMETIC_BINARY(X) X(add, Add) X(sub, Sub) X(mul, Mul) X(div, Div) X(pow, Pow)
#define XGRAD_SELECTION_BINARY(X) X(maximum, Maximum) X(minimum, Minimum)

// Functions with a mask as their result.
#define XGRAD_COMPARISONS(X)                                                                                    \
  X(less, Less) X(less_equal, LessEqual) X(greater, Greater) X(greater_equal, GreaterEqual) X(equal, Equal)     \
  X(not_equal, NotEqual)
#define XGRAD_LOGICAL_BINARY(X) X(logical_and, And) X(logical_or, Or)

// Everything, for the sources that compile it. What is named here alone stands behind a name of its own in lane.hpp.
#define XGRAD_EACH_UNARY(X)                                                                                     \
  XGRAD_ARITHMETIC_UNARY(X) XGRAD_ACTIVATION_UNARY(X) XGRAD_UNARY_WITH_SETTINGS(X)                              \
  X(gelu, Gelu) X(gelu, GeluTanh) X(pow, Power)
#define XGRAD_EACH_BINARY(X)                                                                                    \
  XGRAD_ARITHMETIC_BINARY(X) XGRAD_SELECTION_BINARY(X) X(guarded_product, GuardedProduct)
#define XGRAD_EACH_UNARY_PREDICATE(X) X(logical_not, Not) X(isnan, IsNan)
#define XGRAD_EACH_BINARY_PREDICATE(X) XGRAD_COMPARISONS(X) XGRAD_LOGICAL_BINARY(X)

// clang-format on
