#include <xgrad/nn/padding.hpp>

#include <string>
#include <vector>

#include <xgrad/autograd/ops/pool_windows.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

// Two numbers for each axis.
Dims on_both_sides(const char* name, const Dims& padding, std::size_t axes) {
  const auto& list = padding.list();
  if (list.size() == 2 * axes) return padding;
  if (list.size() != 1)
    throw xgrad::detail::argument_error(std::string(name) + ": the padding must be one number or " +
                                        std::to_string(2 * axes) + ", got " + xgrad::detail::text_of(padding));
  return std::vector<std::int64_t>(2 * axes, list[0]);
}

}  // namespace

Padding::Padding(const char* name, std::size_t axes, const Dims& padding, PadMode mode, const Number& value,
                 bool prints_value)
    : axes_(axes), padding_(on_both_sides(name, padding, axes)), mode_(mode), value_(value) {
  const std::string sides = xgrad::detail::text_of(padding_);
  describe(prints_value ? "padding=" + sides + ", value=" + detail::python(value) : sides);
}

Tensor Padding::forward(const Tensor& x) {
  if (x.rank() != axes_ + 1 && x.rank() != axes_ + 2) {
    const std::string places = axes_ == 1 ? "L)" : axes_ == 2 ? "H, W)" : "D, H, W)";
    throw xgrad::detail::argument_error("expected input of shape (N, C, " + places + " or (C, " + places + ", got " +
                                        to_string(x.shape()));
  }
  return pad(x, padding_, mode_, value_, call_site());
}

#define XGRAD_PADDING(Name, axes, mode) \
  Name::Name(const Dims& padding) : Padding(#Name, axes, padding, mode, 0) {}
XGRAD_PADDING(ZeroPad1d, 1, PadMode::constant)
XGRAD_PADDING(ZeroPad2d, 2, PadMode::constant)
XGRAD_PADDING(ZeroPad3d, 3, PadMode::constant)
XGRAD_PADDING(ReflectionPad1d, 1, PadMode::reflect)
XGRAD_PADDING(ReflectionPad2d, 2, PadMode::reflect)
XGRAD_PADDING(ReflectionPad3d, 3, PadMode::reflect)
XGRAD_PADDING(ReplicationPad1d, 1, PadMode::replicate)
XGRAD_PADDING(ReplicationPad2d, 2, PadMode::replicate)
XGRAD_PADDING(ReplicationPad3d, 3, PadMode::replicate)
XGRAD_PADDING(CircularPad1d, 1, PadMode::circular)
XGRAD_PADDING(CircularPad2d, 2, PadMode::circular)
XGRAD_PADDING(CircularPad3d, 3, PadMode::circular)
#undef XGRAD_PADDING

ConstantPad1d::ConstantPad1d(const Dims& padding, Number value)
    : Padding("ConstantPad1d", 1, padding, PadMode::constant, value, true) {}
ConstantPad2d::ConstantPad2d(const Dims& padding, Number value)
    : Padding("ConstantPad2d", 2, padding, PadMode::constant, value, true) {}
ConstantPad3d::ConstantPad3d(const Dims& padding, Number value)
    : Padding("ConstantPad3d", 3, padding, PadMode::constant, value, true) {}

}  // namespace xgrad::nn
