#include <xgrad/autograd/ops/indices.hpp>

#include <xgrad/autograd/ops/along.hpp>
#include <xgrad/autograd/ops/strides.hpp>

namespace xgrad::detail {

Tensor resolved_indices(const char* op, const Tensor& indices, const Shape& shape, std::size_t axis) {
  const std::int64_t size = with_an_axis(shape)[axis];
  if (indices.dtype() != int64)
    throw argument_error(std::string(op) + ": indices must be int64, got " + name_of(indices.dtype()));
  const auto* from = Raw::data<std::int64_t>(indices);
  const std::int64_t n = indices.size();
  // Without a sign, since the difference overflows for very negative indices; these have set the upper bit themselves.
  const auto last = static_cast<std::uint64_t>(size) - 1;
  std::uint64_t bits = 0;  // the upper one is set if an index is negative or exceeds size - 1
  for (std::int64_t i = 0; i < n; ++i) {
    const auto index = static_cast<std::uint64_t>(from[i]);
    bits |= index | (last - index);
  }
  if (bits >> 63 == 0) return indices.detach();
  Tensor result = Raw::uninitialized(indices.shape(), int64);
  auto* to = Raw::write<std::int64_t>(result);
  for (std::int64_t i = 0; i < n; ++i) {
    if (from[i] < -size || from[i] >= size)
      throw argument_error(std::string(op) + ": index " + std::to_string(from[i]) + " is out of range for axis " +
                           std::to_string(axis) + " of shape " + to_string(shape));
    to[i] = from[i] < 0 ? from[i] + size : from[i];
  }
  return result;
}

Tensor flat_places(const Tensor& indices, const Shape& shape, std::size_t axis) {
  const Shape sizes = with_an_axis(indices.shape());
  const Strides strides = strides_of(with_an_axis(shape));
  Tensor places = Raw::uninitialized({indices.size()}, int64);
  const auto* from = Raw::data<std::int64_t>(indices);
  auto* to = Raw::write<std::int64_t>(places);
  AxisList<std::int64_t> at(sizes.begin(), sizes.end());
  for (std::int64_t& i : at) i = 0;
  const std::size_t last = sizes.rank() - 1;
  std::int64_t base = 0;  // of the axes before the last, without the one that is indexed
  for (std::int64_t e = 0, n = indices.size(); e < n;) {
    const std::int64_t step = axis == last ? 0 : strides[last], row = sizes[last];
    for (std::int64_t i = 0; i < row; ++i, ++e) to[e] = base + i * step + from[e] * strides[axis];
    for (std::size_t k = last; k-- > 0;) {
      const std::int64_t stride = k == axis ? 0 : strides[k];
      base += stride;
      if (++at[k] < sizes[k]) break;
      base -= at[k] * stride;
      at[k] = 0;
    }
  }
  return places;
}

}  // namespace xgrad::detail
