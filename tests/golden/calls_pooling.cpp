#include <stdexcept>

#include <xgrad/autograd/ops/average_pooling.hpp>
#include <xgrad/autograd/ops/max_pooling.hpp>
#include <xgrad/autograd/ops/rearranging.hpp>
#include <xgrad/autograd/ops/resizing.hpp>
#include <xgrad/nn/fold.hpp>

#include "call.hpp"

using namespace xgrad;

namespace golden {

namespace {

// One number for each axis; `otherwise` where the call does not say.
Dims sizes(const Call& c, const std::string& name, Dims otherwise) {
  return c.has(name) ? Dims(c.integers(name)) : otherwise;
}
const Dims none = std::vector<std::int64_t>{};

MaxPoolOptions of_max(const Call& c) {
  return MaxPoolOptions()
      .stride(sizes(c, "stride", none))
      .padding(sizes(c, "padding", 0))
      .dilation(sizes(c, "dilation", 1))
      .ceil_mode(c.flag("ceil_mode"));
}

template <class F>
Function max_pooling(F f) {
  return [f](const Call& c) { return Results(f(c["input"], sizes(c, "kernel_size", 1), of_max(c), Source::here())); };
}

Function average_pooling(Tensor (*f)(Tensor, const Dims&, const AvgPoolOptions&, Source)) {
  return [f](const Call& c) {
    AvgPoolOptions options;
    options.stride(sizes(c, "stride", none)).padding(sizes(c, "padding", 0)).ceil_mode(c.flag("ceil_mode"));
    options.count_include_pad(c.flag("count_include_pad", true));
    if (c.has("divisor_override")) options.divisor_override(c.integer("divisor_override"));
    return f(c["input"], sizes(c, "kernel_size", 1), options, Source::here());
  };
}

Function power_pooling(Tensor (*f)(Tensor, double, const Dims&, const LPPoolOptions&, Source)) {
  return [f](const Call& c) {
    return f(c["input"], c.number("norm_type"), sizes(c, "kernel_size", 1),
             LPPoolOptions().stride(sizes(c, "stride", none)).ceil_mode(c.flag("ceil_mode")), Source::here());
  };
}

template <class F>
Function to_size(F f) {
  return [f](const Call& c) { return Results(f(c["input"], sizes(c, "output_size", 1), Source::here())); };
}

Function unpooling(Tensor (*f)(Tensor, Tensor, const Dims&, const MaxUnpoolOptions&, Source)) {
  return [f](const Call& c) {
    MaxUnpoolOptions options;
    options.stride(sizes(c, "stride", none)).padding(sizes(c, "padding", 0)).output_size(sizes(c, "output_size", none));
    return f(c["input"], c["indices"], sizes(c, "kernel_size", 1), options, Source::here());
  };
}

Tensor interpolated(const Call& c) {
  static const std::map<std::string, InterpolateMode> modes = {{"nearest", InterpolateMode::nearest},
                                                               {"nearest-exact", InterpolateMode::nearest_exact},
                                                               {"linear", InterpolateMode::linear},
                                                               {"bilinear", InterpolateMode::bilinear},
                                                               {"trilinear", InterpolateMode::trilinear},
                                                               {"bicubic", InterpolateMode::bicubic},
                                                               {"area", InterpolateMode::area}};
  InterpolateOptions options;
  options.mode(modes.at(c.word("mode", "nearest"))).align_corners(c.flag("align_corners"));
  options.recompute_scale_factor(c.flag("recompute_scale_factor"));
  if (c.has("size")) options.size(sizes(c, "size", none));
  if (c.has("scale_factor")) options.scale_factor(c.number("scale_factor"));
  return interpolate(c["input"], options);
}

nn::FoldOptions blocks(const Call& c) {
  return nn::FoldOptions()
      .dilation(sizes(c, "dilation", 1))
      .padding(sizes(c, "padding", 0))
      .stride(sizes(c, "stride", 1));
}

}  // namespace

Registry pooling_calls() {
  return {
      {"max_pool1d", max_pooling(max_pool1d)},
      {"max_pool2d", max_pooling(max_pool2d)},
      {"max_pool3d", max_pooling(max_pool3d)},
      {"max_pool1d_with_indices", max_pooling(max_pool1d_with_indices)},
      {"max_pool2d_with_indices", max_pooling(max_pool2d_with_indices)},
      {"max_pool3d_with_indices", max_pooling(max_pool3d_with_indices)},
      {"avg_pool1d", average_pooling(avg_pool1d)},
      {"avg_pool2d", average_pooling(avg_pool2d)},
      {"avg_pool3d", average_pooling(avg_pool3d)},
      {"lp_pool1d", power_pooling(lp_pool1d)},
      {"lp_pool2d", power_pooling(lp_pool2d)},
      {"lp_pool3d", power_pooling(lp_pool3d)},
      {"adaptive_avg_pool1d", to_size(adaptive_avg_pool1d)},
      {"adaptive_avg_pool2d", to_size(adaptive_avg_pool2d)},
      {"adaptive_avg_pool3d", to_size(adaptive_avg_pool3d)},
      {"adaptive_max_pool1d", to_size(adaptive_max_pool1d)},
      {"adaptive_max_pool2d", to_size(adaptive_max_pool2d)},
      {"adaptive_max_pool3d", to_size(adaptive_max_pool3d)},
      {"adaptive_max_pool1d_with_indices", to_size(adaptive_max_pool1d_with_indices)},
      {"adaptive_max_pool2d_with_indices", to_size(adaptive_max_pool2d_with_indices)},
      {"adaptive_max_pool3d_with_indices", to_size(adaptive_max_pool3d_with_indices)},
      {"max_unpool1d", unpooling(max_unpool1d)},
      {"max_unpool2d", unpooling(max_unpool2d)},
      {"max_unpool3d", unpooling(max_unpool3d)},
      {"interpolate", interpolated},
      {"pixel_shuffle", [](const Call& c) { return pixel_shuffle(c["input"], c.integer("upscale_factor")); }},
      {"pixel_unshuffle", [](const Call& c) { return pixel_unshuffle(c["input"], c.integer("downscale_factor")); }},
      {"channel_shuffle", [](const Call& c) { return channel_shuffle(c["input"], c.integer("groups")); }},
      {"nn_unfold", [](const Call& c) { return nn::unfold(c["input"], sizes(c, "kernel_size", 1), blocks(c)); }},
      {"fold",
       [](const Call& c) {
         return nn::fold(c["input"], sizes(c, "output_size", 1), sizes(c, "kernel_size", 1), blocks(c));
       }},
  };
}

}  // namespace golden
