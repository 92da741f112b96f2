#pragma once

// For this room's sources only: what an optimiser says of itself to its base.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/optim/optimizer.hpp>

namespace xgrad::optim::detail {

/// What an option may be.
enum class Range : std::uint8_t {
  not_negative,  ///< finite too
  below_one,     ///< [0, 1)
  up_to_one,     ///< [0, 1]
  from_one,      ///< at least 1, finite
  not_positive,  ///< finite too
  finite,
  flag,   ///< a switch: 0 or 1
  count,  ///< a whole number from 0 on
  maybe   ///< not negative, or NaN for a number that PyTorch has None for
};

/// An option of an optimiser: PyTorch's name, where the numbers of a pair are "betas.0" and "betas.1"; the default; and
/// what it may be. The first is "lr".
struct Option {
  const char* name;
  double value;
  Range range;
  bool of_class = false;  ///< its value makes the class what it is: neither a state nor set_option() changes it
};

/// The shape of what an optimiser keeps for a parameter.
enum class Form : std::uint8_t {
  whole,      ///< the parameter's
  of_vector,  ///< the parameter's, if it has fewer than two axes; else there is none
  rows,       ///< the parameter's with a last axis of 1, if it has two axes or more; else there is none
  columns     ///< the same with a last axis but one of 1
};

/// What a slot may hold: anything; or sizes, such as running means of squares, which are not negative, though NaN
/// after a gradient of NaN. A state that holds negative ones is refused.
enum class Holds : std::uint8_t { anything, sizes };

inline constexpr int always = -1, zeros_first = -1, unwritten_first = -2;

/// A tensor that is kept for each parameter.
struct Slot {
  const char* name;
  int needs = always;       ///< the option that must not be 0 for a step to make and use it
  int first = zeros_first;  ///< what it holds before the first step: zeros, the value of an option, or anything
  Form form = Form::whole;
  Holds holds = Holds::anything;
};

inline Slot sizes(const char* name, int needs = always, int first = zeros_first, Form form = Form::whole) {
  return {name, needs, first, form, Holds::sizes};
}

/// A number that is kept for each parameter, and between what it lies; never NaN.
struct Number {
  const char* name;
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
};

/// Everything about an optimiser except its formula.
struct Description {
  const char* name;
  std::vector<Option> options;
  std::vector<Slot> slots = {};
  std::vector<Number> numbers = {};
  bool counts_steps = true;  ///< "step" is one of them
  /// What is wrong with these values of the options together; empty if nothing is.
  std::string (*fault)(const double* options) = nullptr;
  /// Why a parameter cannot be trained; null if it can.
  const char* (*unfit)(const Tensor& parameter) = nullptr;
};

}  // namespace xgrad::optim::detail
