#pragma once

#include <string>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

/// The elements as doubles.
std::vector<double> values(const xgrad::Tensor& x);

/// The largest finite size of an element, 0 for none: a scale. What is not finite is left out.
double largest(const xgrad::Tensor& x);

/// The largest size of an element, 0 for none; NaN if an element is NaN.
double largest_of_all(const xgrad::Tensor& x);

/// How `got` differs from `expected`: nothing, if shapes and dtypes agree and every element is within
/// atol + rtol |expected|, NaN agreeing with NaN; else a sentence with the worst element and both values.
/// To be read as REQUIRE(difference(got, expected) == "").
std::string difference(const xgrad::Tensor& got, const xgrad::Tensor& expected, double rtol = 0, double atol = 0);
