#pragma once

// For the library's sources only: packed_attention() also of sequences whose first axis is the length.

#include <xgrad/autograd/ops/attention.hpp>

namespace xgrad::detail {

/// packed_attention() of qkv (N, L, 3 C), or (L, N, 3 C) if not batch_first.
Tensor packed_heads(Tensor qkv, std::int64_t num_heads, bool batch_first, Tensor attn_mask,
                    const AttentionOptions& options, Source at);

}  // namespace xgrad::detail
