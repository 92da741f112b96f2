#include <xgrad/nn/likelihood_losses.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/number_text.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/ctc_loss.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/nn/loss_checks.hpp>
#include <xgrad/nn/loss_reduction.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;
using xgrad::detail::Timed;

constexpr double two_pi = 6.283185307179586476925;

}  // namespace

Tensor poisson_nll_loss(Tensor input, Tensor target, const PoissonNLLLossOptions& options, Source at) {
  constexpr const char* op = "poisson_nll_loss";
  const Timed timed(op, at);
  detail::require_plain(op, options.reduction());
  detail::check_positive_eps(op, options.eps());
  detail::require_given(op, {{input, "input"}, {target, "target"}});
  detail::require_same_shape(op, {input, "input"}, {target, "target"});
  detail::to_one_dtype(op, {{&input, "input"}, {&target, "target"}}, at);
  Tensor losses = options.log_input() ? sub(exp(input, at), mul(target, input, at), at)
                                      : sub(input, mul(target, log(add(input, options.eps(), at), at), at), at);
  if (options.full()) {
    const Tensor large = target > 1, t = where(large, target, 2, at);
    const Tensor root = mul(log(mul(t, two_pi, at), at), 0.5, at);
    const Tensor stirling = add(sub(mul(t, log(t, at), at), t, at), root, at);
    losses = add(losses, where(large, stirling, 0, at), at);
  }
  return detail::reduce(losses, options.reduction(), at);
}

namespace {

// The variance in a shape that broadcasts to the input's.
Tensor fitting(Tensor var, const Tensor& x, Source at) {
  const Shape &shape = x.shape(), &own = var.shape();
  if (own == shape || own.rank() == 0) return var;
  if (shape.rank() > 0 && own == shape.without(shape.rank() - 1)) return unsqueeze(std::move(var), -1, at);
  int unlike = 0;
  for (std::size_t k = 0; own.rank() == shape.rank() && k < own.rank(); ++k)
    if (own[k] != shape[k]) unlike += own[k] == 1 ? 1 : 2;
  if (unlike != 1)
    throw argument_error("gaussian_nll_loss: var is " + to_string(own) + ", input is " + to_string(shape) +
                         ": var has the input's shape, or that without the last axis, or with one axis of size 1");
  return var;
}

void require_variance(const Tensor& var) {
  xgrad::detail::visit_floating(var.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T *begin = Raw::data<T>(var), *end = begin + var.size();
    const T* found = std::find_if(begin, end, [](T v) { return v < 0; });
    if (found != end)
      throw argument_error("gaussian_nll_loss: element " + std::to_string(found - begin) + " of var is " +
                           xgrad::detail::number_text(static_cast<double>(*found)) + ": variances are not negative");
  });
}

}  // namespace

Tensor gaussian_nll_loss(Tensor input, Tensor target, Tensor var, const GaussianNLLLossOptions& options, Source at) {
  constexpr const char* op = "gaussian_nll_loss";
  const Timed timed(op, at);
  detail::require_plain(op, options.reduction());
  detail::check_positive_eps(op, options.eps());
  detail::require_given(op, {{input, "input"}, {target, "target"}, {var, "var"}});
  detail::require_same_shape(op, {input, "input"}, {target, "target"});
  detail::to_one_dtype(op, {{&input, "input"}, {&target, "target"}, {&var, "var"}}, at);
  var = fitting(std::move(var), input, at);
  require_variance(var);
  // Raised to eps by a constant, so that the gradient stays.
  const Tensor lack = clamp_min(sub(options.eps(), var.detach(), at), 0, at);
  const Tensor v = add(var, lack, at);
  Tensor losses = mul(add(log(v, at), div(square(sub(input, target, at), at), v, at), at), 0.5, at);
  if (options.full()) losses = add(losses, 0.5 * std::log(two_pi), at);
  return detail::reduce(losses, options.reduction(), at);
}

namespace {

constexpr const char* ctc = "ctc_loss";

// Lengths in 0 .. most, one for each sample.
Tensor checked_lengths(const Tensor& lengths, const char* name, std::int64_t samples, std::int64_t most) {
  if (lengths.dtype() != int64 || lengths.size() != samples || lengths.rank() > 1)
    throw argument_error(std::string(ctc) + ": " + name + " are " + name_of(lengths.dtype()) + " " +
                         to_string(lengths.shape()) + ": they must be int64 of shape " + to_string(Shape{samples}) +
                         ", one for each sample");
  const auto* length = Raw::data<std::int64_t>(lengths);
  for (std::int64_t i = 0; i < samples; ++i)
    if (length[i] < 0 || length[i] > most)
      throw argument_error(std::string(ctc) + ": the length of sample " + std::to_string(i) + " among " + name +
                           " is " + std::to_string(length[i]) + ": there are " + std::to_string(most) +
                           " places at most");
  return reshape(lengths.detach(), {samples});
}

// The labels of all samples as (N, S).
Tensor padded(const Tensor& targets, const Tensor& lengths, bool one_after_the_other) {
  const std::int64_t samples = lengths.size();
  if (!one_after_the_other)
    return reshape(targets.detach(), {samples, targets.size() / std::max<std::int64_t>(1, samples)});
  const auto* length = Raw::data<std::int64_t>(lengths);
  std::int64_t most = 0;
  for (std::int64_t i = 0; i < samples; ++i) most = std::max(most, length[i]);
  Tensor labels = zeros({samples, most}, int64);
  const auto* from = Raw::data<std::int64_t>(targets);
  for (std::int64_t i = 0; i < samples; from += length[i++])
    std::copy_n(from, length[i], Raw::write<std::int64_t>(labels) + i * most);
  return labels;
}

void require_labels(const Tensor& labels, const Tensor& lengths, std::int64_t classes, std::int64_t blank) {
  const auto *label = Raw::data<std::int64_t>(labels), *length = Raw::data<std::int64_t>(lengths);
  const std::int64_t most = labels.shape()[1];
  for (std::int64_t i = 0; i < lengths.size(); ++i)
    for (std::int64_t k = 0; k < length[i]; ++k) {
      const std::int64_t each = label[i * most + k];
      if (each < 0 || each >= classes || each == blank)
        throw argument_error(std::string(ctc) + ": label " + std::to_string(k) + " of sample " + std::to_string(i) +
                             " is " + std::to_string(each) + ": labels lie in [0, " + std::to_string(classes) +
                             "), and are not the blank, " + std::to_string(blank));
    }
}

void check_ctc(const Tensor& x, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths,
               const CTCLossOptions& options) {
  detail::require_given(ctc, {{x, "log_probs"},
                              {targets, "the targets"},
                              {input_lengths, "the input lengths"},
                              {target_lengths, "the target lengths"}});
  detail::require_plain(ctc, options.reduction());
  if (!is_floating(x.dtype()) || x.rank() < 2 || x.rank() > 3)
    throw argument_error(std::string(ctc) + ": log_probs are " + name_of(x.dtype()) + " " + to_string(x.shape()) +
                         ": they must be floating, of shape (T, N, C) or (T, C)");
  const std::int64_t classes = x.shape().back();
  detail::check_blank(ctc, options.blank());
  if (options.blank() >= classes)
    throw argument_error(std::string(ctc) + ": the blank is class " + std::to_string(options.blank()) +
                         ", log_probs have shape " + to_string(x.shape()) + ": it must be one of their classes");
  if (targets.dtype() != int64 || targets.rank() < 1 || targets.rank() > x.rank() - 1)
    throw argument_error(std::string(ctc) + ": the targets are " + name_of(targets.dtype()) + " " +
                         to_string(targets.shape()) + " for log_probs " + to_string(x.shape()) +
                         ": they must be int64, (N, S) or one after the other");
}

}  // namespace

Tensor ctc_loss(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths,
                const CTCLossOptions& options, Source at) {
  const Timed timed(ctc, at);
  check_ctc(log_probs, targets, input_lengths, target_lengths, options);
  const bool batched = log_probs.rank() == 3, joined = batched && targets.rank() == 1;
  Tensor x = batched ? std::move(log_probs) : unsqueeze(std::move(log_probs), 1, at);
  const std::int64_t samples = x.shape()[1];
  if (batched && !joined && targets.shape()[0] != samples)
    throw argument_error(std::string(ctc) + ": the targets are " + to_string(targets.shape()) + " for log_probs " +
                         to_string(x.shape()) + ": they must be (N, S) or one after the other");
  const std::int64_t places = joined ? targets.size() : targets.shape().back();
  const Tensor steps = checked_lengths(input_lengths, "input lengths", samples, x.shape()[0]);
  const Tensor counts = checked_lengths(target_lengths, "target lengths", samples, places);
  const std::int64_t all = sum(counts).item<std::int64_t>();
  if (joined && all != places)
    throw argument_error(std::string(ctc) + ": the targets are " + to_string(targets.shape()) +
                         ", the target lengths add up to " + std::to_string(all) +
                         ": targets one after the other have as many elements");
  const Tensor labels = padded(targets, counts, joined);
  require_labels(labels, counts, x.shape()[2], options.blank());
  const DType dtype = x.dtype();
  Tensor losses =
      xgrad::detail::ctc_losses(std::move(x), labels, steps, counts, options.blank(), options.zero_infinity(), at);
  if (options.reduction() == Reduction::mean) losses = div(losses, maximum(counts, 1).to(dtype), at);
  if (!batched) losses = reshape(std::move(losses), Shape(), at);
  return detail::reduce(std::move(losses), options.reduction(), at);
}

}  // namespace xgrad::nn
