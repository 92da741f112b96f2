#include <xgrad/nn/fold.hpp>

#include <string>
#include <utility>

#include <xgrad/autograd/graph/record.hpp>
#include <xgrad/autograd/ops/folding.hpp>
#include <xgrad/autograd/ops/pool_windows.hpp>
#include <xgrad/autograd/ops/promotion.hpp>

namespace xgrad::nn {
namespace {

using kernels::SlidingWindows;
using xgrad::detail::argument_error;

xgrad::detail::Sliding sliding(const Dims& kernel_size, const FoldOptions& options) {
  return {kernel_size, options.stride(), options.padding(), options.dilation(), false, false};
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
  return xgrad::detail::unfold_windows(op, at, std::move(x), by);
}

Tensor fold(Tensor x, const Dims& output_size, const Dims& kernel_size, const FoldOptions& options, Source at) {
  constexpr const char* op = "fold";
  const xgrad::detail::Timed timed(op, at);
  xgrad::detail::require_defined(op, &x, 1);
  const auto sizes = xgrad::detail::EachAxis(op, "output_size", output_size, 2).at_least(1);
  const SlidingWindows by =
      xgrad::detail::windows_over(op, "output_size", {sizes[0], sizes[1]}, 2, sliding(kernel_size, options));
  std::int64_t blocks = 0;
  const bool fits = (x.rank() == 2 || x.rank() == 3) && is_floating(x.dtype()) && by.places() < INT64_MAX &&
                    !__builtin_mul_overflow(by.axis[1].count, by.axis[2].count, &blocks) &&
                    x.shape()[x.rank() - 2] % by.places() == 0 && x.shape().back() == blocks;
  if (!fits)
    throw argument_error("fold: the input is " + std::string(name_of(x.dtype())) + " of shape " + to_string(x.shape()) +
                         ": for output_size " + xgrad::detail::text_of(output_size) + " and kernel_size " +
                         xgrad::detail::text_of(kernel_size) + " it must be floating-point and have axes (N, C " +
                         std::to_string(by.places()) + ", " + std::to_string(blocks) + "), or the same without N");
  return xgrad::detail::fold_windows(op, at, std::move(x), by);
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
