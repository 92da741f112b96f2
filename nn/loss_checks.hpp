#pragma once

// For this room's sources only: checks of the arguments and options of losses.

#include <cstdint>

#include <xgrad/nn/argument_checks.hpp>
#include <xgrad/nn/loss_options.hpp>

namespace xgrad::nn::detail {

/// Refuses shapes that differ.
void require_same_shape(const char* op, Named a, Named b);

/// Refuses a weight, unless undefined, of another floating dtype, or that does not broadcast to the input.
void require_weight(const char* op, const Tensor& x, const Tensor& weight, const char* name);

/// Refuses elements outside of [0, 1], NaN among them; `way_out` ends the error.
void require_probabilities(const char* op, const Tensor& z, const char* name, const char* way_out);

// What the options of losses may not be, for functions and modules.
void check_beta(const char* op, double beta);
void check_delta(const char* op, double delta);
void check_positive_eps(const char* op, double eps);
void check_margin(const char* op, double margin);
void check_triplet_margin(const char* op, double margin);
void check_triplet_options(const char* op, const TripletMarginLossOptions& options);
void check_multi_margin(const char* op, const MultiMarginLossOptions& options);
void check_smoothing(const char* op, double label_smoothing);
void check_blank(const char* op, std::int64_t blank);

}  // namespace xgrad::nn::detail
