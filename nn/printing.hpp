#pragma once

#include <string>
#include <typeinfo>

namespace xgrad::nn::detail {

/// A number as Python prints it: 0.1, 1e-05, 1.0, inf.
std::string python(double number);
/// "True" or "False".
std::string python(bool on);

/// The name of a class, without namespaces, enclosing functions and template arguments.
std::string class_name(const std::type_info& type);

}  // namespace xgrad::nn::detail
