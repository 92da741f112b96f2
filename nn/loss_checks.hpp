#pragma once

// Argument checks that the sources of losses share.

#include <initializer_list>
#include <vector>

#include <xgrad/nn/loss_options.hpp>

namespace xgrad::nn::detail {

/// An argument of a loss and its name in errors.
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

/// Refuses shapes that differ.
void require_same_shape(const char* op, Named a, Named b);

/// Refuses batchmean, which only kl_div has.
void require_plain(const char* op, Reduction reduction);

/// Refuses a weight, unless undefined, of another floating dtype, or that does not broadcast to the input.
void require_weight(const char* op, const Tensor& x, const Tensor& weight, const char* name);

/// Refuses elements outside of [0, 1], NaN among them; `way_out` ends the error.
void require_probabilities(const char* op, const Tensor& z, const char* name, const char* way_out);

/// Reduces the losses of the elements.
Tensor reduce(Tensor losses, Reduction reduction, Source at);

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
