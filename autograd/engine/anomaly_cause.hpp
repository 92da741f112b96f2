#pragma once

// For this room's sources only: why an op usually gives a NaN or an infinity, and the way out.

#include <string>
#include <vector>

#include <xgrad/autograd/engine/range.hpp>

namespace xgrad::detail {

/// The usual cause of a result of op `name` that is not finite, from finite operands.
std::string forward_cause(const std::string& name, const std::vector<Range>& operands, const Range& result,
                          DType dtype);

/// The usual cause of a NaN, in a result or a gradient of op `name`, where infinities were given and no NaN.
std::string infinite_cause(const std::string& name);

/// The usual cause of a gradient that is not finite, from a finite upstream gradient and finite saved values, which are
/// those of the inputs and of the output; empty ranges stand for what is not saved.
std::string backward_cause(const std::string& name, const Range& g, const std::vector<Range>& inputs,
                           const Range& output, const Range& gradient, DType dtype);

}  // namespace xgrad::detail
