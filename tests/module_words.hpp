#pragma once

#include <sstream>
#include <string>

#include <xgrad/nn/module.hpp>

// What tests of modules look at.

/// What printing the module gives.
inline std::string text(const xgrad::nn::ModuleBase& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

/// The keys of its state, with spaces between.
inline std::string keys(const xgrad::nn::ModuleBase& module) {
  std::string all;
  for (const auto& [name, tensor] : module.state_dict()) all += (all.empty() ? "" : " ") + name;
  return all;
}
