#pragma once

#include <xgrad/nn/batch_norm.hpp>

namespace xgrad::nn {

/// Options of an instance normalisation: `InstanceNorm2d::Options().affine(true)`. It is neither affine nor tracks
/// running statistics unless told so. A momentum of std::nullopt leaves running statistics as they are, as in PyTorch.
class InstanceNormOptions : public RunningNormOptions<InstanceNormOptions> {
 public:
  InstanceNormOptions() : RunningNormOptions(false) {}
};

/// What the instance normalisations share.
class InstanceNorm : public RunningNorm {
 protected:
  InstanceNorm(const char* name, Dim features, const InstanceNormOptions& options, std::size_t places);
  Tensor forward(const Tensor& x) override;

 private:
  std::size_t places_;  // axes behind the channels
};

/// y = (x - mean) / √(var + eps) · weight + bias with mean and biased variance of each channel of each sample: x
/// (N, C, L), or (C, L) for one sample. Tracked statistics are those of evaluation. A channel of one value is an error.
class InstanceNorm1d : public InstanceNorm {
 public:
  using Options = InstanceNormOptions;

  explicit InstanceNorm1d(Dim features, const Options& options = {});
};

/// The same for images: x (N, C, H, W) or (C, H, W).
class InstanceNorm2d : public InstanceNorm {
 public:
  using Options = InstanceNormOptions;

  explicit InstanceNorm2d(Dim features, const Options& options = {});
};

/// The same for volumes: x (N, C, D, H, W) or (C, D, H, W).
class InstanceNorm3d : public InstanceNorm {
 public:
  using Options = InstanceNormOptions;

  explicit InstanceNorm3d(Dim features, const Options& options = {});
};

}  // namespace xgrad::nn
