#include <xgrad/nn/losses.hpp>

#include <utility>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise_loss.hpp>
#include <xgrad/nn/loss_checks.hpp>
#include <xgrad/nn/loss_reduction.hpp>

namespace xgrad::nn {
namespace {

using detail::Named;

// Input and target of a pointwise loss, checked, in one floating dtype.
struct Pair {
  Pair(const char* op, Named input, Named t, Source at) : x(input.tensor), target(t.tensor) {
    detail::require_given(op, {input, t});
    detail::require_same_shape(op, input, t);
    detail::to_one_dtype(op, {{&x, input.name}, {&target, t.name}}, at);
  }
  Tensor x, target;
};

// How the losses of a pair are reduced.
xgrad::detail::LossReduction reduction_of(const Pair& pair, Reduction reduction) {
  const auto n = static_cast<double>(pair.x.size());
  switch (reduction) {
    case Reduction::mean:
      return {"mean", true, n};
    case Reduction::sum:
      return {"sum", true};
    case Reduction::batchmean:
      return {"batchmean", true, static_cast<double>(pair.x.rank() == 0 ? 1 : pair.x.shape()[0])};
    case Reduction::none:
      break;
  }
  return {"none", false};
}

Tensor weighted(const char* op, Tensor losses, const Tensor& weight, Reduction reduction, Source at) {
  if (weight.defined()) {
    Tensor factors = detail::follow(op, {weight, "weight"}, {losses, "input"}, at);
    losses = mul(std::move(losses), std::move(factors), at);
  }
  return detail::reduce(std::move(losses), reduction, at);
}

}  // namespace

Tensor mse_loss(Tensor input, Tensor target, Reduction reduction, Source at) {
  const xgrad::detail::Calling calling("mse_loss", at);
  detail::require_plain("mse_loss", reduction);
  const Pair pair("mse_loss", {input, "input"}, {target, "target"}, at);
  return xgrad::detail::squared_error("mse_loss", pair.x, pair.target, reduction_of(pair, reduction), at);
}

Tensor half_squared_error(Tensor y, Tensor t, Source at) {
  const xgrad::detail::Calling calling("half_squared_error", at);
  const Pair pair("half_squared_error", {y, "input"}, {t, "target"}, at);
  return xgrad::detail::half_squared_error("half_squared_error", pair.x, pair.target,
                                           reduction_of(pair, Reduction::sum), at);
}

Tensor l1_loss(Tensor input, Tensor target, Reduction reduction, Source at) {
  const xgrad::detail::Calling calling("l1_loss", at);
  detail::require_plain("l1_loss", reduction);
  const Pair pair("l1_loss", {input, "input"}, {target, "target"}, at);
  return xgrad::detail::absolute_error("l1_loss", pair.x, pair.target, reduction_of(pair, reduction), at);
}

Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction, double beta, Source at) {
  const xgrad::detail::Calling calling("smooth_l1_loss", at);
  constexpr const char* op = "smooth_l1_loss";
  detail::require_plain(op, reduction);
  detail::check_beta(op, beta);
  const Pair pair(op, {input, "input"}, {target, "target"}, at);
  // If beta is 0 in the dtype of the input, the kernel would divide by 0: the loss is then |x - t|, with slope 0 at 0.
  const bool is_zero = pair.x.dtype() == float32 ? static_cast<float>(beta) == 0 : beta == 0;
  if (is_zero) return xgrad::detail::absolute_error(op, pair.x, pair.target, reduction_of(pair, reduction), at);
  return xgrad::detail::smooth_absolute_error(op, pair.x, pair.target, beta, reduction_of(pair, reduction), at);
}

Tensor huber_loss(Tensor input, Tensor target, Reduction reduction, double delta, Source at) {
  const xgrad::detail::Calling calling("huber_loss", at);
  detail::require_plain("huber_loss", reduction);
  detail::check_delta("huber_loss", delta);
  const Pair pair("huber_loss", {input, "input"}, {target, "target"}, at);
  return xgrad::detail::huber_error("huber_loss", pair.x, pair.target, delta, reduction_of(pair, reduction), at);
}

Tensor kl_div(Tensor input, Tensor target, Reduction reduction, LogTarget logarithms, Source at) {
  const xgrad::detail::Calling calling("kl_div", at);
  const Pair pair("kl_div", {input, "input"}, {target, "target"}, at);
  return xgrad::detail::divergence("kl_div", pair.x, pair.target, logarithms == LogTarget::yes,
                                   reduction_of(pair, reduction), at);
}

Tensor binary_cross_entropy(Tensor probabilities, Tensor target, Tensor weight, Reduction reduction, Source at) {
  const xgrad::detail::Calling calling("binary_cross_entropy", at);
  constexpr const char* op = "binary_cross_entropy";
  detail::require_plain(op, reduction);
  const Pair pair(op, {probabilities, "input"}, {target, "target"}, at);
  detail::require_weight(op, pair.x, weight, "weight");
  detail::require_probabilities(op, pair.x, "input", ": put a sigmoid before, or use logits");
  detail::require_probabilities(op, pair.target, "target", "");
  const auto folded = reduction_of(pair, weight.defined() ? Reduction::none : reduction);
  Tensor losses = xgrad::detail::binary_cross_entropy(op, pair.x, pair.target, folded, at);
  return weight.defined() ? weighted(op, std::move(losses), weight, reduction, at) : losses;
}

Tensor binary_cross_entropy(Tensor probabilities, Tensor target, Reduction reduction, Source at) {
  return binary_cross_entropy(std::move(probabilities), std::move(target), {}, reduction, at);
}

Tensor binary_cross_entropy_with_logits(Tensor logits, Tensor target, Tensor weight, Tensor pos_weight,
                                        Reduction reduction, Source at) {
  const xgrad::detail::Calling calling("binary_cross_entropy_with_logits", at);
  constexpr const char* op = "binary_cross_entropy_with_logits";
  detail::require_plain(op, reduction);
  const Pair pair(op, {logits, "input"}, {target, "target"}, at);
  detail::require_weight(op, pair.x, weight, "weight");
  detail::require_weight(op, pair.x, pos_weight, "pos_weight");
  if (pos_weight.defined()) {
    const Tensor p = detail::follow(op, {pos_weight, "pos_weight"}, {pair.x, "input"}, at);
    Tensor of_ones = mul(p, xgrad::detail::positive_logits_loss(op, pair.x, pair.target, at), at);
    Tensor of_zeros = xgrad::detail::negative_logits_loss(op, pair.x, pair.target, at);
    return weighted(op, add(std::move(of_zeros), std::move(of_ones), at), weight, reduction, at);
  }
  const auto folded = reduction_of(pair, weight.defined() ? Reduction::none : reduction);
  Tensor losses = xgrad::detail::logits_loss(op, pair.x, pair.target, folded, at);
  return weight.defined() ? weighted(op, std::move(losses), weight, reduction, at) : losses;
}

Tensor binary_cross_entropy_with_logits(Tensor logits, Tensor target, Reduction reduction, Source at) {
  return binary_cross_entropy_with_logits(std::move(logits), std::move(target), {}, {}, reduction, at);
}

}  // namespace xgrad::nn
