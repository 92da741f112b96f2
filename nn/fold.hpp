#pragma once

#include <xgrad/autograd/graph/options.hpp>
#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// Options of the blocks that unfold() takes out of images: `FoldOptions().stride(2).padding(1)`. Each is one number
/// for both axes, or two.
class FoldOptions : public xgrad::detail::OptionsOf<FoldOptions> {
 public:
  /// The distance between the elements of a block; default 1.
  FoldOptions& dilation(const Dims& value) { return set(dilation_, value); }
  /// How many zeros are put before and behind an axis; default 0.
  FoldOptions& padding(const Dims& value) { return set(padding_, value); }
  /// The distance from one block to the next; default 1.
  FoldOptions& stride(const Dims& value) { return set(stride_, value); }

  const Dims& dilation() const { return dilation_; }
  const Dims& padding() const { return padding_; }
  const Dims& stride() const { return stride_; }

 private:
  Dims dilation_ = 1, padding_ = 0, stride_ = 1;
};

/// The blocks of images as columns: x (N, C, H, W), y (N, C kh kw, L) with y[n, (c, i, j), (p, q)] = x[n, c, p stride -
/// padding + i dilation, q stride - padding + j dilation], 0 in the padding, over as many blocks (p, q) as fit. Without
/// N too. As PyTorch's function of this name; Tensor.unfold is xgrad::unfold().
[[nodiscard]] Tensor unfold(Tensor x, const Dims& kernel_size, const FoldOptions& options = {},
                            Source at = Source::here());
/// The adjoint of unfold(): the columns of x (N, C kh kw, L) added up where their blocks lie in images of output_size,
/// y (N, C, H, W).
[[nodiscard]] Tensor fold(Tensor x, const Dims& output_size, const Dims& kernel_size, const FoldOptions& options = {},
                          Source at = Source::here());

/// nn::unfold().
class Unfold : public Module {
 public:
  using Options = FoldOptions;

  explicit Unfold(const Dims& kernel_size, const Options& options = {});

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  Dims kernel_size_;
  Options options_;
};

/// nn::fold().
class Fold : public Module {
 public:
  using Options = FoldOptions;

  Fold(const Dims& output_size, const Dims& kernel_size, const Options& options = {});

 protected:
  Tensor forward(const Tensor& x) override;

 private:
  Dims output_size_, kernel_size_;
  Options options_;
};

}  // namespace xgrad::nn
