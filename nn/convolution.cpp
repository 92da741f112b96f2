#include <xgrad/nn/convolution.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/leaf.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/padding.hpp>
#include <xgrad/nn/init.hpp>
#include <xgrad/nn/module_state.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;
using xgrad::detail::conv_numbers;
using xgrad::detail::ConvSettings;

// The settings with one number for each axis, and checked as far as they can be without an input.
ConvSettings settled(const char* name, std::size_t axes, ConvSettings all) {
  const auto numbers = [&](const char* what, const Dims& given, std::int64_t least) {
    const Shape each = conv_numbers(name, what, given, axes, least);
    return Dims(std::vector<std::int64_t>(each.begin(), each.end()));
  };
  all.stride = numbers("stride", all.stride, 1);
  all.dilation = numbers("dilation", all.dilation, 1);
  all.output_padding = numbers("output_padding", all.output_padding, 0);
  if (!all.padding.named()) all.padding = ConvPadding(numbers("padding", all.padding.amounts(), 0));
  if (all.groups < 1)
    throw argument_error(std::string(name) + ": the number of groups is " + std::to_string(all.groups) +
                         ": there must be at least one");
  return all;
}

Shape tuple(const Dims& numbers) { return Shape(numbers.list()); }

bool all_are(const Dims& numbers, std::int64_t value) {
  for (const std::int64_t one : numbers.list())
    if (one != value) return false;
  return true;
}

const char* name_of(PaddingMode mode) {
  switch (mode) {
    case PaddingMode::reflect:
      return "reflect";
    case PaddingMode::replicate:
      return "replicate";
    case PaddingMode::circular:
      return "circular";
    case PaddingMode::zeros:
      break;
  }
  return "zeros";
}

PadMode pad_mode(PaddingMode mode) {
  return mode == PaddingMode::reflect     ? PadMode::reflect
         : mode == PaddingMode::replicate ? PadMode::replicate
                                          : PadMode::circular;
}

}  // namespace

Convolution::Convolution(const Kind& kind, std::int64_t in_channels, std::int64_t out_channels, const Dims& kernel,
                         ConvSettings settings, PaddingMode mode, bool bias_wanted)
    : kind_(kind), out_(out_channels), settings_(std::move(settings)), mode_(mode) {
  const bool is_lazy = in_channels == unknown;
  const std::int64_t in = is_lazy ? 0 : in_channels;
  const char* const name = is_lazy ? kind.lazy_name : kind.name;
  const xgrad::detail::Calling calling(name);
  check_settings(name, kernel);
  check_channels(std::string(name) + ": ", in);
  weight = Parameter(is_lazy ? zeros(weight_shape(in)) : drawn(weight_shape(in), in));
  add("weight", weight);
  if (bias_wanted) {
    bias = Parameter(is_lazy ? zeros({out_}) : drawn({out_}, in));
    add("bias", bias);
  }
  if (is_lazy) {
    rename(name);
    detail::Access::state(*this)->is_lazy = true;
  }
  describe_settings();
}

void Convolution::check_settings(const char* name, const Dims& kernel) {
  kernel_ = conv_numbers(name, "kernel_size", kernel, kind_.axes, 1);
  settings_ = settled(name, kind_.axes, settings_);
  const ConvPadding& padding = settings_.padding;
  if (padding.named() && padding.word() != "same" && padding.word() != "valid")
    throw argument_error(std::string(name) + ": the padding is \"" + padding.word() +
                         "\": it is \"same\", \"valid\" or numbers");
  if (padding.named() && padding.word() == "same" && !all_are(settings_.stride, 1))
    throw argument_error(std::string(name) + ": the padding is \"same\" and the stride " +
                         to_string(tuple(settings_.stride)) +
                         ": only with stride 1 has the output the size of the input");
  for (std::size_t k = 0; k < kind_.axes; ++k)
    if (settings_.output_padding.list()[k] >= std::max(settings_.stride.list()[k], settings_.dilation.list()[k]))
      throw argument_error(std::string(name) + ": the output_padding is " + to_string(tuple(settings_.output_padding)) +
                           ": it must be less than the stride or the dilation");
}

void Convolution::check_channels(const std::string& prefix, std::int64_t in) const {
  if (in < 0 || out_ < 0)
    throw argument_error(prefix + "a layer cannot lead from " + std::to_string(in) + " to " + std::to_string(out_) +
                         " channels: neither may be negative");
  for (const std::int64_t channels : {in, out_})
    if (channels % settings_.groups != 0)
      throw argument_error(prefix + std::to_string(channels) + " channels cannot be split into " +
                           std::to_string(settings_.groups) + " groups of one size");
}

Shape Convolution::weight_shape(std::int64_t in) const {
  std::vector<std::int64_t> sizes{kind_.transposed ? in : out_, (kind_.transposed ? out_ : in) / settings_.groups};
  sizes.insert(sizes.end(), kernel_.begin(), kernel_.end());
  return Shape(sizes);
}

// In PyTorch the weight is drawn by kaiming_uniform with a slope of √5, which is this.
Tensor Convolution::drawn(const Shape& shape, std::int64_t in) const {
  const std::int64_t fan = weight_shape(in).without(0).count();
  const double bound = fan > 0 ? 1 / std::sqrt(static_cast<double>(fan)) : 0;
  return init::uniform_(Raw::uninitialized(shape, float32), -bound, bound);
}

void Convolution::describe_settings() {
  std::string text = std::to_string(in_channels()) + ", " + std::to_string(out_) +
                     ", kernel_size=" + detail::python(kernel_) + ", stride=" + detail::python(tuple(settings_.stride));
  const ConvPadding& padding = settings_.padding;
  if (padding.named())
    text += ", padding=" + padding.word();
  else if (!all_are(padding.amounts(), 0))
    text += ", padding=" + detail::python(tuple(padding.amounts()));
  if (!all_are(settings_.dilation, 1)) text += ", dilation=" + detail::python(tuple(settings_.dilation));
  if (!all_are(settings_.output_padding, 0))
    text += ", output_padding=" + detail::python(tuple(settings_.output_padding));
  if (settings_.groups != 1) text += ", groups=" + std::to_string(settings_.groups);
  if (!bias.defined()) text += ", bias=False";
  if (mode_ != PaddingMode::zeros) text += std::string(", padding_mode=") + name_of(mode_);
  describe(text);
}

void Convolution::take_channels(const Tensor& x) {
  const std::size_t axes = kind_.axes;
  if (x.rank() != axes + 1 && x.rank() != axes + 2)
    throw argument_error("expected an input of " + std::to_string(axes + 2) + " axes, or " + std::to_string(axes + 1) +
                         " without a batch, got one of shape " + to_string(x.shape()));
  xgrad::detail::require_same_floating(kind_.transposed ? "conv_transpose" : "conv", x, "input", weight, "weight");
  const std::int64_t in = x.shape()[x.rank() - axes - 1];
  check_channels("", in);  // the call puts the module's name in front
  std::vector<xgrad::detail::LeafChange> changes;
  for (Parameter* each : {&weight, &bias}) {
    if (!each->defined()) continue;
    const Tensor values =
        xgrad::detail::converted(drawn(each == &weight ? weight_shape(in) : each->shape(), in), each->dtype());
    changes.push_back(xgrad::detail::LeafChange::data(kind_.lazy_name, *each, values));
  }
  for (xgrad::detail::LeafChange& change : changes) change.commit();
  detail::Access::state(*this)->is_lazy = false;
  rename(kind_.name);
  describe_settings();
}

// With elements other than zeros around it.
Tensor Convolution::padded(const Tensor& x) const {
  std::vector<std::int64_t> amounts;
  const ConvPadding& padding = settings_.padding;
  for (std::size_t k = kind_.axes; k-- > 0;) {
    std::int64_t total = 0;
    if (padding.word() == "same" && __builtin_mul_overflow(settings_.dilation.list()[k], kernel_[k] - 1, &total))
      throw argument_error("the kernel_size is " + to_string(kernel_) + " and the dilation " +
                           to_string(tuple(settings_.dilation)) + ": the padding exceeds 2^63 - 1");
    const std::int64_t before = padding.named() ? total / 2 : padding.amounts().list()[k];
    amounts.push_back(before);
    amounts.push_back(padding.named() ? total - before : before);
  }
  return pad(x, Dims(amounts), pad_mode(mode_), 0, call_site());
}

Tensor Convolution::forward(const Tensor& x) {
  if (detail::Access::state(*this)->is_lazy) take_channels(x);
  if (kind_.transposed)
    return xgrad::detail::transposed_convolution(kind_.axes, x, weight, bias, settings_, call_site());
  if (mode_ == PaddingMode::zeros)
    return xgrad::detail::convolution(kind_.axes, x, weight, bias, settings_, call_site());
  ConvSettings unpadded = settings_;
  unpadded.padding = ConvPadding(0);
  return xgrad::detail::convolution(kind_.axes, padded(x), weight, bias, unpadded, call_site());
}

#define XGRAD_CONVOLUTION(Class, axes, transposed)                                                               \
  Class::Class(Dim in_channels, Dim out_channels, Dims kernel_size, const Options& options)                      \
      : Convolution({#Class, "Lazy" #Class, axes, transposed}, std::max(in_channels.value(#Class), unknown + 1), \
                    out_channels.value(#Class), kernel_size, options) {}                                         \
  Class::Class(Lazy, Dim out_channels, const Dims& kernel_size, const Options& options)                          \
      : Convolution({#Class, "Lazy" #Class, axes, transposed}, unknown, out_channels.value("Lazy" #Class),       \
                    kernel_size, options) {}
XGRAD_CONVOLUTION(Conv1d, 1, false)
XGRAD_CONVOLUTION(Conv2d, 2, false)
XGRAD_CONVOLUTION(Conv3d, 3, false)
XGRAD_CONVOLUTION(ConvTranspose1d, 1, true)
XGRAD_CONVOLUTION(ConvTranspose2d, 2, true)
XGRAD_CONVOLUTION(ConvTranspose3d, 3, true)
#undef XGRAD_CONVOLUTION

}  // namespace xgrad::nn
