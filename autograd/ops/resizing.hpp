#pragma once

#include <vector>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// What interpolate() puts between elements.
enum class InterpolateMode : std::uint8_t {
  nearest,        ///< element ⌊o n / size⌋
  nearest_exact,  ///< element ⌊(o + 1/2) n / size⌋
  linear,         ///< along one axis
  bilinear,       ///< linear along two axes
  trilinear,      ///< linear along three axes
  bicubic,        ///< Keys' cubic convolution with a = -3/4, along two axes
  area            ///< the means of adaptive_avg_pool2d()
};

/// Factors of sizes: one number for all axes, or a list with one for each.
class ScaleFactors {
 public:
  ScaleFactors() = default;
  ScaleFactors(double all) : list_{all} {}
  ScaleFactors(std::vector<double> each) : list_(std::move(each)) {}
  ScaleFactors(std::initializer_list<double> each) : list_(each) {}

  const std::vector<double>& list() const { return list_; }

 private:
  std::vector<double> list_;
};

/// Options of interpolate(), of which either the sizes or the factors are given:
/// `InterpolateOptions().scale_factor(2).mode(InterpolateMode::bilinear)`.
class InterpolateOptions : public detail::OptionsOf<InterpolateOptions> {
 public:
  /// The sizes of the result: one number for all axes, or one for each.
  InterpolateOptions& size(const Dims& value) { return set(size_, value); }
  /// size = ⌊n scale_factor⌋. Positions are computed by the factor itself.
  InterpolateOptions& scale_factor(const ScaleFactors& value) { return set(scale_factor_, value); }
  /// Default nearest.
  InterpolateOptions& mode(InterpolateMode value) { return set(mode_, value); }
  /// Whether the centres of the corner elements coincide, rather than the outer edges of those elements; default false.
  /// For linear, bilinear, trilinear and bicubic.
  InterpolateOptions& align_corners(bool on) { return set(align_corners_, on); }
  /// Whether positions are computed from the sizes where a factor is given; default false. With a size it is an error.
  InterpolateOptions& recompute_scale_factor(bool on) { return set(recompute_scale_factor_, on); }

  const Dims& size() const { return size_; }
  const ScaleFactors& scale_factor() const { return scale_factor_; }
  InterpolateMode mode() const { return mode_; }
  bool align_corners() const { return align_corners_; }
  bool recompute_scale_factor() const { return recompute_scale_factor_; }

 private:
  Dims size_ = std::vector<std::int64_t>{};
  ScaleFactors scale_factor_;
  InterpolateMode mode_ = InterpolateMode::nearest;
  bool align_corners_ = false, recompute_scale_factor_ = false;
};

/// x (N, C, L), (N, C, H, W) or (N, C, D, H, W) at other sizes of the last axes. The position of element o in x is
/// (o + 1/2) n / size - 1/2, or o (n - 1) / (size - 1) with align_corners, within the axis; it is computed in the dtype
/// of x, as in PyTorch. The gradient goes to the elements of which the value is made.
[[nodiscard]] Tensor interpolate(Tensor x, const InterpolateOptions& options, Source at = Source::here());

}  // namespace xgrad
