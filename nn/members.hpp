#pragma once

// For the containers of this room: the order and names of the members of a list, and members that are taken out.

#include <cstddef>
#include <string>

#include <xgrad/nn/module.hpp>

namespace xgrad::nn::detail {

enum class Members : bool { children, parameters };

/// The last member is moved to a place, and all are named by their places.
void move_last(const ModuleBase& list, Members members, std::size_t place) noexcept;
/// A member is taken out, and the others are named by their places if the list has no names of its own.
void take_out(const ModuleBase& list, Members members, std::size_t place, bool numbered) noexcept;
/// The module's parameters are listed where it is printed, a line for each, as PyTorch's ParameterList has them, or its
/// ParameterDict.
void list_parameters(const ModuleBase& list, bool by_name);
/// Names the class in print.
void name_class(const ModuleBase& module, const char* name);

/// The place i of `count`, counted from the end where it is negative; another is an error of that class.
std::size_t place_of(Dim i, std::size_t count, const char* type);
/// The place at which to insert, of which there is one more.
std::size_t place_to_insert(Dim i, std::size_t count, const char* type);
[[noreturn]] void throw_unknown(const char* type, const std::string& key, const std::string& keys);
[[noreturn]] void throw_known(const char* type, const std::string& key);

}  // namespace xgrad::nn::detail
