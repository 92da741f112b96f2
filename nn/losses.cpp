#include <xgrad/nn/losses.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/pointwise_loss.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/nn/loss_checks.hpp>

namespace xgrad::nn {
namespace detail {

void require_given(const char* op, std::initializer_list<Named> all) {
  for (const Named& one : all)
    if (!one.tensor.defined())
      throw xgrad::detail::argument_error(std::string(op) + ": " + one.name +
                                          " is an empty tensor: it was default-constructed or moved from");
}

void require_same_floating(const char* op, Named argument, Named with) {
  const DType dtype = argument.tensor.dtype(), wanted = with.tensor.dtype();
  if (dtype != wanted && is_floating(dtype) && !argument.tensor.weak())
    throw xgrad::detail::argument_error(std::string(op) + ": " + with.name + " is " + name_of(wanted) + ", " +
                                        argument.name + " is " + name_of(dtype) +
                                        ": write 1.0f, x.to(float32) or model.to(float64)");
}

Tensor follow(const char* op, Named argument, Named with, Source at) {
  require_same_floating(op, argument, with);
  return to(argument.tensor, with.tensor.dtype(), at);
}

void require_same_shape(const char* op, Named a, Named b) {
  if (a.tensor.shape() != b.tensor.shape())
    throw xgrad::detail::argument_error(std::string(op) + ": " + a.name + " is " + to_string(a.tensor.shape()) + ", " +
                                        b.name + " is " + to_string(b.tensor.shape()) +
                                        ": losses do not broadcast: reshape one of them");
}

void require_plain(const char* op, Reduction reduction) {
  if (reduction == Reduction::batchmean)
    throw xgrad::detail::argument_error(std::string(op) +
                                        ": the reduction is batchmean, which only kl_div has: use mean, sum or none");
}

// Weights may broadcast to the input, but not the input to the weights.
void require_weight(const char* op, const Tensor& x, const Tensor& weight, const char* name) {
  if (!weight.defined()) return;
  require_same_floating(op, {weight, name}, {x, "input"});
  if (!broadcasts_to(weight.shape(), x.shape()))
    throw xgrad::detail::argument_error(std::string(op) + ": " + name + " is " + to_string(weight.shape()) +
                                        ", which does not broadcast to the input " + to_string(x.shape()));
}

void to_one_dtype(const char* op, const std::vector<Argument>& all, Source at) {
  const Argument* lead = nullptr;
  for (const Argument& one : all) {
    const bool floating = is_floating(one.tensor->dtype());
    if (floating && (lead == nullptr || (lead->tensor->weak() && !one.tensor->weak()))) lead = &one;
  }
  const DType dtype = lead != nullptr ? lead->tensor->dtype() : float32;
  for (const Argument& one : all) {
    if (lead != nullptr) require_same_floating(op, {*one.tensor, one.name}, {*lead->tensor, lead->name});
    if (one.tensor->dtype() != dtype) *one.tensor = to(*one.tensor, dtype, at);
  }
}

void check_beta(const char* op, double beta) {
  if (!(beta >= 0))
    throw xgrad::detail::argument_error(std::string(op) + ": beta must not be negative, got " +
                                        xgrad::detail::number_text(beta));
  xgrad::detail::require_finite(op, "beta", beta);
}

void check_delta(const char* op, double delta) {
  if (!(delta > 0))
    throw xgrad::detail::argument_error(std::string(op) + ": delta must be positive, got " +
                                        xgrad::detail::number_text(delta));
  xgrad::detail::require_finite(op, "delta", delta);
}

Tensor reduce(Tensor losses, Reduction reduction, Source at) {
  if (reduction == Reduction::mean) return mean(std::move(losses), {}, KeepDims::no, at);
  return reduction == Reduction::sum ? sum(std::move(losses), {}, KeepDims::no, at) : losses;
}

void require_probabilities(const char* op, const Tensor& z, const char* name, const char* way_out) {
  xgrad::detail::visit_floating(z.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T *begin = Raw::data<T>(z), *end = begin + z.size();
    const auto lies_within = [](T p) { return (p >= 0) & (p <= 1); };
    int all = 1;  // no early exit, so that the loop is vectorized
    for (const T* p = begin; p != end; ++p) all &= static_cast<int>(lies_within(*p));
    if (all != 0) return;
    const T* found = std::find_if_not(begin, end, lies_within);
    throw xgrad::detail::argument_error(std::string(op) + ": element " + std::to_string(found - begin) + " of the " +
                                        name + " is " + xgrad::detail::number_text(*found) +
                                        ": probabilities lie in [0, 1]" + way_out);
  });
}

}  // namespace detail

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
  // The kernel has beta in the dtype of the input, whose 0 leaves no parabola, and no slope between those of its sides.
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
