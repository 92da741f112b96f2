#include <xgrad/data/pictures.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include <xgrad/autograd/graph/dispatch.hpp>

namespace xgrad::data::detail {
namespace {

template <class T>
void place(const T* from, PictureSize of, T* to, PictureSize size, const Placement& where, T fill) {
  const auto source_x = [&](std::int64_t x) { return (where.mirror_x ? size.width - 1 - x : x) + where.right; };
  for (std::int64_t y = 0; y < size.height; ++y, to += size.width) {
    const std::int64_t line = (where.mirror_y ? size.height - 1 - y : y) + where.down;
    if (line < 0 || line >= of.height) {
      std::fill(to, to + size.width, fill);
      continue;
    }
    const T* row = from + line * of.width;
    if (where.mirror_x) {
      for (std::int64_t x = 0; x < size.width; ++x) {
        const std::int64_t at = source_x(x);
        to[x] = at < 0 || at >= of.width ? fill : row[at];
      }
      continue;
    }
    const std::int64_t first = std::clamp<std::int64_t>(-where.right, 0, size.width);
    const std::int64_t last = std::clamp<std::int64_t>(of.width - where.right, first, size.width);
    std::fill(to, to + first, fill);
    std::copy(row + first + where.right, row + last + where.right, to + first);
    std::fill(to + last, to + size.width, fill);
  }
}

template <class T>
void warp(const T* from, PictureSize of, T* to, const Affine& where, T fill) {
  const double middle_y = static_cast<double>(of.height - 1) / 2, middle_x = static_cast<double>(of.width - 1) / 2;
  const auto pixel = [&](std::int64_t y, std::int64_t x) {
    return y < 0 || x < 0 || y >= of.height || x >= of.width ? fill : from[y * of.width + x];
  };
  for (std::int64_t row = 0; row < of.height; ++row) {
    for (std::int64_t col = 0; col < of.width; ++col, ++to) {
      const double dy = static_cast<double>(row) - middle_y, dx = static_cast<double>(col) - middle_x;
      const double y = where.yy * dy + where.yx * dx + where.y + middle_y;
      const double x = where.xy * dy + where.xx * dx + where.x + middle_x;
      // Also where a huge shift would not fit into an integer.
      if (!(y > -1 && x > -1 && y < static_cast<double>(of.height) && x < static_cast<double>(of.width))) {
        *to = fill;
        continue;
      }
      const double floor_y = std::floor(y), floor_x = std::floor(x);
      const auto top = static_cast<std::int64_t>(floor_y), left = static_cast<std::int64_t>(floor_x);
      const T below = static_cast<T>(y - floor_y), right = static_cast<T>(x - floor_x);
      // A pixel of weight 0 must not make a NaN of the result.
      const auto between = [](T a, T b, T share) { return share == 0 ? a : a + (b - a) * share; };
      const T upper = between(pixel(top, left), right == 0 ? T(0) : pixel(top, left + 1), right);
      *to = below == 0
                ? upper
                : between(upper, between(pixel(top + 1, left), right == 0 ? T(0) : pixel(top + 1, left + 1), right),
                          below);
    }
  }
}

/// Pictures in a row of x: channels and other axes between the rows and the height.
std::int64_t pictures_in_row(const Shape& shape) {
  std::int64_t count = 1;
  for (std::size_t axis = 1; axis + 2 < shape.rank(); ++axis) count *= shape[axis];
  return count;
}

}  // namespace

PictureSize picture_size(const char* op, const Tensor& x) {
  if (x.rank() < 3)
    throw std::invalid_argument(std::string(op) + ": the input has shape " + to_string(x.shape()) +
                                ": pictures are (rows, ..., height, width): Reshape gives them this form");
  const PictureSize size{x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]};
  constexpr std::int64_t most = std::int64_t{1} << 62;  // leaves room for padding
  if (size.height > most || size.width > most)
    throw std::invalid_argument(std::string(op) + ": the input has shape " + to_string(x.shape()) +
                                ": a picture has at most 2^62 rows and columns");
  return size;
}

Tensor placed(const Tensor& x, PictureSize size, double fill, const std::function<Placement(std::int64_t)>& where) {
  const PictureSize of = picture_size("placed", x);
  Tensor y = Raw::uninitialized(x.shape().with(x.rank() - 2, size.height).with(x.rank() - 1, size.width), x.dtype());
  if (y.size() == 0) return y;
  const std::int64_t count = pictures_in_row(x.shape());
  xgrad::detail::visit(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T value = Number(fill).as<T>();
    const T* from = Raw::data<T>(x);
    T* to = Raw::write<T>(y);
    for (std::int64_t row = 0; row < x.shape()[0]; ++row) {
      const Placement at = where(row);
      for (std::int64_t i = 0; i < count; ++i, from += of.height * of.width, to += size.height * size.width)
        place(from, of, to, size, at, value);
    }
  });
  return y;
}

Tensor warped(const Tensor& x, double fill, const std::function<Affine(std::int64_t)>& where) {
  const PictureSize of = picture_size("warped", x);
  Tensor y = Raw::uninitialized(x.shape(), x.dtype());
  if (y.size() == 0) return y;
  const std::int64_t count = pictures_in_row(x.shape());
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* from = Raw::data<T>(x);
    T* to = Raw::write<T>(y);
    for (std::int64_t row = 0; row < x.shape()[0]; ++row) {
      const Affine at = where(row);
      for (std::int64_t i = 0; i < count; ++i, from += of.height * of.width, to += of.height * of.width)
        warp(from, of, to, at, static_cast<T>(fill));
    }
  });
  return y;
}

}  // namespace xgrad::data::detail
