#pragma once

#include "side.hpp"

namespace bench {

/// The matrix products of a step of W11: those of the layers, and those of the attention head by head, of which a
/// causal one needs half.
Task gpt_gemm_task();

/// AdamW over the parameters of W11.
std::int64_t gpt_parameters();

}  // namespace bench
