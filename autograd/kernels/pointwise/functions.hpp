#pragma once

// The table of pointwise functions. Each definition stands in the file of its kind, and in the list at the end of that
// file. From that entry come the op on Tensors (autograd/ops), the function of that name in elementwise() lambdas
// (lane.hpp), its passes over tiles (the *_functions.cpp of its kind) and its recorded derivative
// (autograd/ops/recorded_lane.cpp).

#include <xgrad/autograd/kernels/pointwise/activation_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/arithmetic_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/exponential_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/piecewise_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/rounding_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/selection_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/special_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/trigonometric_functions.hpp>

// Those without settings, and those of one operand with settings.
#define XGRAD_PLAIN_UNARY(X)   \
  XGRAD_ARITHMETIC_UNARY(X)    \
  XGRAD_ACTIVATION_UNARY(X)    \
  XGRAD_PIECEWISE_UNARY(X)     \
  XGRAD_TRIGONOMETRIC_UNARY(X) \
  XGRAD_EXPONENTIAL_UNARY(X)   \
  XGRAD_SPECIAL_UNARY(X)       \
  XGRAD_ROUNDING_UNARY(X)
#define XGRAD_PLAIN_BINARY(X)   \
  XGRAD_ARITHMETIC_BINARY(X)    \
  XGRAD_PIECEWISE_BINARY(X)     \
  XGRAD_SELECTION_BINARY(X)     \
  XGRAD_TRIGONOMETRIC_BINARY(X) \
  XGRAD_EXPONENTIAL_BINARY(X)   \
  XGRAD_ROUNDING_BINARY(X)
#define XGRAD_UNARY_WITH_SETTINGS(X) \
  XGRAD_ACTIVATION_WITH_SETTINGS(X)  \
  XGRAD_PIECEWISE_WITH_SETTINGS(X)   \
  XGRAD_SELECTION_WITH_SETTINGS(X)   \
  XGRAD_EXPONENTIAL_WITH_SETTINGS(X)

// All functions, for the sources that compile them. Those that are listed here only, and not in the file of their kind,
// get no function from the lists in lane.hpp: where lambdas have them, they are written there by hand, as pow is, or in
// autograd/ops/elementwise.hpp, as gelu is.
#define XGRAD_EACH_UNARY(X)    \
  XGRAD_PLAIN_UNARY(X)         \
  XGRAD_UNARY_WITH_SETTINGS(X) \
  X(gelu, Gelu)                \
  X(gelu, GeluTanh)            \
  X(pow, Power)                \
  X(polygamma, Polygamma)      \
  X(round, RoundDecimals)
#define XGRAD_EACH_BINARY(X) \
  XGRAD_PLAIN_BINARY(X)      \
  X(div, TruncDivide)        \
  X(guarded_product, GuardedProduct)
#define XGRAD_EACH_UNARY_PREDICATE(X) \
  X(logical_not, Not)                 \
  XGRAD_CLASSIFICATION(X)
#define XGRAD_EACH_BINARY_PREDICATE(X) \
  XGRAD_COMPARISONS(X)                 \
  XGRAD_LOGICAL_BINARY(X)              \
  X(isclose, IsClose)
