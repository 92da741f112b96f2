#pragma once

#include <xgrad/autograd/graph/random.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// y = x for x > 0, else s x (Xu et al., 2015). In training each element has its own s, uniform in lower .. upper, from
/// the given generator or the calling thread's; else s is their mean. Backward uses the same s. Bounds that are not
/// finite or in the wrong order are an error.
[[nodiscard]] Tensor rrelu(Tensor x, double lower = 1.0 / 8, double upper = 1.0 / 3, bool training = false,
                           Generator* generator = nullptr, Source at = Source::here());

namespace detail {

void check_rrelu(const char* op, double lower, double upper);

}  // namespace detail
}  // namespace xgrad
