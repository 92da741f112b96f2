#pragma once

#include <string>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/ops/convolution.hpp>
#include <xgrad/nn/linear.hpp>

namespace xgrad::nn {

// PyTorch's functional names.
using xgrad::conv1d;
using xgrad::conv2d;
using xgrad::conv3d;
using xgrad::conv_transpose1d;
using xgrad::conv_transpose2d;
using xgrad::conv_transpose3d;

/// What a convolution sees around its input: zeros; the elements mirrored in the outermost one, which is not repeated;
/// the outermost element; or the elements of the opposite side.
enum class PaddingMode : std::uint8_t { zeros, reflect, replicate, circular };

/// What the options of convolutions and transposed convolutions have. Where a setting takes one number for each axis,
/// one for all of them will do. The defaults are PyTorch's.
template <class OwnOptions>
class ConvolutionOptions : public xgrad::detail::OptionsOf<OwnOptions> {
 public:
  /// The distance of neighbouring windows; at least 1, the default.
  OwnOptions& stride(Dims value) { return this->set(settings_.stride, value); }
  /// The distance of neighbouring elements of a window; at least 1, the default.
  OwnOptions& dilation(Dims value) { return this->set(settings_.dilation, value); }
  /// The number of groups that channels are split into; an output channel sees only those of its group. Default 1.
  OwnOptions& groups(Dim value) { return this->set(settings_.groups, value.value("groups")); }
  /// Whether a number is added for each output channel; by default it is.
  OwnOptions& bias(Bias on) { return this->set(bias_, on.on()); }

 protected:
  friend class Convolution;
  ConvolutionOptions() = default;

  xgrad::detail::ConvSettings settings_;
  PaddingMode padding_mode_ = PaddingMode::zeros;
  bool bias_ = true;
};

/// Options of a convolution: `Conv2d::Options().padding(1).stride({2, 1})`.
class ConvOptions : public ConvolutionOptions<ConvOptions> {
 public:
  ConvOptions() {}
  /// How many elements are put around the input, on both sides of an axis; not negative, default 0. Or "same" or
  /// "valid", see ConvPadding.
  ConvOptions& padding(ConvPadding value) { return set(settings_.padding, std::move(value)); }
  /// Which elements these are.
  ConvOptions& padding_mode(PaddingMode value) { return set(padding_mode_, value); }
};

/// Options of a transposed convolution: `ConvTranspose2d::Options().stride(2).output_padding(1)`.
class ConvTransposeOptions : public ConvolutionOptions<ConvTransposeOptions> {
 public:
  ConvTransposeOptions() {}
  /// How many elements of the output are left out, on both sides of an axis; not negative, default 0.
  ConvTransposeOptions& padding(Dims value) { return set(settings_.padding, ConvPadding(value)); }
  /// How many more elements the output has behind each axis; less than stride or dilation, default 0.
  ConvTransposeOptions& output_padding(Dims value) { return set(settings_.output_padding, value); }
};

/// What the convolutions share. The weight, then the bias, are initialised uniformly in ±1/√(number of elements that
/// weight[0] has) from the calling thread's generator, as in PyTorch.
class Convolution : public Module {
 public:
  Convolution(const Convolution&) = default;  // without a move, which would leave the other handle incomplete
  Convolution& operator=(const Convolution&) = default;

  Parameter weight;
  Parameter bias;  ///< (out_channels); undefined without bias

  /// Read off the weight, which all handles share: 0 before the first input of a lazy layer.
  std::int64_t in_channels() const { return kind_.transposed ? weight.shape(0) : weight.shape(1) * settings_.groups; }
  std::int64_t out_channels() const { return out_; }
  std::int64_t groups() const { return settings_.groups; }

 protected:
  /// The names of a layer and of its lazy form, and what it computes.
  struct Kind {
    const char *name, *lazy_name;
    std::size_t axes;
    bool transposed;
  };
  /// In place of the number of input channels, for a layer that takes it from its first input.
  struct Lazy {};
  static constexpr std::int64_t unknown = INT64_MIN;

  template <class OwnOptions>
  Convolution(const Kind& kind, std::int64_t in_channels, std::int64_t out_channels, const Dims& kernel,
              const ConvolutionOptions<OwnOptions>& options)
      : Convolution(kind, in_channels, out_channels, kernel, options.settings_, options.padding_mode_, options.bias_) {}
  Tensor forward(const Tensor& x) override;

 private:
  Convolution(const Kind& kind, std::int64_t in_channels, std::int64_t out_channels, const Dims& kernel,
              xgrad::detail::ConvSettings settings, PaddingMode mode, bool bias_wanted);
  void check_settings(const char* name, const Dims& kernel);
  void check_channels(const std::string& prefix, std::int64_t in) const;
  Shape weight_shape(std::int64_t in) const;
  Tensor drawn(const Shape& shape, std::int64_t in) const;
  void take_channels(const Tensor& x);
  void describe_settings();
  Tensor padded(const Tensor& x) const;

  Kind kind_;
  std::int64_t out_;
  Shape kernel_;
  xgrad::detail::ConvSettings settings_;
  PaddingMode mode_;
};

/// y = conv1d(x, weight) + bias, for x (N, in, L) or (in, L), weight (out, in / groups, kernel).
class Conv1d : public Convolution {
 public:
  using Options = ConvOptions;
  explicit Conv1d(Dim in_channels, Dim out_channels, Dims kernel_size, const Options& options = {});

 protected:
  Conv1d(Lazy, Dim out_channels, const Dims& kernel_size, const Options& options);
};

/// y = conv2d(x, weight) + bias, for x (N, in, H, W) or (in, H, W), weight (out, in / groups, kernel...):
///
///     nn::Conv2d(1, 30, 5)
///     nn::Conv2d(16, 32, {3, 5}, nn::Conv2d::Options().padding("same").groups(2).bias(false))
class Conv2d : public Convolution {
 public:
  using Options = ConvOptions;
  explicit Conv2d(Dim in_channels, Dim out_channels, Dims kernel_size, const Options& options = {});

 protected:
  Conv2d(Lazy, Dim out_channels, const Dims& kernel_size, const Options& options);
};

/// y = conv3d(x, weight) + bias, for x (N, in, D, H, W) or (in, D, H, W), weight (out, in / groups, kernel...).
class Conv3d : public Convolution {
 public:
  using Options = ConvOptions;
  explicit Conv3d(Dim in_channels, Dim out_channels, Dims kernel_size, const Options& options = {});

 protected:
  Conv3d(Lazy, Dim out_channels, const Dims& kernel_size, const Options& options);
};

/// y = conv_transpose1d(x, weight) + bias, for x (N, in, L) or (in, L), weight (in, out / groups, kernel).
class ConvTranspose1d : public Convolution {
 public:
  using Options = ConvTransposeOptions;
  explicit ConvTranspose1d(Dim in_channels, Dim out_channels, Dims kernel_size, const Options& options = {});

 protected:
  ConvTranspose1d(Lazy, Dim out_channels, const Dims& kernel_size, const Options& options);
};

/// The same for images: y = conv_transpose2d(x, weight) + bias.
class ConvTranspose2d : public Convolution {
 public:
  using Options = ConvTransposeOptions;
  explicit ConvTranspose2d(Dim in_channels, Dim out_channels, Dims kernel_size, const Options& options = {});

 protected:
  ConvTranspose2d(Lazy, Dim out_channels, const Dims& kernel_size, const Options& options);
};

/// The same for volumes: y = conv_transpose3d(x, weight) + bias.
class ConvTranspose3d : public Convolution {
 public:
  using Options = ConvTransposeOptions;
  explicit ConvTranspose3d(Dim in_channels, Dim out_channels, Dims kernel_size, const Options& options = {});

 protected:
  ConvTranspose3d(Lazy, Dim out_channels, const Dims& kernel_size, const Options& options);
};

}  // namespace xgrad::nn
