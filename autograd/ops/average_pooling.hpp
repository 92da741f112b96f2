#pragma once

#include <optional>

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/graph/tensor.hpp>

namespace xgrad {

/// Options of average pooling: `AvgPoolOptions().stride(2).padding(1)`. Sizes are one number for all axes, or one for
/// each.
class AvgPoolOptions : public detail::OptionsOf<AvgPoolOptions> {
 public:
  /// The distance from one window to the next; by default the size of a window, so that windows touch.
  AvgPoolOptions& stride(const Dims& value) { return set(stride_, value); }
  /// How many zeros are put before and behind an axis: at most half a window; default 0.
  AvgPoolOptions& padding(const Dims& value) { return set(padding_, value); }
  /// Whether a last window that is not full counts; default false.
  AvgPoolOptions& ceil_mode(bool on) { return set(ceil_mode_, on); }
  /// Whether the zeros of padding count as elements that are averaged; default true.
  AvgPoolOptions& count_include_pad(bool on) { return set(count_include_pad_, on); }
  /// What sums are divided by in place of the number of elements; not 0, default std::nullopt. For two and three axes.
  AvgPoolOptions& divisor_override(std::optional<std::int64_t> value) { return set(divisor_override_, value); }

  const Dims& stride() const { return stride_; }
  const Dims& padding() const { return padding_; }
  bool ceil_mode() const { return ceil_mode_; }
  bool count_include_pad() const { return count_include_pad_; }
  std::optional<std::int64_t> divisor_override() const { return divisor_override_; }

 private:
  Dims stride_ = std::vector<std::int64_t>{}, padding_ = 0;
  bool ceil_mode_ = false, count_include_pad_ = true;
  std::optional<std::int64_t> divisor_override_;
};

// The mean of every window: y[n, c, i] = Σ_k x[n, c, i stride - padding + k] / kernel_size over k < kernel_size, and in
// the same way along two and three axes. x is (N, C, L), (N, C, H, W) or (N, C, D, H, W), or the same without N.

/// The means of windows along one axis.
[[nodiscard]] Tensor avg_pool1d(Tensor x, const Dims& kernel_size, const AvgPoolOptions& options = {},
                                Source at = Source::here());
/// The means of windows of images.
[[nodiscard]] Tensor avg_pool2d(Tensor x, const Dims& kernel_size, const AvgPoolOptions& options = {},
                                Source at = Source::here());
/// The means of windows of volumes.
[[nodiscard]] Tensor avg_pool3d(Tensor x, const Dims& kernel_size, const AvgPoolOptions& options = {},
                                Source at = Source::here());

/// The means of as many windows as output_size says, of which window o has the elements from ⌊o n / output_size⌋ to
/// ⌈(o + 1) n / output_size⌉ - 1 of an axis of n. An output_size of -1 stands for n, as None in PyTorch.
[[nodiscard]] Tensor adaptive_avg_pool1d(Tensor x, const Dims& output_size, Source at = Source::here());
[[nodiscard]] Tensor adaptive_avg_pool2d(Tensor x, const Dims& output_size, Source at = Source::here());
[[nodiscard]] Tensor adaptive_avg_pool3d(Tensor x, const Dims& output_size, Source at = Source::here());

/// Options of lp_pool.
class LPPoolOptions : public detail::OptionsOf<LPPoolOptions> {
 public:
  /// The distance from one window to the next; by default the size of a window.
  LPPoolOptions& stride(const Dims& value) { return set(stride_, value); }
  /// Whether a last window that is not full counts; default false.
  LPPoolOptions& ceil_mode(bool on) { return set(ceil_mode_, on); }

  const Dims& stride() const { return stride_; }
  bool ceil_mode() const { return ceil_mode_; }

 private:
  Dims stride_ = std::vector<std::int64_t>{};
  bool ceil_mode_ = false;
};

/// y = (Σ x^p)^(1/p) over every window, where the sum is the mean of x^p times the number of places in a whole window.
/// The exponent p is finite and not 0. As in PyTorch, x is raised as it is, not its absolute value: p = 1 gives the
/// sum, which may be negative; the root of a negative sum, as of an odd p, is NaN, and so are powers of negative
/// numbers that are not whole. Where the sum is 0, the gradient is 0 for p >= 1, and NaN for others.
[[nodiscard]] Tensor lp_pool1d(Tensor x, double norm_type, const Dims& kernel_size, const LPPoolOptions& options = {},
                               Source at = Source::here());
[[nodiscard]] Tensor lp_pool2d(Tensor x, double norm_type, const Dims& kernel_size, const LPPoolOptions& options = {},
                               Source at = Source::here());
[[nodiscard]] Tensor lp_pool3d(Tensor x, double norm_type, const Dims& kernel_size, const LPPoolOptions& options = {},
                               Source at = Source::here());

}  // namespace xgrad
