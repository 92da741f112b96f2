#pragma once

// For this room's sources only: the gradients of attention.

#include <array>

#include <xgrad/autograd/ops/attention_layout.hpp>

namespace xgrad::attention_op {

/// The gradients of q, k, v, mask and statistics: by the kernel, or by ops where backward is recorded.
std::array<Tensor, 5> pull_separate(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& given,
                                    const Tensor& stats, const Tensor& y, const Tensor& g, Needs needs,
                                    const Settings& how);
/// Those of qkv, mask and statistics.
std::array<Tensor, 3> pull_packed(const Tensor& qkv, const Tensor& given, const Tensor& stats, const Tensor& y,
                                  const Tensor& g, Needs needs, const Settings& how);

}  // namespace xgrad::attention_op
