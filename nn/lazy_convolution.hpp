#pragma once

#include <xgrad/nn/convolution.hpp>

namespace xgrad::nn {

/// A Conv1d whose in_channels are those of the first input, see LazyLinear: the first call draws the weights, and makes
/// it a Conv1d in print too.
class LazyConv1d : public Conv1d {
 public:
  explicit LazyConv1d(Dim out_channels, Dims kernel_size, const Options& options = {})
      : Conv1d(Lazy(), out_channels, kernel_size, options) {}
};
/// The same of a Conv2d.
class LazyConv2d : public Conv2d {
 public:
  explicit LazyConv2d(Dim out_channels, Dims kernel_size, const Options& options = {})
      : Conv2d(Lazy(), out_channels, kernel_size, options) {}
};
/// The same of a Conv3d.
class LazyConv3d : public Conv3d {
 public:
  explicit LazyConv3d(Dim out_channels, Dims kernel_size, const Options& options = {})
      : Conv3d(Lazy(), out_channels, kernel_size, options) {}
};
/// The same of a ConvTranspose1d.
class LazyConvTranspose1d : public ConvTranspose1d {
 public:
  explicit LazyConvTranspose1d(Dim out_channels, Dims kernel_size, const Options& options = {})
      : ConvTranspose1d(Lazy(), out_channels, kernel_size, options) {}
};
/// The same of a ConvTranspose2d.
class LazyConvTranspose2d : public ConvTranspose2d {
 public:
  explicit LazyConvTranspose2d(Dim out_channels, Dims kernel_size, const Options& options = {})
      : ConvTranspose2d(Lazy(), out_channels, kernel_size, options) {}
};
/// The same of a ConvTranspose3d.
class LazyConvTranspose3d : public ConvTranspose3d {
 public:
  explicit LazyConvTranspose3d(Dim out_channels, Dims kernel_size, const Options& options = {})
      : ConvTranspose3d(Lazy(), out_channels, kernel_size, options) {}
};

}  // namespace xgrad::nn
