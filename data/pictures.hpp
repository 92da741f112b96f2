#pragma once

// For the library's sources only: how pictures are cut, moved and turned.

#include <cstdint>
#include <functional>

#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad::data::detail {

/// Where the pixels of a result come from: (y, x) from (y + down, x + right) of the picture, after mirroring the
/// result.
struct Placement {
  std::int64_t down = 0, right = 0;
  bool mirror_y = false, mirror_x = false;
};

/// Height and width of pictures of shape (rows, ..., height, width).
struct PictureSize {
  std::int64_t height, width;
};
PictureSize picture_size(const char* op, const Tensor& x);

/// Pictures of another size, of x's dtype; where they reach beyond those of x they hold `fill`.
Tensor placed(const Tensor& x, PictureSize size, double fill, const std::function<Placement(std::int64_t row)>& where);

/// Where the pixels of a result come from: (dy, dx) from the middle is at (yy dy + yx dx + y, xy dy + xx dx + x) from
/// the middle of the picture.
struct Affine {
  double yy, yx, xy, xx, y, x;
};
/// Pictures of the same size, interpolated bilinearly; `fill` lies around those of x, which are floating.
Tensor warped(const Tensor& x, double fill, const std::function<Affine(std::int64_t row)>& where);

}  // namespace xgrad::data::detail
