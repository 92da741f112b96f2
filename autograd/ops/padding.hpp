#pragma once

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// What pad() puts around a tensor: one number; the elements mirrored in the outermost one, which is not repeated; the
/// outermost element; or the elements of the opposite side.
enum class PadMode : std::uint8_t { constant, reflect, replicate, circular };

/// x with elements added on both sides of its last axes. `amounts` are (before, after) of the last axis, then of the
/// one before it, and so on, as in PyTorch: {1, 2} pads the last axis, {0, 0, 1, 1} the one before it. Negative amounts
/// remove elements. y = x inside; the gradients of copies are added. Any number of axes in every mode.
///
/// Reflect takes amounts below the size of the axis, circular up to it, and replicate needs an element to repeat.
/// `value` is converted to the dtype of x, and is for PadMode::constant only.
[[nodiscard]] Tensor pad(Tensor x, const Dims& amounts, PadMode mode = PadMode::constant, Number value = 0,
                         Source at = Source::here());

}  // namespace xgrad
