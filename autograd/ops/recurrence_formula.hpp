#pragma once

#include <xgrad/autograd/ops/recurrence.hpp>

namespace xgrad::detail {

/// What recurrence() computes, by recorded ops, step by step; with w_hr too.
[[nodiscard]] RecurrentStates recorded_recurrence(RecurrentKind kind, const RecurrentLayer& layer, Source at);

/// The gradients of x, h0, c0, w_ih, w_hh, b_ih, b_hh by recorded ops, from those of the states and the last cells.
struct RecurrentGradients {
  Tensor x, h0, c0, w_ih, w_hh, b_ih, b_hh;
};
[[nodiscard]] RecurrentGradients recorded_gradients(RecurrentKind kind, const RecurrentLayer& layer, const Tensor& g_h,
                                                    const Tensor& g_c);

}  // namespace xgrad::detail
