#pragma once

#include <initializer_list>

#include <xgrad/autograd/ops/average_pooling.hpp>
#include <xgrad/autograd/ops/max_pooling.hpp>
#include <xgrad/nn/module.hpp>
#include <xgrad/nn/module_of.hpp>

namespace xgrad::nn {

/// What the max poolings share.
class MaxPooling : public Module {
 public:
  using Options = MaxPoolOptions;

  /// The maxima with their indices, for the module MaxUnpool of as many axes; PyTorch returns these by an option. Hooks
  /// see the maxima.
  ValuesIndices forward_with_indices(const Tensor& x, Source at = Source::here()) const;

 protected:
  using Function = Tensor (*)(Tensor, const Dims&, const MaxPoolOptions&, Source);
  using WithIndices = ValuesIndices (*)(Tensor, const Dims&, const MaxPoolOptions&, Source);
  MaxPooling(const char* name, std::size_t axes, Function function, WithIndices with_indices, const Dims& kernel_size,
             const Options& options);
  Tensor forward(const Tensor& x) override;

 private:
  Function function_;
  WithIndices with_indices_;
  Dims kernel_size_;
  Options options_;
};

/// max_pool1d(): nn::MaxPool1d(2), or with a stride nn::MaxPool1d(3, 2).
class MaxPool1d : public MaxPooling {
 public:
  explicit MaxPool1d(const Dims& kernel_size, const Options& options = {});
  explicit MaxPool1d(std::initializer_list<Dim> kernel_size, const Options& options = {})
      : MaxPool1d(Dims(kernel_size), options) {}
  MaxPool1d(const Dims& kernel_size, const Dims& stride) : MaxPool1d(kernel_size, Options().stride(stride)) {}
};
/// max_pool2d(): nn::MaxPool2d(2), nn::MaxPool2d({3, 2}, nn::MaxPool2d::Options().stride({2, 1}).padding(1)).
class MaxPool2d : public MaxPooling {
 public:
  explicit MaxPool2d(const Dims& kernel_size, const Options& options = {});
  explicit MaxPool2d(std::initializer_list<Dim> kernel_size, const Options& options = {})
      : MaxPool2d(Dims(kernel_size), options) {}
  MaxPool2d(const Dims& kernel_size, const Dims& stride) : MaxPool2d(kernel_size, Options().stride(stride)) {}
};
/// max_pool3d().
class MaxPool3d : public MaxPooling {
 public:
  explicit MaxPool3d(const Dims& kernel_size, const Options& options = {});
  explicit MaxPool3d(std::initializer_list<Dim> kernel_size, const Options& options = {})
      : MaxPool3d(Dims(kernel_size), options) {}
  MaxPool3d(const Dims& kernel_size, const Dims& stride) : MaxPool3d(kernel_size, Options().stride(stride)) {}
};

/// What the average poolings share.
class AveragePooling : public Module {
 public:
  using Options = AvgPoolOptions;

 protected:
  using Function = Tensor (*)(Tensor, const Dims&, const AvgPoolOptions&, Source);
  AveragePooling(const char* name, std::size_t axes, Function function, const Dims& kernel_size,
                 const Options& options);
  Tensor forward(const Tensor& x) override;

 private:
  Function function_;
  Dims kernel_size_;
  Options options_;
};

/// avg_pool1d().
class AvgPool1d : public AveragePooling {
 public:
  explicit AvgPool1d(const Dims& kernel_size, const Options& options = {});
  explicit AvgPool1d(std::initializer_list<Dim> kernel_size, const Options& options = {})
      : AvgPool1d(Dims(kernel_size), options) {}
  AvgPool1d(const Dims& kernel_size, const Dims& stride) : AvgPool1d(kernel_size, Options().stride(stride)) {}
};
/// avg_pool2d().
class AvgPool2d : public AveragePooling {
 public:
  explicit AvgPool2d(const Dims& kernel_size, const Options& options = {});
  explicit AvgPool2d(std::initializer_list<Dim> kernel_size, const Options& options = {})
      : AvgPool2d(Dims(kernel_size), options) {}
  AvgPool2d(const Dims& kernel_size, const Dims& stride) : AvgPool2d(kernel_size, Options().stride(stride)) {}
};
/// avg_pool3d().
class AvgPool3d : public AveragePooling {
 public:
  explicit AvgPool3d(const Dims& kernel_size, const Options& options = {});
  explicit AvgPool3d(std::initializer_list<Dim> kernel_size, const Options& options = {})
      : AvgPool3d(Dims(kernel_size), options) {}
  AvgPool3d(const Dims& kernel_size, const Dims& stride) : AvgPool3d(kernel_size, Options().stride(stride)) {}
};

/// What the poolings to a given size share.
class AdaptivePooling : public Module {
 protected:
  using Function = Tensor (*)(Tensor, const Dims&, Source);
  AdaptivePooling(const char* name, std::size_t axes, Function function, const Dims& output_size);
  Tensor forward(const Tensor& x) override;

 private:
  Function function_;
  Dims output_size_;
};

/// adaptive_avg_pool1d().
class AdaptiveAvgPool1d : public AdaptivePooling {
 public:
  explicit AdaptiveAvgPool1d(const Dims& output_size);
};
/// adaptive_avg_pool2d(): nn::AdaptiveAvgPool2d(1) is the mean of each channel, nn::AdaptiveAvgPool2d({-1, 7}) keeps
/// the height.
class AdaptiveAvgPool2d : public AdaptivePooling {
 public:
  explicit AdaptiveAvgPool2d(const Dims& output_size);
};
/// adaptive_avg_pool3d().
class AdaptiveAvgPool3d : public AdaptivePooling {
 public:
  explicit AdaptiveAvgPool3d(const Dims& output_size);
};
/// adaptive_max_pool1d().
class AdaptiveMaxPool1d : public AdaptivePooling {
 public:
  explicit AdaptiveMaxPool1d(const Dims& output_size);
};
/// adaptive_max_pool2d().
class AdaptiveMaxPool2d : public AdaptivePooling {
 public:
  explicit AdaptiveMaxPool2d(const Dims& output_size);
};
/// adaptive_max_pool3d().
class AdaptiveMaxPool3d : public AdaptivePooling {
 public:
  explicit AdaptiveMaxPool3d(const Dims& output_size);
};

/// What the power-average poolings share. The exponent prints as it is given, 2 or 2.0.
class PowerPooling : public Module {
 public:
  using Options = LPPoolOptions;

 protected:
  using Function = Tensor (*)(Tensor, double, const Dims&, const LPPoolOptions&, Source);
  PowerPooling(const char* name, std::size_t axes, Function function, const Number& norm_type, const Dims& kernel_size,
               const Options& options);
  Tensor forward(const Tensor& x) override;

 private:
  Function function_;
  double norm_type_;
  Dims kernel_size_;
  Options options_;
};

/// lp_pool1d().
class LPPool1d : public PowerPooling {
 public:
  LPPool1d(Number norm_type, const Dims& kernel_size, const Options& options = {});
};
/// lp_pool2d().
class LPPool2d : public PowerPooling {
 public:
  LPPool2d(Number norm_type, const Dims& kernel_size, const Options& options = {});
};
/// lp_pool3d().
class LPPool3d : public PowerPooling {
 public:
  LPPool3d(Number norm_type, const Dims& kernel_size, const Options& options = {});
};

/// What the inverses of max pooling share: y = unpool(x, indices), or of a given size unpool(x, indices, output_size).
class MaxUnpooling : public ModuleOf<MaxUnpooling> {
 public:
  using Options = MaxUnpoolOptions;

  Tensor forward(const Tensor& x, const Tensor& indices);
  Tensor forward(const Tensor& x, const Tensor& indices, const Dims& output_size);

 protected:
  using Function = Tensor (*)(Tensor, Tensor, const Dims&, const MaxUnpoolOptions&, Source);
  MaxUnpooling(const char* name, std::size_t axes, Function function, const Dims& kernel_size, const Options& options);

 private:
  Function function_;
  Dims kernel_size_;
  Options options_;
};

/// max_unpool1d().
class MaxUnpool1d : public MaxUnpooling {
 public:
  explicit MaxUnpool1d(const Dims& kernel_size, const Options& options = {});
};
/// max_unpool2d().
class MaxUnpool2d : public MaxUnpooling {
 public:
  explicit MaxUnpool2d(const Dims& kernel_size, const Options& options = {});
};
/// max_unpool3d().
class MaxUnpool3d : public MaxUnpooling {
 public:
  explicit MaxUnpool3d(const Dims& kernel_size, const Options& options = {});
};

}  // namespace xgrad::nn
