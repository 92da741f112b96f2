#pragma once

// For the library's sources only: what numbers a tensor holds, in a few figures.

#include <cstdint>
#include <string>

#include <xgrad/autograd/graph/node.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::detail {

struct Range {
  std::int64_t size = 0, nans = 0, infs = 0, zeros = 0;
  std::int64_t first = -1;  ///< the first element that is not finite, or -1
  double at_first = 0;
  double min = 0, max = 0;  ///< of the finite elements, if there are any

  bool finite() const noexcept { return nans + infs == 0; }
  bool has_finite() const noexcept { return nans + infs < size; }
};

Range range_of(const Reading& x);
Range range_of(const Tensor& x);

/// Whether every element is finite; true of int64 and bool.
bool all_finite(const Reading& x);
bool all_finite(const Tensor& x);
/// Whether any element is NaN.
bool has_nan(const Reading& x);
bool has_nan(const Tensor& x);
/// The index of the first NaN in row-major order, or -1.
std::int64_t first_nan(const Tensor& x);

/// Input i of a node, as the node has saved it; data is null where no rule reads the input.
Reading saved_input(const Node& node, std::size_t i);
Reading saved_output(const Node& node);

/// "shape (3) float64, 0 .. 2, no nan, no inf".
std::string text_of(const Range& range, const Shape& shape, DType dtype);

/// "element (1, 2)" for an element by its index in row-major order.
std::string element_text(std::int64_t index, const Shape& shape);

}  // namespace xgrad::detail
