#include <xgrad/nn/cross_entropy.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/dispatch.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/cross_entropy.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/nn/loss_checks.hpp>
#include <xgrad/nn/loss_reduction.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::class_axis;
using xgrad::detail::RowOptions;
using xgrad::detail::RowReduction;

void check_input(const char* op, const Tensor& x, const char* name, const Tensor& target, Reduction reduction) {
  detail::require_given(op, {{x, name}, {target, "the target"}});
  detail::require_plain(op, reduction);
  if (!is_floating(x.dtype()))
    throw xgrad::detail::argument_error(std::string(op) + ": " + name + " are " + name_of(x.dtype()) +
                                        ": only float32 and float64 have losses: convert them with to()");
  if (x.rank() == 0)
    throw xgrad::detail::argument_error(std::string(op) + ": " + name + " have shape (): they need an axis of classes");
}

void check_label_shape(const char* op, const Tensor& x, const char* name, const Tensor& target) {
  const Shape rows = x.shape().without(class_axis(x.shape()));
  if (target.dtype() != int64)
    throw xgrad::detail::argument_error(std::string(op) + ": the target is " + name_of(target.dtype()) + " " +
                                        to_string(target.shape()) + " for " + name + " " + to_string(x.shape()) +
                                        ": labels are int64 of shape " + to_string(rows));
  if (target.shape() != rows)
    throw xgrad::detail::argument_error(std::string(op) + ": the target is " + to_string(target.shape()) + " for " +
                                        name + " " + to_string(x.shape()) + ": labels for them have shape " +
                                        to_string(rows));
}

void check_labels(const char* op, const Tensor& target, std::int64_t classes, std::int64_t ignored) {
  const std::int64_t* labels = Raw::data<std::int64_t>(target);
  const std::int64_t rows = target.size();
  const auto wrong = [&](std::int64_t i) {
    return ((labels[i] < 0) | (labels[i] >= classes)) & (labels[i] != ignored);  // without a branch, so in vectors
  };
  std::int64_t any = 0;
  for (std::int64_t i = 0; i < rows; ++i) any |= wrong(i);
  if (any == 0) return;
  for (std::int64_t i = 0; i < rows; ++i)
    if (wrong(i))
      throw xgrad::detail::argument_error(std::string(op) + ": the label of row " + std::to_string(i) + " is " +
                                          std::to_string(labels[i]) + ": labels lie in [0, " + std::to_string(classes) +
                                          "), or are ignore_index");
}

// The weights of the classes in the dtype of x, or an undefined tensor.
Tensor checked_weight(const char* op, const Tensor& x, const char* name, const Tensor& weight, Source at) {
  if (!weight.defined()) return weight;
  const Shape shape{x.shape()[class_axis(x.shape())]};
  if (weight.shape() != shape)
    throw xgrad::detail::argument_error(std::string(op) + ": the weight must have shape " + to_string(shape) + " for " +
                                        name + " " + to_string(x.shape()) + ", got " + to_string(weight.shape()));
  if (weight.requires_grad() && grad_enabled())
    throw xgrad::detail::argument_error(
        std::string(op) +
        ": the weight requires a gradient, but classes are weighted by constants: pass weight.detach()");
  return detail::follow(op, {weight, "weight"}, {x, name}, at);
}

RowOptions rows_of(Tensor weight, std::int64_t ignored, Reduction reduction) {
  const bool mean = reduction == Reduction::mean, sum = reduction == Reduction::sum;
  return {std::move(weight), ignored, mean ? RowReduction::mean : sum ? RowReduction::sum : RowReduction::none};
}

// The weights of the classes so that they broadcast along the class axis.
Tensor as_column(const Tensor& weight, const Tensor& x, std::size_t axis, Source at) {
  std::vector<std::int64_t> shape(x.rank() - axis, 1);
  shape[0] = weight.size();
  return reshape(weight, shape, at);
}

// (1 - ε) times the loss of the label plus ε times the mean of the weighted losses of all classes. Rows that are
// ignored are replaced by zeros, so that NaN or infinity in them reaches neither the loss nor a gradient.
Tensor smoothed_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight,
                              const CrossEntropyOptions& options, Source at) {
  const std::size_t axis = class_axis(x.shape());
  const double epsilon = options.label_smoothing(), n = static_cast<double>(x.shape()[axis]);
  const RowOptions rows = rows_of(weight, options.ignore_index(), Reduction::none);
  const Tensor skip = target == options.ignore_index();
  const Tensor known = sum(skip).item() == 0 ? x : where(unsqueeze(skip, axis), 0, x, at);
  const Tensor y = log_softmax(known, axis, at);
  const Tensor label_loss = xgrad::detail::label_likelihood(y, target, rows, at);
  const Tensor all = sum(weight.defined() ? mul(y, as_column(weight, x, axis, at), at) : y, axis, KeepDims::no, at);
  const Tensor even_loss = where(skip, 0, mul(all, -epsilon / n, at), at);
  const Tensor losses = add(mul(label_loss, 1 - epsilon, at), even_loss, at);
  if (options.reduction() != Reduction::mean) return detail::reduce(losses, options.reduction(), at);
  const double total = xgrad::detail::total_weight(target, rows);
  const Tensor loss = sum(losses, {}, KeepDims::no, at);
  // A mean over no rows is NaN, with a gradient of zeros.
  if (total == 0) return add(mul(loss, 0, at), std::numeric_limits<double>::quiet_NaN(), at);
  return div(loss, total, at);
}

bool holds(const Tensor& x, double number) {
  return xgrad::detail::visit_floating(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    const T* at = Raw::data<T>(x);
    int found = 0;  // no early exit, so that the loop is vectorized
    for (std::int64_t i = 0, n = x.size(); i < n; ++i) found |= static_cast<int>(at[i] == static_cast<T>(number));
    return found != 0;
  });
}

// A class with probability 0 in both target and softmax adds 0, the limit of t ln p.
Tensor soft_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight,
                          const CrossEntropyOptions& options, Source at) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::size_t axis = class_axis(x.shape());
  const double epsilon = options.label_smoothing(), n = static_cast<double>(x.shape()[axis]);
  Tensor share = epsilon == 0 ? target : add(mul(target, 1 - epsilon, at), epsilon / n, at);
  if (weight.defined()) share = mul(share, as_column(weight, x, axis, at), at);
  Tensor y = log_softmax(x, axis, at);
  if (holds(y, -infinity)) y = where((share == 0) & (y == -infinity), 0, y, at);
  const Tensor losses = neg(sum(mul(y, share, at), axis, KeepDims::no, at), at);
  return detail::reduce(losses, options.reduction(), at);
}

void check_soft_target(const Tensor& x, const Tensor& target, const CrossEntropyOptions& options) {
  if (target.shape() != x.shape())
    throw xgrad::detail::argument_error("cross_entropy: the target is " + std::string(name_of(target.dtype())) + " " +
                                        to_string(target.shape()) + " for logits " + to_string(x.shape()) +
                                        ": labels are int64, and probabilities have the logits' shape");
  if (options.ignore_index() >= 0)
    throw xgrad::detail::argument_error("cross_entropy: ignore_index is " + std::to_string(options.ignore_index()) +
                                        " and the target " + name_of(target.dtype()) +
                                        ": only int64 labels can be ignored");
  detail::require_probabilities("cross_entropy", target, "target", "");
}

}  // namespace

Tensor cross_entropy(Tensor logits, Tensor target, const CrossEntropyOptions& options, Source at) {
  const xgrad::detail::Calling calling("cross_entropy", at);
  check_input("cross_entropy", logits, "logits", target, options.reduction());
  const double epsilon = options.label_smoothing();
  detail::check_smoothing("cross_entropy", epsilon);
  const Tensor weight = checked_weight("cross_entropy", logits, "logits", options.weight(), at);
  if (is_floating(target.dtype())) {
    check_soft_target(logits, target, options);
    return soft_cross_entropy(logits, detail::follow("cross_entropy", {target, "target"}, {logits, "logits"}, at),
                              weight, options, at);
  }
  check_label_shape("cross_entropy", logits, "logits", target);
  check_labels("cross_entropy", target, logits.shape()[class_axis(logits.shape())], options.ignore_index());
  if (epsilon != 0) return smoothed_cross_entropy(logits, target, weight, options, at);
  const RowOptions rows = rows_of(weight, options.ignore_index(), options.reduction());
  return xgrad::detail::label_cross_entropy(std::move(logits), std::move(target), rows, at);
}

Tensor nll_loss(Tensor log_probabilities, Tensor target, const ClassOptions& options, Source at) {
  const xgrad::detail::Calling calling("nll_loss", at);
  check_input("nll_loss", log_probabilities, "log-probabilities", target, options.reduction());
  check_label_shape("nll_loss", log_probabilities, "log-probabilities", target);
  const Tensor weight = checked_weight("nll_loss", log_probabilities, "log-probabilities", options.weight(), at);
  check_labels("nll_loss", target, log_probabilities.shape()[class_axis(log_probabilities.shape())],
               options.ignore_index());
  const RowOptions rows = rows_of(weight, options.ignore_index(), options.reduction());
  return xgrad::detail::label_likelihood(std::move(log_probabilities), std::move(target), rows, at);
}

}  // namespace xgrad::nn
