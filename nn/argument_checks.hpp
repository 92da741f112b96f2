#pragma once

// For this room's sources only: checks and conversions of arguments that are tensors.

#include <initializer_list>
#include <vector>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::nn::detail {

/// An argument and its name in errors.
struct Named {
  const Tensor& tensor;
  const char* name;
};

/// The same of one that is converted.
struct Argument {
  Tensor* tensor;
  const char* name;
};

/// Refuses undefined arguments.
void require_given(const char* op, std::initializer_list<Named> all);

/// Refuses another floating dtype than that of `with`; weak numbers, int64 and bool are allowed, since they convert.
void require_same_floating(const char* op, Named argument, Named with);

/// The argument in the dtype of `with`, if require_same_floating allows it.
Tensor follow(const char* op, Named argument, Named with, Source at);

/// Converts all to the floating dtype that they have: float32 if none is floating. Numbers that are weak, int64 and
/// bool convert; two floating dtypes are an error.
void to_one_dtype(const char* op, const std::vector<Argument>& all, Source at);

}  // namespace xgrad::nn::detail
