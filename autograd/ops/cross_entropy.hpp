#pragma once

#include <cstddef>
#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

// The losses behind nn::cross_entropy and nn::nll_loss, which check the arguments.

/// The class axis of an x of shape (C), (N, C) or (N, C, d...). A row consists of the elements at one position on all
/// other axes; labels have the shape without the class axis.
inline std::size_t class_axis(const Shape& shape) { return shape.rank() == 1 ? 0 : 1; }

/// How the losses of the rows are reduced: to their sum divided by the sum of the weights of the rows, to their sum, or
/// not at all.
enum class RowReduction : std::uint8_t { mean, sum, none };

/// How rows are weighted and reduced. The weight of a row is that of its label, or 0 if the label is `ignored`.
struct RowOptions {
  Tensor weight;  ///< a constant for each class, (C), of x's dtype; undefined for 1
  std::int64_t ignored = -100;
  RowReduction reduction = RowReduction::mean;
};

/// -w_t ln softmax_t(x) for each row of label t. Labels are int64 in 0 .. C-1 or `ignored`. The contents of an ignored
/// row affect neither values nor gradients; a mean over no rows is NaN with gradient 0.
[[nodiscard]] Tensor label_cross_entropy(Tensor x, Tensor labels, const RowOptions& options,
                                         Source at = Source::here());
/// -w_t x_t for each row of label t, x log-probabilities, as above.
[[nodiscard]] Tensor label_likelihood(Tensor x, Tensor labels, const RowOptions& options, Source at = Source::here());

/// The sum of the rows' weights.
[[nodiscard]] double total_weight(const Tensor& labels, const RowOptions& options);

}  // namespace xgrad::detail
