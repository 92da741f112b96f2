#pragma once

// For ops with two implementations: kernels for the ordinary backward, and formulas over Tensors for the recorded one.

#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/gradcheck.hpp>
#include <xgrad/autograd/ops/creation.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"

/// Requires equal shapes, dtypes and numbers, within tolerance (1 + |expected|).
inline void require_close(const xgrad::Tensor& got, const xgrad::Tensor& expected, double tolerance) {
  REQUIRE(difference(got, expected, tolerance, tolerance) == "");
}

/// Requires that f throws std::invalid_argument with this at the beginning of its message.
template <class F>
void require_refused(F&& f, const std::string& beginning) {
  REQUIRE(thrown_by<std::invalid_argument>(f).substr(0, beginning.size()) == beginning);
}

/// Standard normal numbers, the same in every run.
inline xgrad::Tensor normal(xgrad::Shape shape, std::uint64_t seed, xgrad::DType dtype = xgrad::float64) {
  xgrad::Generator generator(seed);
  return xgrad::randn(shape, generator, dtype);
}

/// The gradients of f by its kernels and by its formulas agree, under a random upstream gradient.
inline void require_bodies_agree(const xgrad::TensorFunction& f, const std::vector<xgrad::Tensor>& inputs,
                                 double tolerance = 1e-12) {
  const xgrad::Tensor y = f(inputs);
  const xgrad::Tensor seed = normal(y.shape(), 99, y.dtype());
  const auto kernel = xgrad::grad({y}, inputs, {seed}, xgrad::retain_graph);
  const auto formula = xgrad::grad({y}, inputs, {seed}, xgrad::create_graph);
  for (std::size_t i = 0; i < inputs.size(); ++i) require_close(kernel[i], formula[i].detach(), tolerance);
}

inline void require_holds(const xgrad::GradcheckResult& result) {
  INFO(result.message);
  REQUIRE(result.passed);
}

/// Both implementations agree with each other and with finite differences; second derivatives, which may be zero, agree
/// with differences too.
inline void require_right(const xgrad::TensorFunction& f, const std::vector<xgrad::Tensor>& inputs) {
  require_bodies_agree(f, inputs);
  require_holds(xgrad::gradcheck(f, inputs));
  require_holds(xgrad::gradgradcheck(f, inputs, xgrad::GradcheckOptions().allow_zero()));
}
