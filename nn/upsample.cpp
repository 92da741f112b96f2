#include <xgrad/nn/upsample.hpp>

#include <string>

#include <xgrad/autograd/ops/pool_windows.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;

std::string sizes_of(const InterpolateOptions& options) {
  const std::vector<double>& factors = options.scale_factor().list();
  if (factors.empty()) return "size=" + xgrad::detail::text_of(options.size());
  std::string text;
  for (const double factor : factors) text += (text.empty() ? "" : ", ") + detail::python(factor);
  return "scale_factor=" + (factors.size() == 1 ? text : "(" + text + ")");
}

std::string name_of(InterpolateMode mode) {
  static const char* const names[] = {"nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "area"};
  return names[static_cast<std::size_t>(mode)];
}

void require_positive(const char* name, const char* what, std::int64_t number) {
  if (number < 1)
    throw argument_error(std::string(name) + ": " + what + " must be positive, got " + std::to_string(number));
}

}  // namespace

Upsample::Upsample(const Options& options) : Upsample("Upsample", options) {}
Upsample::Upsample(const char* name, const Options& options) : options_(options) {
  const std::vector<double>& factors = options.scale_factor().list();
  if (factors.empty() == options.size().list().empty())
    throw argument_error(std::string(name) + ": " +
                         (factors.empty() ? "neither size nor scale_factor is" : "both size and scale_factor are") +
                         " given: give one of them");
  for (const std::int64_t size : options.size().list()) require_positive(name, "size", size);
  for (const double factor : factors)
    if (!(factor > 0))
      throw argument_error(std::string(name) + ": scale_factor must be positive, got " + detail::python(factor));
  describe(sizes_of(options) + ", mode='" + name_of(options.mode()) + "'");
}
Tensor Upsample::forward(const Tensor& x) { return interpolate(x, options_, call_site()); }

UpsamplingNearest2d::UpsamplingNearest2d(const Options& options)
    : Upsample("UpsamplingNearest2d", Options(options).mode(InterpolateMode::nearest).align_corners(false)) {}
UpsamplingBilinear2d::UpsamplingBilinear2d(const Options& options)
    : Upsample("UpsamplingBilinear2d", Options(options).mode(InterpolateMode::bilinear).align_corners(true)) {}

PixelShuffle::PixelShuffle(Dim upscale_factor) : factor_(upscale_factor) {
  require_positive("PixelShuffle", "upscale_factor", factor_);
  describe("upscale_factor=" + std::to_string(factor_));
}
Tensor PixelShuffle::forward(const Tensor& x) { return pixel_shuffle(x, factor_, call_site()); }

PixelUnshuffle::PixelUnshuffle(Dim downscale_factor) : factor_(downscale_factor) {
  require_positive("PixelUnshuffle", "downscale_factor", factor_);
  describe("downscale_factor=" + std::to_string(factor_));
}
Tensor PixelUnshuffle::forward(const Tensor& x) { return pixel_unshuffle(x, factor_, call_site()); }

ChannelShuffle::ChannelShuffle(Dim groups) : groups_(groups) {
  require_positive("ChannelShuffle", "groups", groups_);
  describe("groups=" + std::to_string(groups_));
}
Tensor ChannelShuffle::forward(const Tensor& x) { return channel_shuffle(x, groups_, call_site()); }

}  // namespace xgrad::nn
