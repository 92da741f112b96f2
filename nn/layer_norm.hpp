#pragma once

#include <initializer_list>
#include <optional>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// `LayerNorm::Options().eps(1e-6).bias(false)`.
class LayerNormOptions : public xgrad::detail::OptionsOf<LayerNormOptions> {
 public:
  /// Added to the variance, inside the root; positive, default 1e-5.
  LayerNormOptions& eps(double value) { return set(eps_, value); }
  /// Whether the result is scaled and shifted by learned numbers, one for each element; default true.
  LayerNormOptions& elementwise_affine(bool on) { return set(elementwise_affine_, on); }
  /// Whether it is also shifted, if affine; default true.
  LayerNormOptions& bias(bool on) { return set(bias_, on); }

  double eps() const { return eps_; }
  bool elementwise_affine() const { return elementwise_affine_; }
  bool bias() const { return bias_; }

 private:
  double eps_ = 1e-5;
  bool elementwise_affine_ = true, bias_ = true;
};

/// layer_norm() over the last axes, whose sizes are given: nn::LayerNorm(64), nn::LayerNorm({3, 32}). weight starts at
/// 1, bias at 0.
class LayerNorm : public Module {
 public:
  using Options = LayerNormOptions;

  explicit LayerNorm(const Shape& normalized_shape, const Options& options = {});
  explicit LayerNorm(std::initializer_list<Dim> normalized_shape, const Options& options = {})
      : LayerNorm(Shape(normalized_shape), options) {}
  LayerNorm(const LayerNorm&) = default;  // without a move, which would leave the other handle incomplete
  LayerNorm& operator=(const LayerNorm&) = default;

  Parameter weight, bias;  ///< of the normalized shape; undefined when not affine

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  Shape normalized_shape_;
  double eps_;
};

/// `RMSNorm::Options().eps(1e-6)`.
class RMSNormOptions : public xgrad::detail::OptionsOf<RMSNormOptions> {
 public:
  /// Added to the mean square, inside the root; positive, or std::nullopt for that of the dtype, which is the default.
  RMSNormOptions& eps(std::optional<double> value) { return set(eps_, value); }
  /// Whether the result is scaled by learned numbers, one for each element; default true.
  RMSNormOptions& elementwise_affine(bool on) { return set(elementwise_affine_, on); }

  std::optional<double> eps() const { return eps_; }
  bool elementwise_affine() const { return elementwise_affine_; }

 private:
  std::optional<double> eps_;
  bool elementwise_affine_ = true;
};

/// rms_norm() over the last axes. weight starts at 1.
class RMSNorm : public Module {
 public:
  using Options = RMSNormOptions;

  explicit RMSNorm(const Shape& normalized_shape, const Options& options = {});
  explicit RMSNorm(std::initializer_list<Dim> normalized_shape, const Options& options = {})
      : RMSNorm(Shape(normalized_shape), options) {}
  RMSNorm(const RMSNorm&) = default;  // without a move, which would leave the other handle incomplete
  RMSNorm& operator=(const RMSNorm&) = default;

  Parameter weight;  ///< of the normalized shape; undefined when not affine

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  Shape normalized_shape_;
  std::optional<double> eps_;
};

/// `GroupNorm::Options().affine(false)`.
class GroupNormOptions : public xgrad::detail::OptionsOf<GroupNormOptions> {
 public:
  /// Added to the variance, inside the root; positive, default 1e-5.
  GroupNormOptions& eps(double value) { return set(eps_, value); }
  /// Whether the result is scaled and shifted by learned numbers, one for each channel; default true.
  GroupNormOptions& affine(bool on) { return set(affine_, on); }

  double eps() const { return eps_; }
  bool affine() const { return affine_; }

 private:
  double eps_ = 1e-5;
  bool affine_ = true;
};

/// group_norm() of x (N, C, ...). weight starts at 1, bias at 0. Groups that do not divide the channels are an error.
class GroupNorm : public Module {
 public:
  using Options = GroupNormOptions;

  GroupNorm(Dim num_groups, Dim num_channels, const Options& options = {});

  Parameter weight, bias;  ///< (C); undefined when not affine

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t num_groups_, num_channels_;
  double eps_;
};

}  // namespace xgrad::nn
