#pragma once

#include <xgrad/autograd/ops/rearranging.hpp>
#include <xgrad/autograd/ops/resizing.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// interpolate(): `nn::Upsample(nn::Upsample::Options().scale_factor(2).mode(InterpolateMode::bilinear))`.
class Upsample : public Module {
 public:
  using Options = InterpolateOptions;

  explicit Upsample(const Options& options);
  Upsample(const Upsample&) = default;  // without a move, which would leave the other handle incomplete
  Upsample& operator=(const Upsample&) = default;

 protected:
  Upsample(const char* name, const Options& options);
  Tensor forward(const Tensor& x) override;

 private:
  Options options_;
};

/// Upsample of images to the nearest elements: takes size or scale_factor of the options.
class UpsamplingNearest2d : public Upsample {
 public:
  explicit UpsamplingNearest2d(const Options& options);
};
/// Upsample of images, bilinear with align_corners: takes size or scale_factor of the options.
class UpsamplingBilinear2d : public Upsample {
 public:
  explicit UpsamplingBilinear2d(const Options& options);
};

/// pixel_shuffle().
class PixelShuffle : public Module {
 public:
  explicit PixelShuffle(Dim upscale_factor);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t factor_;
};

/// pixel_unshuffle().
class PixelUnshuffle : public Module {
 public:
  explicit PixelUnshuffle(Dim downscale_factor);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t factor_;
};

/// channel_shuffle().
class ChannelShuffle : public Module {
 public:
  explicit ChannelShuffle(Dim groups);

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t groups_;
};

}  // namespace xgrad::nn
