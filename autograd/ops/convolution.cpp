#include <xgrad/autograd/ops/convolution.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/convolution/convolution.hpp>
#include <xgrad/autograd/ops/matmul.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/shape.hpp>

// Let T(x, w, g) = Σ g conv(x, w), which is linear in each of the three. Its gradients with respect to g, x and w are
// conv(x, w), the gradient of the input and that of the weight. So each of these three is an op whose rules are the
// other two, and derivatives of any order follow.

namespace xgrad {
namespace {

using detail::argument_error;
using kernels::ConvolutionSizes;

// The names of the ops in messages.
struct Names {
  const char *convolution, *transposed, *input, *weight;
};
constexpr Names names[3] = {{"conv1d", "conv_transpose1d", "conv1d_input", "conv1d_weight"},
                            {"conv2d", "conv_transpose2d", "conv2d_input", "conv2d_weight"},
                            {"conv3d", "conv_transpose3d", "conv3d_input", "conv3d_weight"}};

// A convolution over some axes, as its rules capture it.
struct Convolution {
  ConvolutionSizes sizes;
  std::size_t axes;

  const Names& name() const { return names[axes - 1]; }
  // A shape of two sizes and the last ones of a triple.
  Shape shape(std::int64_t a, std::int64_t b, const kernels::Triple& rest) const {
    std::int64_t all[5] = {a, b};
    std::copy(rest.end() - static_cast<std::ptrdiff_t>(axes), rest.end(), all + 2);
    return Shape(all, axes + 2);
  }
  Shape of_input() const { return shape(sizes.batch, sizes.groups * sizes.in, sizes.input); }
  Shape of_weight() const { return shape(sizes.groups * sizes.out, sizes.in, sizes.kernel); }
  Shape of_output() const { return shape(sizes.batch, sizes.groups * sizes.out, sizes.output); }
  Shape of_channels(std::int64_t channels) const {
    std::int64_t all[5] = {1, channels, 1, 1, 1};
    return Shape(all, axes + 2);
  }
  Shape last(const kernels::Triple& t) const { return Shape(t.data() + (3 - axes), axes); }
  auto settings() const {
    return attributes("stride", last(sizes.stride), "padding", last(sizes.padding), "dilation", last(sizes.dilation),
                      "groups", sizes.groups);
  }
};

// The gradient of a bias, one number for each channel.
Tensor channel_sums(Tensor g) {
  std::vector<std::int64_t> others{0};
  for (std::size_t axis = 2; axis < g.rank(); ++axis) others.push_back(static_cast<std::int64_t>(axis));
  return sum(std::move(g), others);
}

Tensor input_gradient(const char* name, const Convolution& c, Tensor g, Tensor w, Tensor bias, Source at);
Tensor weight_gradient(const Convolution& c, Tensor x, Tensor g);

// Records y = A(a, b) + bias, with the rules of a and b, and without the bias if that is undefined.
template <class OfA, class OfB>
Tensor recorded(const char* name, Source at, const Convolution& c, Tensor y, Tensor a, Tensor b, Tensor bias, OfA of_a,
                OfB of_b) {
  if (!bias.defined())
    return record(name, at, std::move(y), {std::move(a), std::move(b)}, c.settings(), std::move(of_a), std::move(of_b));
  return record(name, at, std::move(y), {std::move(a), std::move(b), std::move(bias)}, c.settings(), std::move(of_a),
                std::move(of_b), [](Tensor g) { return channel_sums(std::move(g)); });
}

Tensor forward(const char* name, const Convolution& c, Tensor x, Tensor w, Tensor bias, Source at) {
  Tensor y = detail::result_room(x, w, c.of_output(), x.dtype());
  detail::visit_floating(y.dtype(), [&](auto type) {
    if (y.size() == 0) return;  // the other sizes are not bounded then
    using T = typename decltype(type)::type;
    kernels::convolve(c.sizes, Raw::data<T>(x), Raw::data<T>(w), Raw::data_or_null<T>(bias), Raw::write<T>(y));
  });
  return recorded(
      name, at, c, std::move(y), std::move(x), std::move(w), std::move(bias),
      with_push(from<1>([c](Tensor weight, Tensor g) {
                  return input_gradient(c.name().input, c, std::move(g), std::move(weight), {}, Source::here());
                }),
                [c](Tensor weight, Tensor t) {
                  return forward(c.name().convolution, c, std::move(t), std::move(weight), {}, Source::here());
                }),
      with_push(from<0>([c](Tensor input, Tensor g) { return weight_gradient(c, std::move(input), std::move(g)); }),
                [c](Tensor input, Tensor t) {
                  return forward(c.name().convolution, c, std::move(input), std::move(t), {}, Source::here());
                }));
}

Tensor input_gradient(const char* name, const Convolution& c, Tensor g, Tensor w, Tensor bias, Source at) {
  Tensor y = detail::result_room(g, w, c.of_input(), g.dtype());
  detail::visit_floating(y.dtype(), [&](auto type) {
    if (y.size() == 0) return;
    using T = typename decltype(type)::type;
    kernels::convolve_transposed(c.sizes, Raw::data<T>(g), Raw::data<T>(w), Raw::data_or_null<T>(bias),
                                 Raw::write<T>(y));
  });
  return recorded(
      name, at, c, std::move(y), std::move(g), std::move(w), std::move(bias),
      with_push(from<1>([c](Tensor weight, Tensor u) {
                  return forward(c.name().convolution, c, std::move(u), std::move(weight), {}, Source::here());
                }),
                [c](Tensor weight, Tensor t) {
                  return input_gradient(c.name().input, c, std::move(t), std::move(weight), {}, Source::here());
                }),
      with_push(from<0>([c](Tensor slope, Tensor u) { return weight_gradient(c, std::move(u), std::move(slope)); }),
                [c](Tensor slope, Tensor t) {
                  return input_gradient(c.name().input, c, std::move(slope), std::move(t), {}, Source::here());
                }));
}

Tensor weight_gradient(const Convolution& c, Tensor x, Tensor g) {
  Tensor y = detail::result_room(x, g, c.of_weight(), x.dtype());
  detail::visit_floating(y.dtype(), [&](auto type) {
    if (y.size() == 0) return;
    using T = typename decltype(type)::type;
    kernels::convolve_weight(c.sizes, Raw::data<T>(x), Raw::data<T>(g), Raw::write<T>(y));
  });
  return record(c.name().weight, Source::here(), std::move(y), {std::move(x), std::move(g)}, c.settings(),
                with_push(from<1>([c](Tensor slope, Tensor u) {
                            return input_gradient(c.name().input, c, std::move(slope), std::move(u), {},
                                                  Source::here());
                          }),
                          [c](Tensor slope, Tensor t) { return weight_gradient(c, std::move(t), std::move(slope)); }),
                with_push(from<0>([c](Tensor input, Tensor u) {
                            return forward(c.name().convolution, c, std::move(input), std::move(u), {}, Source::here());
                          }),
                          [c](Tensor input, Tensor t) { return weight_gradient(c, std::move(input), std::move(t)); }));
}

// Checks

std::string text_of(const char* op, const Tensor& input, const Tensor& weight) {
  return std::string(op) + ": input " + to_string(input.shape()) + ", weight " + to_string(weight.shape());
}

void check_operands(const char* op, std::size_t axes, const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const Tensor both[] = {input, weight};
  detail::require_defined(op, both, 2);
  detail::require_same_floating(op, input, "input", weight, "weight");
  if (bias.defined()) detail::require_same_floating(op, input, "input", bias, "bias");
  if (input.rank() != axes + 1 && input.rank() != axes + 2)
    throw argument_error(text_of(op, input, weight) + ": the input must have " + std::to_string(axes + 2) +
                         " axes, or " + std::to_string(axes + 1) + " without a batch");
  if (weight.rank() != axes + 2)
    throw argument_error(text_of(op, input, weight) + ": the weight must have " + std::to_string(axes + 2) + " axes");
  for (std::size_t k = 2; k < axes + 2; ++k)
    if (weight.shape()[k] < 1) throw argument_error(text_of(op, input, weight) + ": a kernel has at least one element");
}

void check_groups(const char* op, const Tensor& input, const Tensor& weight, std::int64_t groups) {
  if (groups < 1)
    throw argument_error(std::string(op) + ": the number of groups is " + std::to_string(groups) +
                         ": there must be at least one");
  if (weight.shape()[0] % groups != 0)
    throw argument_error(text_of(op, input, weight) + ": the first axis of the weight must be divisible by the " +
                         std::to_string(groups) + " groups");
}

void check_bias(const char* op, const Tensor& bias, std::int64_t channels) {
  if (bias.defined() && bias.shape() != Shape(channels))
    throw argument_error(std::string(op) + ": the bias must have shape " + to_string(Shape(channels)) + ", got " +
                         to_string(bias.shape()));
}

[[noreturn]] void refuse_sizes(const char* op, const Tensor& input, const Tensor& weight) {
  throw argument_error(text_of(op, input, weight) + ": with these settings sizes exceed 2^63 - 1");
}

// a b + c, which must not overflow.
std::int64_t times_plus(const char* op, const Tensor& input, const Tensor& weight, std::int64_t a, std::int64_t b,
                        std::int64_t c) {
  std::int64_t product = 0, sum = 0;
  if (__builtin_mul_overflow(a, b, &product) || __builtin_add_overflow(product, c, &sum))
    refuse_sizes(op, input, weight);
  return sum;
}

// The size of the kernel with its gaps, for each axis.
Shape extents(const char* op, const Tensor& input, const Tensor& weight, const Shape& dilation) {
  Shape all = dilation;
  for (std::size_t k = 0; k < dilation.rank(); ++k)
    all = all.with(k, times_plus(op, input, weight, dilation[k], weight.shape()[k + 2] - 1, 1));
  return all;
}

struct Padding {
  Shape before, both;  // in front, and in all
};

Padding paddings(const char* op, const Tensor& input, const Tensor& weight, const ConvPadding& given,
                 const Shape& extent, const Shape& stride) {
  const std::size_t axes = extent.rank();
  Padding all{extent, extent};
  if (!given.named()) {
    all.before = detail::conv_numbers(op, "padding", given.amounts(), axes, 0);
    for (std::size_t k = 0; k < axes; ++k)
      all.both = all.both.with(k, times_plus(op, input, weight, all.before[k], 2, 0));
    return all;
  }
  const bool same = given.word() == "same";
  if (!same && given.word() != "valid")
    throw argument_error(std::string(op) + ": the padding is \"" + given.word() +
                         "\": it is \"same\", \"valid\" or numbers");
  for (std::size_t k = 0; k < axes; ++k) {
    if (same && stride[k] != 1)
      throw argument_error(std::string(op) + ": the padding is \"same\" and the stride " + to_string(stride) +
                           ": only with stride 1 has the output the size of the input");
    const std::int64_t total = same ? extent[k] - 1 : 0;
    all.before = all.before.with(k, total / 2);
    all.both = all.both.with(k, total);
  }
  return all;
}

// Where the numbers of the axes stand in a Triple.
std::size_t place(std::size_t axes, std::size_t k) { return 3 - axes + k; }

void set(kernels::Triple& to, const Shape& numbers) {
  for (std::size_t k = 0; k < numbers.rank(); ++k) to[place(numbers.rank(), k)] = numbers[k];
}

// An image without channels may have more pixels than can be counted.
void check_images(const char* op, const Tensor& input, const Tensor& weight, const Convolution& c) {
  for (const kernels::Triple& size : {c.sizes.input, c.sizes.output})
    if (c.last(size).count_or(-1) < 0) refuse_sizes(op, input, weight);
}

// The sizes of the axes of a tensor after its first two.
Shape spatial(const Tensor& x) { return Shape(x.shape().data() + 2, x.rank() - 2); }

// What both kinds of convolution begin with: checks, a batch of one for a single input, and numbers for each axis.
struct Prepared {
  bool alone;  // the input had no axis of the batch
  Shape stride, dilation;
};

Prepared prepare(const char* op, std::size_t axes, Tensor& input, const Tensor& weight, const Tensor& bias,
                 const detail::ConvSettings& settings, Source at) {
  check_operands(op, axes, input, weight, bias);
  const bool alone = input.rank() == axes + 1;
  if (alone) input = unsqueeze(std::move(input), 0, at);
  return {alone, detail::conv_numbers(op, "stride", settings.stride, axes, 1),
          detail::conv_numbers(op, "dilation", settings.dilation, axes, 1)};
}

// All sizes but those of the images.
Convolution without_images(std::size_t axes, const Tensor& input, const Tensor& weight, std::int64_t groups,
                           const Prepared& prepared, const Shape& padding) {
  Convolution c{{}, axes};
  c.sizes.batch = input.shape()[0];
  c.sizes.groups = groups;
  c.sizes.in = weight.shape()[1];
  c.sizes.out = weight.shape()[0] / groups;
  set(c.sizes.kernel, spatial(weight));
  set(c.sizes.stride, prepared.stride);
  set(c.sizes.dilation, prepared.dilation);
  set(c.sizes.padding, padding);
  return c;
}

}  // namespace

namespace detail {

Shape conv_numbers(const char* op, const char* what, const Dims& given, std::size_t axes, std::int64_t least) {
  const AxisList<std::int64_t>& list = given.list();
  const auto refuse = [&](const std::string& rule) {
    throw argument_error(std::string(op) + ": the " + what + " is " + to_string(Shape(list)) + ": " + rule);
  };
  for (const std::int64_t one : list)
    if (one < least)
      throw argument_error(std::string(op) + ": the " + what + " is " + std::to_string(one) + ": it must be at least " +
                           std::to_string(least));
  if (list.size() != 1 && list.size() != axes)
    refuse("one number, or one for each of " + std::to_string(axes) + " axes");
  std::int64_t all[3];
  for (std::size_t k = 0; k < axes; ++k) all[k] = list[list.size() == 1 ? 0 : k];
  return Shape(all, axes);
}

Tensor convolution(std::size_t axes, Tensor input, Tensor weight, Tensor bias, const ConvSettings& settings,
                   Source at) {
  const char* const op = names[axes - 1].convolution;
  const Timed timed(op, at);
  const Prepared prepared = prepare(op, axes, input, weight, bias, settings, at);
  const Shape &stride = prepared.stride, &dilation = prepared.dilation;
  check_groups(op, input, weight, settings.groups);
  std::int64_t channels = 0;
  if (__builtin_mul_overflow(weight.shape()[1], settings.groups, &channels) || channels != input.shape()[1])
    throw argument_error(text_of(op, input, weight) + ": the input must have as many channels as the " +
                         std::to_string(settings.groups) + (settings.groups == 1 ? " group" : " groups") +
                         " of the weight, of " + std::to_string(weight.shape()[1]) + " each");
  check_bias(op, bias, weight.shape()[0]);
  const Shape extent = extents(op, input, weight, dilation);
  const Padding padding = paddings(op, input, weight, settings.padding, extent, stride);

  Convolution c = without_images(axes, input, weight, settings.groups, prepared, padding.before);
  set(c.sizes.input, spatial(input));
  for (std::size_t k = 0; k < axes; ++k) {
    const std::int64_t padded = times_plus(op, input, weight, input.shape()[k + 2], 1, padding.both[k]);
    if (extent[k] > padded)
      throw argument_error(text_of(op, input, weight) + ": along axis " + std::to_string(k + 2) + " a kernel of " +
                           std::to_string(extent[k]) + " does not fit into the padded input of " +
                           std::to_string(padded));
    c.sizes.output[place(axes, k)] = (padded - extent[k]) / stride[k] + 1;
  }
  check_images(op, input, weight, c);
  Tensor y = forward(op, c, std::move(input), std::move(weight), std::move(bias), at);
  return prepared.alone ? squeeze(std::move(y), 0, at) : y;
}

Tensor transposed_convolution(std::size_t axes, Tensor input, Tensor weight, Tensor bias, const ConvSettings& settings,
                              Source at) {
  const char* const op = names[axes - 1].transposed;
  const Timed timed(op, at);
  const Prepared prepared = prepare(op, axes, input, weight, bias, settings, at);
  const Shape &stride = prepared.stride, &dilation = prepared.dilation;
  const Shape padding = conv_numbers(op, "padding", settings.padding.amounts(), axes, 0);
  const Shape more = conv_numbers(op, "output_padding", settings.output_padding, axes, 0);
  check_groups(op, input, weight, settings.groups);
  if (weight.shape()[0] != input.shape()[1])
    throw argument_error(text_of(op, input, weight) +
                         ": the first axis of the weight must be the number of channels of the input");
  const std::int64_t channels = times_plus(op, input, weight, weight.shape()[1], settings.groups, 0);
  check_bias(op, bias, channels);
  const Shape extent = extents(op, input, weight, dilation);

  Convolution c = without_images(axes, input, weight, settings.groups, prepared, padding);
  set(c.sizes.output, spatial(input));
  for (std::size_t k = 0; k < axes; ++k) {
    if (more[k] >= std::max(stride[k], dilation[k]))
      throw argument_error(std::string(op) + ": the output_padding is " + to_string(more) + ", the stride " +
                           to_string(stride) + " and the dilation " + to_string(dilation) +
                           ": output_padding must be less than one of them");
    std::int64_t size = times_plus(op, input, weight, input.shape()[k + 2] - 1, stride[k], extent[k]);
    size = times_plus(op, input, weight, padding[k], -2, size);
    size = times_plus(op, input, weight, 1, size, more[k]);
    if (input.shape()[k + 2] == 0 || size < 0)
      throw argument_error(text_of(op, input, weight) + ": with these settings axis " + std::to_string(k + 2) +
                           " of the output has size " + std::to_string(size) +
                           ": it must not be negative, and that of " + "the input not 0");
    c.sizes.input[place(axes, k)] = size;
  }
  check_images(op, input, weight, c);
  Tensor y = input_gradient(op, c, std::move(input), std::move(weight), std::move(bias), at);
  return prepared.alone ? squeeze(std::move(y), 0, at) : y;
}

}  // namespace detail

#define XGRAD_CONVOLUTION(N)                                                                                   \
  Tensor conv##N##d(Tensor input, Tensor weight, Tensor bias, Dims stride, ConvPadding padding, Dims dilation, \
                    Dim groups, Source at) {                                                                   \
    return detail::convolution(N, std::move(input), std::move(weight), std::move(bias),                        \
                               {stride, std::move(padding), dilation, groups.value("conv" #N "d"), 0}, at);    \
  }                                                                                                            \
  Tensor conv_transpose##N##d(Tensor input, Tensor weight, Tensor bias, Dims stride, Dims padding,             \
                              Dims output_padding, Dim groups, Dims dilation, Source at) {                     \
    return detail::transposed_convolution(                                                                     \
        N, std::move(input), std::move(weight), std::move(bias),                                               \
        {stride, padding, dilation, groups.value("conv_transpose" #N "d"), output_padding}, at);               \
  }
XGRAD_CONVOLUTION(1)
XGRAD_CONVOLUTION(2)
XGRAD_CONVOLUTION(3)
#undef XGRAD_CONVOLUTION

}  // namespace xgrad
