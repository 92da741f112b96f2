#include <xgrad/nn/fold.hpp>

#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/kernels/pooling/patches.hpp>
#include <xgrad/autograd/ops/pool_windows.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using kernels::SlidingWindows;
using xgrad::detail::argument_error;

xgrad::detail::Sliding sliding(const Dims& kernel_size, const FoldOptions& options) {
  return {kernel_size, options.stride(), options.padding(), options.dilation(), false, false};
}

// Axes in front of the channels, with the sizes of the images and of the columns.
Shape images_of(const Shape& columns, const SlidingWindows& by) {
  const std::size_t lead = columns.rank() - 2;
  Shape shape = columns.with(lead, columns[lead] / by.places()).with(lead + 1, by.axis[1].n);
  return shape.inserted(lead + 2, by.axis[2].n);
}
Shape columns_of(const Shape& images, const SlidingWindows& by) {
  const std::size_t lead = images.rank() - 3;
  return images.without(lead + 2).with(lead, images[lead] * by.places()).with(lead + 1, by.windows());
}

Tensor folded(const char* op, Source at, Tensor x, SlidingWindows by);

Tensor unfolded(const char* op, Source at, Tensor x, SlidingWindows by) {
  by.planes = xgrad::detail::planes_of(x.shape(), 2);
  Tensor y = Raw::uninitialized(columns_of(x.shape(), by), x.dtype());
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::patches(Raw::data<T>(x), Raw::write<T>(y), by);
  });
  return record(
      op, at, std::move(y), {std::move(x)},
      with_push([by](Tensor g) { return folded("fold", Source::here(), std::move(g), by); },
                [by](Tensor t, std::size_t) { return unfolded("unfold", Source::here(), std::move(t), by); }));
}

Tensor folded(const char* op, Source at, Tensor x, SlidingWindows by) {
  const Shape shape = images_of(x.shape(), by);
  by.planes = xgrad::detail::planes_of(shape, 2);
  Tensor y = Raw::uninitialized(shape, x.dtype());
  xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    kernels::add_patches(Raw::data<T>(x), Raw::write<T>(y), by);
  });
  return record(op, at, std::move(y), {std::move(x)},
                with_push([by](Tensor g) { return unfolded("unfold", Source::here(), std::move(g), by); },
                          [by](Tensor t, std::size_t) { return folded("fold", Source::here(), std::move(t), by); }));
}

}  // namespace

Tensor unfold(Tensor x, const Dims& kernel_size, const FoldOptions& options, Source at) {
  constexpr const char* op = "unfold";
  const xgrad::detail::Timed timed(op, at);
  const SlidingWindows by = xgrad::detail::sliding_windows(op, x, 2, sliding(kernel_size, options));
  std::int64_t channels = 0, blocks = 0;
  if (__builtin_mul_overflow(x.shape()[x.rank() - 3], by.places(), &channels) ||
      __builtin_mul_overflow(by.axis[1].count, by.axis[2].count, &blocks))
    throw argument_error("unfold: kernel_size " + xgrad::detail::text_of(kernel_size) + " for input of shape " +
                         to_string(x.shape()) + " gives an axis of more than 2^63 - 1 elements");
  return unfolded(op, at, std::move(x), by);
}

Tensor fold(Tensor x, const Dims& output_size, const Dims& kernel_size, const FoldOptions& options, Source at) {
  constexpr const char* op = "fold";
  const xgrad::detail::Timed timed(op, at);
  xgrad::detail::require_defined(op, &x, 1);
  const auto sizes = xgrad::detail::EachAxis(op, "output_size", output_size, 2).at_least(1);
  // The windows of a plane of that size.
  const Tensor plane = Raw::uninitialized({0, sizes[0], sizes[1]}, float32);
  const SlidingWindows by = xgrad::detail::sliding_windows(op, plane, 2, sliding(kernel_size, options));
  std::int64_t blocks = 0;
  const bool fits = (x.rank() == 2 || x.rank() == 3) && is_floating(x.dtype()) && by.places() < INT64_MAX &&
                    !__builtin_mul_overflow(by.axis[1].count, by.axis[2].count, &blocks) &&
                    x.shape()[x.rank() - 2] % by.places() == 0 && x.shape().back() == blocks;
  if (!fits)
    throw argument_error("fold: the input is " + std::string(name_of(x.dtype())) + " of shape " + to_string(x.shape()) +
                         ": for output_size " + xgrad::detail::text_of(output_size) + " and kernel_size " +
                         xgrad::detail::text_of(kernel_size) + " it must be floating-point and have axes (N, C " +
                         std::to_string(by.places()) + ", " + std::to_string(blocks) + "), or the same without N");
  return folded(op, at, std::move(x), by);
}

Unfold::Unfold(const Dims& kernel_size, const Options& options) : kernel_size_(kernel_size), options_(options) {
  using xgrad::detail::text_of;
  xgrad::detail::check_sliding("Unfold", 2, sliding(kernel_size, options));
  describe("kernel_size=" + text_of(kernel_size) + ", dilation=" + text_of(options.dilation()) +
           ", padding=" + text_of(options.padding()) + ", stride=" + text_of(options.stride()));
}
Tensor Unfold::forward(const Tensor& x) { return unfold(x, kernel_size_, options_, call_site()); }

Fold::Fold(const Dims& output_size, const Dims& kernel_size, const Options& options)
    : output_size_(output_size), kernel_size_(kernel_size), options_(options) {
  using xgrad::detail::text_of;
  xgrad::detail::EachAxis("Fold", "output_size", output_size, 2).at_least(1);
  xgrad::detail::check_sliding("Fold", 2, sliding(kernel_size, options));
  describe("output_size=" + text_of(output_size) + ", kernel_size=" + text_of(kernel_size) +
           ", dilation=" + text_of(options.dilation()) + ", padding=" + text_of(options.padding()) +
           ", stride=" + text_of(options.stride()));
}
Tensor Fold::forward(const Tensor& x) { return fold(x, output_size_, kernel_size_, options_, call_site()); }

}  // namespace xgrad::nn
