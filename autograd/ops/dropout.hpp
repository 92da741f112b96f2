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

/// The same for whole channels of x (N, C, L), or (C, L) for one sample (Tompson et al., 2015).
[[nodiscard]] Tensor dropout1d(Tensor x, double p = 0.5, bool training = true, Generator* generator = nullptr,
                               Source at = Source::here());
/// The same for whole channels of x (N, C, H, W); as in PyTorch, three axes are read as (N, C, L).
[[nodiscard]] Tensor dropout2d(Tensor x, double p = 0.5, bool training = true, Generator* generator = nullptr,
                               Source at = Source::here());
/// The same for whole channels of x (N, C, D, H, W), or (C, D, H, W) for one sample.
[[nodiscard]] Tensor dropout3d(Tensor x, double p = 0.5, bool training = true, Generator* generator = nullptr,
                               Source at = Source::here());

/// In training, each element is α' = -1.7581 with probability p, and then all are scaled and shifted so that a mean of
/// 0 and a variance of 1 stay, as behind selu() (Klambauer et al., 2017). p = 1 gives zeros.
[[nodiscard]] Tensor alpha_dropout(Tensor x, double p = 0.5, bool training = true, Generator* generator = nullptr,
                                   Source at = Source::here());
/// The same for whole channels of x (N, C, ...).
[[nodiscard]] Tensor feature_alpha_dropout(Tensor x, double p = 0.5, bool training = true,
                                           Generator* generator = nullptr, Source at = Source::here());

}  // namespace xgrad
