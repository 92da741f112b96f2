#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

// The losses of rows by their labels, behind nn::cross_entropy and nn::nll_loss, which check what they are given.

/// The class axis of an x of shape (C), (N, C) or (N, C, d...). A row is what shares a place on the other axes, and the
/// shape without the class axis is that of labels.
inline std::size_t class_axis(const Shape& shape) { return shape.rank() == 1 ? 0 : 1; }

/// What becomes of the losses of rows: their sum divided by the sum of the rows' weights, their sum, or all of them.
enum class RowReduction : std::uint8_t { mean, sum, none };

/// How rows count. The weight of a row is that of its label, 0 where that is `ignored`.
struct RowOptions {
  Tensor weight;  ///< a constant for each class, (C), of x's dtype; undefined for 1
  std::int64_t ignored = -100;
  RowReduction reduction = RowReduction::mean;
};

/// -w_t ln softmax_t(x) for each row of label t. Labels are int64 in 0 .. C-1 or `ignored`. What an ignored row holds
/// has no part in values or slopes, and a mean of nothing is NaN with slope 0.
Tensor label_cross_entropy(Tensor x, Tensor labels, const RowOptions& options, Source at = Source::here());
/// -w_t x_t for each row of label t, x log-probabilities, as above.
Tensor label_likelihood(Tensor x, Tensor labels, const RowOptions& options, Source at = Source::here());

/// The sum of the rows' weights.
double total_weight(const Tensor& labels, const RowOptions& options);

}  // namespace xgrad::detail
