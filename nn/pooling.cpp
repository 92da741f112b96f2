#include <xgrad/nn/pooling.hpp>

#include <cmath>
#include <string>

#include <xgrad/autograd/ops/pool_windows.hpp>
#include <xgrad/nn/module_hooks.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::EachAxis;
using xgrad::detail::text_of;

// The tuple that PyTorch makes of a number for some axes.
std::string tuple_of(const char* name, const char* what, const Dims& numbers, std::size_t axes) {
  return detail::python(EachAxis(name, what, numbers, axes).shape());
}

const Dims& stride_or(const Dims& stride, const Dims& kernel_size) {
  return stride.list().empty() ? kernel_size : stride;
}

}  // namespace

MaxPooling::MaxPooling(const char* name, std::size_t axes, Function function, WithIndices with_indices,
                       const Dims& kernel_size, const Options& options)
    : function_(function), with_indices_(with_indices), kernel_size_(kernel_size), options_(options) {
  xgrad::detail::check_sliding(
      name, axes, {kernel_size, options.stride(), options.padding(), options.dilation(), options.ceil_mode()});
  describe("kernel_size=" + text_of(kernel_size) + ", stride=" + text_of(stride_or(options.stride(), kernel_size)) +
           ", padding=" + text_of(options.padding()) + ", dilation=" + text_of(options.dilation()) +
           ", ceil_mode=" + detail::python(options.ceil_mode()));
}
Tensor MaxPooling::forward(const Tensor& x) { return function_(x, kernel_size_, options_, call_site()); }
ValuesIndices MaxPooling::forward_with_indices(const Tensor& x, Source at) const {
  ValuesIndices both;
  const auto keeping_indices = [&](const Tensor& given) {
    both = with_indices_(given, kernel_size_, options_, at);
    return both.values;
  };
  return call(
      [&] {
        both.values = detail::forward_of_one(*this, x, keeping_indices);
        return std::move(both);
      },
      at);
}

MaxPool1d::MaxPool1d(const Dims& kernel_size, const Options& options)
    : MaxPooling("MaxPool1d", 1, max_pool1d, max_pool1d_with_indices, kernel_size, options) {}
MaxPool2d::MaxPool2d(const Dims& kernel_size, const Options& options)
    : MaxPooling("MaxPool2d", 2, max_pool2d, max_pool2d_with_indices, kernel_size, options) {}
MaxPool3d::MaxPool3d(const Dims& kernel_size, const Options& options)
    : MaxPooling("MaxPool3d", 3, max_pool3d, max_pool3d_with_indices, kernel_size, options) {}

AveragePooling::AveragePooling(const char* name, std::size_t axes, Function function, const Dims& kernel_size,
                               const Options& options)
    : function_(function), kernel_size_(kernel_size), options_(options) {
  xgrad::detail::check_sliding(name, axes, {kernel_size, options.stride(), options.padding(), 1, options.ceil_mode()});
  const Dims& stride = stride_or(options.stride(), kernel_size);
  if (axes == 1)
    describe("kernel_size=" + tuple_of(name, "kernel_size", kernel_size, 1) + ", stride=" +
             tuple_of(name, "stride", stride, 1) + ", padding=" + tuple_of(name, "padding", options.padding(), 1));
  else
    describe("kernel_size=" + text_of(kernel_size) + ", stride=" + text_of(stride) +
             ", padding=" + text_of(options.padding()));
  const std::optional<std::int64_t> divisor = options.divisor_override();
  if (divisor && (*divisor == 0 || axes == 1))
    throw xgrad::detail::argument_error(std::string(name) +
                                        ": divisor_override must not be 0, and is for two axes or " + "three, got " +
                                        std::to_string(*divisor));
}
Tensor AveragePooling::forward(const Tensor& x) { return function_(x, kernel_size_, options_, call_site()); }

AvgPool1d::AvgPool1d(const Dims& kernel_size, const Options& options)
    : AveragePooling("AvgPool1d", 1, avg_pool1d, kernel_size, options) {}
AvgPool2d::AvgPool2d(const Dims& kernel_size, const Options& options)
    : AveragePooling("AvgPool2d", 2, avg_pool2d, kernel_size, options) {}
AvgPool3d::AvgPool3d(const Dims& kernel_size, const Options& options)
    : AveragePooling("AvgPool3d", 3, avg_pool3d, kernel_size, options) {}

AdaptivePooling::AdaptivePooling(const char* name, std::size_t axes, Function function, const Dims& output_size)
    : function_(function), output_size_(output_size) {
  EachAxis(name, "output_size", output_size, axes).at_least(-1);
  std::string sizes;
  for (const std::int64_t size : output_size.list())
    sizes += (sizes.empty() ? "" : ", ") + (size == -1 ? "None" : std::to_string(size));
  describe("output_size=" + (output_size.list().size() == 1 ? sizes : "(" + sizes + ")"));
}
Tensor AdaptivePooling::forward(const Tensor& x) { return function_(x, output_size_, call_site()); }

AdaptiveAvgPool1d::AdaptiveAvgPool1d(const Dims& output_size)
    : AdaptivePooling("AdaptiveAvgPool1d", 1, adaptive_avg_pool1d, output_size) {}
AdaptiveAvgPool2d::AdaptiveAvgPool2d(const Dims& output_size)
    : AdaptivePooling("AdaptiveAvgPool2d", 2, adaptive_avg_pool2d, output_size) {}
AdaptiveAvgPool3d::AdaptiveAvgPool3d(const Dims& output_size)
    : AdaptivePooling("AdaptiveAvgPool3d", 3, adaptive_avg_pool3d, output_size) {}
AdaptiveMaxPool1d::AdaptiveMaxPool1d(const Dims& output_size)
    : AdaptivePooling("AdaptiveMaxPool1d", 1, adaptive_max_pool1d, output_size) {}
AdaptiveMaxPool2d::AdaptiveMaxPool2d(const Dims& output_size)
    : AdaptivePooling("AdaptiveMaxPool2d", 2, adaptive_max_pool2d, output_size) {}
AdaptiveMaxPool3d::AdaptiveMaxPool3d(const Dims& output_size)
    : AdaptivePooling("AdaptiveMaxPool3d", 3, adaptive_max_pool3d, output_size) {}

PowerPooling::PowerPooling(const char* name, std::size_t axes, Function function, const Number& norm_type,
                           const Dims& kernel_size, const Options& options)
    : function_(function), norm_type_(norm_type.real()), kernel_size_(kernel_size), options_(options) {
  if (norm_type_ == 0 || !std::isfinite(norm_type_))
    throw xgrad::detail::argument_error(std::string(name) + ": norm_type must be finite and not 0, got " +
                                        detail::python(norm_type));
  xgrad::detail::check_sliding(name, axes, {kernel_size, options.stride(), 0, 1, options.ceil_mode()});
  describe("norm_type=" + detail::python(norm_type) + ", kernel_size=" + text_of(kernel_size) +
           ", stride=" + (options.stride().list().empty() ? "None" : text_of(options.stride())) +
           ", ceil_mode=" + detail::python(options.ceil_mode()));
}
Tensor PowerPooling::forward(const Tensor& x) { return function_(x, norm_type_, kernel_size_, options_, call_site()); }

LPPool1d::LPPool1d(Number norm_type, const Dims& kernel_size, const Options& options)
    : PowerPooling("LPPool1d", 1, lp_pool1d, norm_type, kernel_size, options) {}
LPPool2d::LPPool2d(Number norm_type, const Dims& kernel_size, const Options& options)
    : PowerPooling("LPPool2d", 2, lp_pool2d, norm_type, kernel_size, options) {}
LPPool3d::LPPool3d(Number norm_type, const Dims& kernel_size, const Options& options)
    : PowerPooling("LPPool3d", 3, lp_pool3d, norm_type, kernel_size, options) {}

MaxUnpooling::MaxUnpooling(const char* name, std::size_t axes, Function function, const Dims& kernel_size,
                           const Options& options)
    : function_(function), kernel_size_(kernel_size), options_(options) {
  xgrad::detail::check_sliding(name, axes, {kernel_size, options.stride(), options.padding(), 1, false, false});
  describe("kernel_size=" + tuple_of(name, "kernel_size", kernel_size, axes) +
           ", stride=" + tuple_of(name, "stride", stride_or(options.stride(), kernel_size), axes) +
           ", padding=" + tuple_of(name, "padding", options.padding(), axes));
}
Tensor MaxUnpooling::forward(const Tensor& x, const Tensor& indices) {
  return function_(x, indices, kernel_size_, options_, call_site());
}
Tensor MaxUnpooling::forward(const Tensor& x, const Tensor& indices, const Dims& output_size) {
  return function_(x, indices, kernel_size_, Options(options_).output_size(output_size), call_site());
}

MaxUnpool1d::MaxUnpool1d(const Dims& kernel_size, const Options& options)
    : MaxUnpooling("MaxUnpool1d", 1, max_unpool1d, kernel_size, options) {}
MaxUnpool2d::MaxUnpool2d(const Dims& kernel_size, const Options& options)
    : MaxUnpooling("MaxUnpool2d", 2, max_unpool2d, kernel_size, options) {}
MaxUnpool3d::MaxUnpool3d(const Dims& kernel_size, const Options& options)
    : MaxUnpooling("MaxUnpool3d", 3, max_unpool3d, kernel_size, options) {}

}  // namespace xgrad::nn
