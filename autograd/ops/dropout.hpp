#pragma once

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// In training, each element is 0 with probability p and x / (1 - p) otherwise, so that its mean stays x; backward uses
/// the same mask. Else, and for p = 0, x itself (Srivastava et al., 2014). What is dropped is 0 even where x is
/// infinite or NaN, and so is its gradient. The mask is drawn from the generator, or from the calling thread's. A p
/// outside [0, 1] is an error.
[[nodiscard]] Tensor dropout(Tensor x, double p = 0.5, bool training = true, Generator* generator = nullptr,
                             Source at = Source::here());

}  // namespace xgrad
