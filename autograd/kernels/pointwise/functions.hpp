#pragma once

// The table of pointwise functions. Each definition stands in the file of its kind, and in the list at the end of that
// file. From that entry come the op on Tensors (autograd/ops), the function of that name in elementwise() lambdas
// (lane.hpp), its passes over tiles (tile.cpp, tile_gradient.cpp) and its recorded derivative
// (autograd/ops/recorded_lane.cpp).

#include <xgrad/autograd/kernels/pointwise/activation_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/arithmetic_functions.hpp>
#include <xgrad/autograd/kernels/pointwise/selection_functions.hpp>

#define XGRAD_UNARY_WITH_SETTINGS(X) XGRAD_ACTIVATION_WITH_SETTINGS(X) XGRAD_SELECTION_WITH_SETTINGS(X)

// All functions, for the sources that compile them. Those that are listed here only, and not in the file of their kind,
// get no function from the lists in lane.hpp: where lambdas have them, they are written there by hand, as pow is, or in
// autograd/ops/elementwise.hpp, as gelu is.
#define XGRAD_EACH_UNARY(X)    \
  XGRAD_ARITHMETIC_UNARY(X)    \
  XGRAD_ACTIVATION_UNARY(X)    \
  XGRAD_UNARY_WITH_SETTINGS(X) \
  X(gelu, Gelu)                \
  X(gelu, GeluTanh)            \
  X(pow, Power)
#define XGRAD_EACH_BINARY(X) \
  XGRAD_ARITHMETIC_BINARY(X) \
  XGRAD_SELECTION_BINARY(X)  \
  X(guarded_product, GuardedProduct)
#define XGRAD_EACH_UNARY_PREDICATE(X) \
  X(logical_not, Not)                 \
  X(isnan, IsNan)
#define XGRAD_EACH_BINARY_PREDICATE(X) \
  XGRAD_COMPARISONS(X)                 \
  XGRAD_LOGICAL_BINARY(X)
