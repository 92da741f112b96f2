#pragma once

// What the ops and modules of pooling share: sizes for each axis, and the windows that follow from them.

#include <array>
#include <cstdint>

#include <xgrad/autograd/graph/tensor.hpp>
#include <xgrad/autograd/kernels/pooling/sliding_windows.hpp>

namespace xgrad::detail {

/// One number for each of the `axes` last axes of a tensor. A list of one number holds for all of them.
class EachAxis {
 public:
  /// Another length is an error of the op about the number called `what`.
  EachAxis(const char* op, const char* what, const Dims& given, std::size_t axes);

  std::int64_t operator[](std::size_t axis) const { return numbers_[axis]; }
  /// Refuses numbers below `least`.
  const EachAxis& at_least(std::int64_t least) const;
  Shape shape() const { return Shape(numbers_.data(), axes_); }

 private:
  const char *op_, *what_;
  std::size_t axes_;
  std::array<std::int64_t, 3> numbers_ = {1, 1, 1};
};

/// How windows slide: no strides mean those of the sizes.
struct Sliding {
  Dims kernel_size;
  Dims stride = std::vector<std::int64_t>{};
  Dims padding = 0;
  Dims dilation = 1;
  bool ceil_mode = false;
  bool half_padding = true;  // pooling takes at most half of a window as padding
};

/// Refuses what is wrong for every input.
void check_sliding(const char* op, std::size_t axes, const Sliding& how);
/// The windows over the last `axes` axes of x; before these x has channels and perhaps a batch.
kernels::SlidingWindows sliding_windows(const char* op, const Tensor& x, std::size_t axes, const Sliding& how);
/// The same over axes of any array: the last ones of the sizes, which errors call `name`.
kernels::SlidingWindows windows_over(const char* op, const char* name, const Shape& sizes, std::size_t axes,
                                     const Sliding& how);

/// x is floating-point and has `axes` axes behind (N, C) or (C), with elements in each.
void require_places(const char* op, const Tensor& x, std::size_t axes);
/// The number of planes that these axes make.
std::int64_t planes_of(const Shape& shape, std::size_t axes);
/// The shape with other sizes of the last `axes` axes; sizes(k) is that of axis k of these.
template <class F>
Shape with_places(Shape shape, std::size_t axes, const F& sizes) {
  for (std::size_t k = 0; k < axes; ++k) shape = shape.with(shape.rank() - axes + k, sizes(k));
  return shape;
}
/// The shape of what the windows give, and of what they are over.
inline Shape pooled_shape(const Shape& shape, std::size_t axes, const kernels::SlidingWindows& by) {
  return with_places(shape, axes, [&](std::size_t k) { return by.axis[3 - axes + k].count; });
}
inline Shape unpooled_shape(const Shape& shape, std::size_t axes, const kernels::SlidingWindows& by) {
  return with_places(shape, axes, [&](std::size_t k) { return by.axis[3 - axes + k].n; });
}
/// Windows of adaptive pooling, of which only n and count matter; an output_size of -1 keeps the axis.
kernels::SlidingWindows adaptive_windows(const char* op, const Tensor& x, std::size_t axes, const Dims& output_size);

/// "(2, 3)", or the number alone.
std::string text_of(const Dims& numbers);

}  // namespace xgrad::detail
