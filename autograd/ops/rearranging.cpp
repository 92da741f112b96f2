#include <xgrad/autograd/ops/rearranging.hpp>

#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/ops/promotion.hpp>
#include <xgrad/autograd/ops/shape.hpp>

namespace xgrad {
namespace {

using Sizes = std::vector<std::int64_t>;

[[noreturn]] void refuse(const char* op, const Tensor& x, const std::string& what) {
  throw detail::argument_error(std::string(op) + ": input of shape " + to_string(x.shape()) + " " + what);
}

// x read in the shape `split` behind its first `lead` axes, these axes in another order, and the result in the shape
// `joined` behind them.
Tensor rearranged(Tensor x, std::size_t lead, const Sizes& split, const Sizes& order, const Sizes& joined, Source at) {
  Sizes first(x.shape().begin(), x.shape().begin() + lead), last = first, axes;
  for (std::size_t k = 0; k < lead; ++k) axes.push_back(static_cast<std::int64_t>(k));
  first.insert(first.end(), split.begin(), split.end());
  last.insert(last.end(), joined.begin(), joined.end());
  for (const std::int64_t axis : order) axes.push_back(static_cast<std::int64_t>(lead) + axis);
  return reshape(reshape(std::move(x), Shape(first), at).permute(axes, at), Shape(last), at);
}

// The square of a factor of at least 1, which divides what it must.
std::int64_t squared(const char* op, const Tensor& x, std::int64_t r, const char* name) {
  std::int64_t square = 0;
  if (r < 1 || __builtin_mul_overflow(r, r, &square))
    refuse(op, x,
           std::string("and ") + name + " " + std::to_string(r) +
               ": the factor must be positive, and its square less than 2^63");
  return square;
}

}  // namespace

Tensor pixel_shuffle(Tensor x, Dim upscale_factor, Source at) {
  constexpr const char* op = "pixel_shuffle";
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  const std::int64_t r = upscale_factor, square = squared(op, x, r, "upscale_factor");
  if (x.rank() < 3) refuse(op, x, "has fewer than three axes: it must be (..., C r², H, W)");
  const std::size_t lead = x.rank() - 3;
  const std::int64_t c = x.shape()[lead], h = x.shape()[lead + 1], w = x.shape()[lead + 2];
  std::int64_t high = 0, wide = 0;
  if (c % square != 0 || __builtin_mul_overflow(h, r, &high) || __builtin_mul_overflow(w, r, &wide))
    refuse(op, x,
           "has " + std::to_string(c) + " channels, and upscale_factor is " + std::to_string(r) +
               ": the square of the factor must divide them");
  return rearranged(std::move(x), lead, {c / square, r, r, h, w}, {0, 3, 1, 4, 2}, {c / square, high, wide}, at);
}

Tensor pixel_unshuffle(Tensor x, Dim downscale_factor, Source at) {
  constexpr const char* op = "pixel_unshuffle";
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  const std::int64_t r = downscale_factor, square = squared(op, x, r, "downscale_factor");
  if (x.rank() < 3) refuse(op, x, "has fewer than three axes: it must be (..., C, H r, W r)");
  const std::size_t lead = x.rank() - 3;
  const std::int64_t c = x.shape()[lead], h = x.shape()[lead + 1], w = x.shape()[lead + 2];
  std::int64_t channels = 0;
  if (h % r != 0 || w % r != 0 || __builtin_mul_overflow(c, square, &channels))
    refuse(op, x, "and downscale_factor " + std::to_string(r) + ": the factor must divide the height and the width");
  return rearranged(std::move(x), lead, {c, h / r, r, w / r, r}, {0, 2, 4, 1, 3}, {channels, h / r, w / r}, at);
}

Tensor channel_shuffle(Tensor x, Dim groups, Source at) {
  constexpr const char* op = "channel_shuffle";
  const detail::Timed timed(op, at);
  detail::require_defined(op, &x, 1);
  const std::int64_t n = groups;
  if (x.rank() < 3) refuse(op, x, "has fewer than three axes: it must be (N, C, ...)");
  const std::int64_t channels = x.shape()[1];
  if (n < 1 || channels % n != 0)
    refuse(op, x,
           "has " + std::to_string(channels) + " channels, and there are " + std::to_string(n) +
               " groups: they must be positive and divide the channels");
  Sizes split{n, channels / n}, order{1, 0}, joined{channels};
  for (std::size_t k = 2; k < x.rank(); ++k) {
    split.push_back(x.shape()[k]);
    order.push_back(static_cast<std::int64_t>(k));
    joined.push_back(x.shape()[k]);
  }
  return rearranged(std::move(x), 1, split, order, joined, at);
}

}  // namespace xgrad
