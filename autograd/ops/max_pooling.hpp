#pragma once

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/autograd/ops/reduction.hpp>

namespace xgrad {

/// Options of max pooling: `MaxPoolOptions().stride(2).padding(1)`. Each is one number for all axes, or one for each.
class MaxPoolOptions : public detail::OptionsOf<MaxPoolOptions> {
 public:
  /// The distance from one window to the next; by default the size of a window, so that windows touch.
  MaxPoolOptions& stride(const Dims& value) { return set(stride_, value); }
  /// How many places before and behind an axis windows may cover, which hold nothing: at most half a window; default 0.
  MaxPoolOptions& padding(const Dims& value) { return set(padding_, value); }
  /// The distance between the elements of a window; default 1.
  MaxPoolOptions& dilation(const Dims& value) { return set(dilation_, value); }
  /// Whether a last window that is not full counts; default false.
  MaxPoolOptions& ceil_mode(bool on) { return set(ceil_mode_, on); }

  const Dims& stride() const { return stride_; }
  const Dims& padding() const { return padding_; }
  const Dims& dilation() const { return dilation_; }
  bool ceil_mode() const { return ceil_mode_; }

 private:
  Dims stride_ = std::vector<std::int64_t>{}, padding_ = 0, dilation_ = 1;
  bool ceil_mode_ = false;
};

// The largest element of every window: y[n, c, i] = max_k x[n, c, i stride - padding + k dilation] over k <
// kernel_size, and in the same way along two and three axes. x is (N, C, L), (N, C, H, W) or (N, C, D, H, W), or the
// same without N. An axis of n elements gives ⌊(n + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1 windows.
//
// A window that contains NaN gives NaN. The gradient goes to the element that was chosen: the first of equal ones in
// the order of rows, the last of several NaNs, as in PyTorch.

/// The largest elements of windows along one axis.
[[nodiscard]] Tensor max_pool1d(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options = {},
                                Source at = Source::here());
/// The largest elements of windows of images.
[[nodiscard]] Tensor max_pool2d(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options = {},
                                Source at = Source::here());
/// The largest elements of windows of volumes.
[[nodiscard]] Tensor max_pool3d(Tensor x, const Dims& kernel_size, const MaxPoolOptions& options = {},
                                Source at = Source::here());

/// The same with the indices of the elements that were chosen, each counted within its plane: what max_unpool takes. A
/// window that steps over its axis altogether, by a large dilation, gives -inf and the index -1.
[[nodiscard]] ValuesIndices max_pool1d_with_indices(Tensor x, const Dims& kernel_size,
                                                    const MaxPoolOptions& options = {}, Source at = Source::here());
[[nodiscard]] ValuesIndices max_pool2d_with_indices(Tensor x, const Dims& kernel_size,
                                                    const MaxPoolOptions& options = {}, Source at = Source::here());
[[nodiscard]] ValuesIndices max_pool3d_with_indices(Tensor x, const Dims& kernel_size,
                                                    const MaxPoolOptions& options = {}, Source at = Source::here());

/// The largest elements of as many windows as output_size says, of which window o has the elements from
/// ⌊o n / output_size⌋ to ⌈(o + 1) n / output_size⌉ - 1 of an axis of n. An output_size of -1 stands for n, as None in
/// PyTorch. NaN and gradients are as in max_pool2d().
[[nodiscard]] Tensor adaptive_max_pool1d(Tensor x, const Dims& output_size, Source at = Source::here());
[[nodiscard]] Tensor adaptive_max_pool2d(Tensor x, const Dims& output_size, Source at = Source::here());
[[nodiscard]] Tensor adaptive_max_pool3d(Tensor x, const Dims& output_size, Source at = Source::here());

/// The same with indices within the plane.
[[nodiscard]] ValuesIndices adaptive_max_pool1d_with_indices(Tensor x, const Dims& output_size,
                                                             Source at = Source::here());
[[nodiscard]] ValuesIndices adaptive_max_pool2d_with_indices(Tensor x, const Dims& output_size,
                                                             Source at = Source::here());
[[nodiscard]] ValuesIndices adaptive_max_pool3d_with_indices(Tensor x, const Dims& output_size,
                                                             Source at = Source::here());

/// Options of max_unpool: `MaxUnpoolOptions().stride(2).output_size({5, 5})`.
class MaxUnpoolOptions : public detail::OptionsOf<MaxUnpoolOptions> {
 public:
  /// That of the pooling; by default the size of a window.
  MaxUnpoolOptions& stride(const Dims& value) { return set(stride_, value); }
  /// That of the pooling; default 0.
  MaxUnpoolOptions& padding(const Dims& value) { return set(padding_, value); }
  /// The sizes of the result, which the pooling does not determine: by default (n - 1) stride - 2 padding + kernel_size
  /// for n windows, and less than a stride away from that. The whole shape of the result is accepted too.
  MaxUnpoolOptions& output_size(const Dims& value) { return set(output_size_, value); }

  const Dims& stride() const { return stride_; }
  const Dims& padding() const { return padding_; }
  const Dims& output_size() const { return output_size_; }

 private:
  Dims stride_ = std::vector<std::int64_t>{}, padding_ = 0, output_size_ = std::vector<std::int64_t>{};
};

/// Undoes max pooling but for what it has dropped, which becomes 0: y[n, c, indices[n, c, i]] = x[n, c, i]. The indices
/// are those of max_pool1d_with_indices() and count within a plane of the result. Where several are equal, the last
/// element is written and gets the gradient.
[[nodiscard]] Tensor max_unpool1d(Tensor x, Tensor indices, const Dims& kernel_size,
                                  const MaxUnpoolOptions& options = {}, Source at = Source::here());
[[nodiscard]] Tensor max_unpool2d(Tensor x, Tensor indices, const Dims& kernel_size,
                                  const MaxUnpoolOptions& options = {}, Source at = Source::here());
[[nodiscard]] Tensor max_unpool3d(Tensor x, Tensor indices, const Dims& kernel_size,
                                  const MaxUnpoolOptions& options = {}, Source at = Source::here());

}  // namespace xgrad
