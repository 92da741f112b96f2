#pragma once

// Argument checks that the sources of losses share.

#include <initializer_list>

#include <xgrad/nn/losses.hpp>

namespace xgrad::nn::detail {

/// An argument of a loss and its name in errors.
struct Named {
  const Tensor& tensor;
  const char* name;
};

/// Refuses undefined arguments.
void require_given(const char* op, std::initializer_list<Named> all);

/// Refuses another floating dtype than that of `with`; weak numbers, int64 and bool are allowed, since they convert.
void require_same_floating(const char* op, Named argument, Named with);

/// The argument in the dtype of `with`, if require_same_floating allows it.
Tensor follow(const char* op, Named argument, Named with, Source at);

/// Refuses shapes that differ.
void require_same_shape(const char* op, Named a, Named b);

/// Refuses batchmean, which only kl_div has.
void require_plain(const char* op, Reduction reduction);

/// Refuses elements outside of [0, 1], NaN among them; `way_out` ends the error.
void require_probabilities(const char* op, const Tensor& z, const char* name, const char* way_out);

/// Reduces the losses of the elements.
Tensor reduce(Tensor losses, Reduction reduction, Source at);

}  // namespace xgrad::nn::detail
