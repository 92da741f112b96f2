#include <xgrad/autograd/ops/pool_windows.hpp>

#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad::detail {
namespace {

using kernels::SlidingAxis;

[[noreturn]] void refuse(const char* op, const std::string& what) {
  throw argument_error(std::string(op) + ": " + what);
}

constexpr std::int64_t most = std::int64_t{1} << 61;  // so that no sum of two overflows

// The number of windows, or -1 where the padded size or the extent of a window exceeds 2^61.
std::int64_t count_windows(const SlidingAxis& a, bool ceil_mode) {
  std::int64_t padded = 0, reach = 0;  // from the first to the last place of a window
  if (__builtin_mul_overflow(a.padding, std::int64_t{2}, &padded) || __builtin_add_overflow(a.n, padded, &padded) ||
      __builtin_mul_overflow(a.dilation, a.size - 1, &reach) || padded > most || reach > most)
    return -1;
  const std::int64_t room = padded - reach - 1;  // for the first place of the last window
  if (room >= 0) {
    std::int64_t count = room / a.stride + 1;
    // With ceil_mode one more that starts inside or before the axis, not in the padding behind it.
    if (ceil_mode && room % a.stride != 0 && (a.n + a.padding - 1) / a.stride >= count) ++count;
    return count;
  }
  return ceil_mode && room > -a.stride ? 1 : 0;
}

}  // namespace

std::string text_of(const Dims& numbers) {
  if (numbers.list().size() == 1) return std::to_string(numbers.list()[0]);
  std::string text;
  for (const std::int64_t one : numbers.list()) text += (text.empty() ? "" : ", ") + std::to_string(one);
  return "(" + text + ")";
}

EachAxis::EachAxis(const char* op, const char* what, const Dims& given, std::size_t axes)
    : op_(op), what_(what), axes_(axes) {
  const AxisList<std::int64_t>& list = given.list();
  if (list.size() != 1 && list.size() != axes)
    refuse(op, std::string(what) + " must be one number" + (axes == 1 ? "" : " or " + std::to_string(axes)) + ", got " +
                   text_of(given));
  for (std::size_t k = 0; k < axes; ++k) numbers_[k] = list[list.size() == 1 ? 0 : k];
}

const EachAxis& EachAxis::at_least(std::int64_t least) const {
  for (std::size_t k = 0; k < axes_; ++k)
    if (numbers_[k] < least)
      refuse(op_, std::string(what_) + " must be at least " + std::to_string(least) + ", got " +
                      std::to_string(numbers_[k]));
  return *this;
}

void check_sliding(const char* op, std::size_t axes, const Sliding& how) {
  const EachAxis size = EachAxis(op, "kernel_size", how.kernel_size, axes).at_least(1);
  if (!how.stride.list().empty()) EachAxis(op, "stride", how.stride, axes).at_least(1);
  const EachAxis padding = EachAxis(op, "padding", how.padding, axes).at_least(0);
  const EachAxis dilation = EachAxis(op, "dilation", how.dilation, axes).at_least(1);
  for (std::size_t k = 0; how.half_padding && k < axes; ++k) {
    std::int64_t reach = 0;
    const bool vast = __builtin_mul_overflow(size[k] - 1, dilation[k], &reach);
    if (!vast && padding[k] > (reach / 2 + (reach % 2 != 0)))
      refuse(op, "the padding " + std::to_string(padding[k]) + " is more than half of a window of " +
                     std::to_string(size[k]) + " places with dilation " + std::to_string(dilation[k]));
  }
}

void require_places(const char* op, const Tensor& x, std::size_t axes) {
  require_defined(op, &x, 1);
  if (!is_floating(x.dtype()))
    refuse(op, std::string("the input is ") + name_of(x.dtype()) +
                   ": only float32 and float64 will do: convert it with to()");
  static constexpr const char* names[] = {"L)", "H, W)", "D, H, W)"};
  bool fits = x.rank() == axes + 1 || x.rank() == axes + 2;
  for (std::size_t k = 0; fits && k < axes; ++k) fits = x.shape()[x.rank() - 1 - k] > 0;
  if (!fits) {
    const std::string places = names[axes - 1];
    refuse(op, "the input must have axes (N, C, " + places + " or (C, " + places +
                   ", of which only N and C may have size 0, got shape " + to_string(x.shape()));
  }
}

std::int64_t planes_of(const Shape& shape, std::size_t axes) {
  std::int64_t planes = 1;
  for (std::size_t k = 0; k + axes < shape.rank(); ++k)
    if (__builtin_mul_overflow(planes, shape[k], &planes)) return 0;  // another size is 0
  return planes;
}

kernels::SlidingWindows sliding_windows(const char* op, const Tensor& x, std::size_t axes, const Sliding& how) {
  require_places(op, x, axes);
  return windows_over(op, "shape", x.shape(), axes, how);
}

kernels::SlidingWindows windows_over(const char* op, const char* name, const Shape& sizes, std::size_t axes,
                                     const Sliding& how) {
  check_sliding(op, axes, how);
  const EachAxis size(op, "kernel_size", how.kernel_size, axes);
  const EachAxis stride(op, "stride", how.stride.list().empty() ? how.kernel_size : how.stride, axes);
  const EachAxis padding(op, "padding", how.padding, axes), dilation(op, "dilation", how.dilation, axes);
  kernels::SlidingWindows by;
  by.planes = planes_of(sizes, axes);
  for (std::size_t k = 0; k < axes; ++k) {
    SlidingAxis& a = by.axis[3 - axes + k];
    a = {sizes[sizes.rank() - axes + k], 1, size[k], stride[k], padding[k], dilation[k]};
    a.count = count_windows(a, how.ceil_mode);
    if (a.count < 1)
      refuse(op, "windows of " + std::to_string(a.size) + " places with padding " + std::to_string(a.padding) +
                     " and dilation " + std::to_string(a.dilation) + " do not fit axis " +
                     std::to_string(sizes.rank() - axes + k) + " of " + name + " " + to_string(sizes));
  }
  return by;
}

kernels::SlidingWindows adaptive_windows(const char* op, const Tensor& x, std::size_t axes, const Dims& output_size) {
  require_places(op, x, axes);
  const EachAxis sizes = EachAxis(op, "output_size", output_size, axes).at_least(-1);
  kernels::SlidingWindows by;
  by.planes = planes_of(x.shape(), axes);
  for (std::size_t k = 0; k < axes; ++k) {
    SlidingAxis& a = by.axis[3 - axes + k];
    a.n = x.shape()[x.rank() - axes + k];
    a.count = sizes[k] == -1 ? a.n : sizes[k];
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a.n, a.count, &product) || __builtin_add_overflow(a.n + a.count, product, &product))
      throw argument_error(std::string(op) + ": an output_size of " + std::to_string(a.count) + " for shape " +
                           to_string(x.shape()) + " is too large: their product exceeds 2^63 - 1");
  }
  return by;
}

}  // namespace xgrad::detail
