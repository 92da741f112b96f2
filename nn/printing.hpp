#pragma once

#include <string>
#include <typeinfo>

#include <xgrad/autograd/graph/number.hpp>
#include <xgrad/autograd/graph/shape.hpp>

namespace xgrad::nn::detail {

/// A number as Python prints it: 0.1, 1e-05, 1.0, inf.
std::string python(double number);
/// The same; an integer of C++ as one of Python, without a point.
std::string python(const Number& number);
/// A tuple of Python: (3,), (2, 5).
std::string python(const Shape& sizes);
/// "True" or "False".
std::string python(bool on);

/// The name of a class, without namespaces, enclosing functions and template arguments.
std::string class_name(const std::type_info& type);

}  // namespace xgrad::nn::detail
