#include <xgrad/nn/adaptive_softmax.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include <xgrad/autograd/graph/calling.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/scattering.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/autograd/ops/slicing.hpp>
#include <xgrad/autograd/ops/softmax.hpp>
#include <xgrad/nn/printing.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;

constexpr const char* name = "AdaptiveLogSoftmaxWithLoss";

std::string listed(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t n : numbers) text += (text.empty() ? "" : ", ") + std::to_string(n);
  return "(" + text + ")";
}

// The cutoffs with the number of classes behind them.
std::vector<std::int64_t> checked_borders(std::int64_t in_features, std::int64_t n_classes,
                                          const std::vector<std::int64_t>& cutoffs, double div_value) {
  if (in_features < 0)
    throw argument_error(std::string(name) + ": in_features must not be negative, got " + std::to_string(in_features));
  const bool rise = std::adjacent_find(cutoffs.begin(), cutoffs.end(), std::greater_equal<>()) == cutoffs.end();
  if (cutoffs.empty() || !rise || cutoffs.front() < 1 || cutoffs.back() >= n_classes)
    throw argument_error(std::string(name) + ": the cutoffs are " + listed(cutoffs) + " for " +
                         std::to_string(n_classes) +
                         " classes: there must be one at least, they must rise, begin above 0, and stay below the "
                         "number of classes");
  if (!(div_value > 0) || std::isinf(div_value))
    throw argument_error(std::string(name) + ": div_value must be positive and finite, got " +
                         detail::python(div_value));
  std::vector<std::int64_t> borders = cutoffs;
  borders.push_back(n_classes);
  return borders;
}

// Python's in_features // div_value ** k, which is exact where the rounded quotient is not.
std::int64_t width_of(std::int64_t in_features, double div_value, std::size_t k) {
  const auto in = static_cast<double>(in_features);
  const double by = std::pow(div_value, static_cast<double>(k));
  const double quotient = by > 0 ? (in - std::fmod(in, by)) / by : INFINITY;
  const double width = std::floor(quotient) + (quotient - std::floor(quotient) > 0.5 ? 1 : 0);
  if (!(width < 0x1p62))
    throw argument_error(std::string(name) + ": cluster " + std::to_string(k) + " would have " +
                         std::to_string(in_features) + " / " + detail::python(by) +
                         " features: a div_value of 1 or more keeps them few");
  return static_cast<std::int64_t>(width);
}

}  // namespace

AdaptiveLogSoftmaxWithLoss::AdaptiveLogSoftmaxWithLoss(Dim in_features, Dim n_classes,
                                                       const std::vector<std::int64_t>& cutoffs, const Options& options)
    : AdaptiveLogSoftmaxWithLoss(in_features, checked_borders(in_features, n_classes, cutoffs, options.div_value()),
                                 options, xgrad::detail::Calling(name)) {}

AdaptiveLogSoftmaxWithLoss::AdaptiveLogSoftmaxWithLoss(std::int64_t in_features, std::vector<std::int64_t> borders,
                                                       const Options& options,
                                                       const xgrad::detail::Calling& /*calling*/)
    : head(in_features, borders.front() + static_cast<std::int64_t>(borders.size()) - 1, Bias(options.head_bias())),
      in_features_(in_features),
      borders_(std::move(borders)) {
  for (std::size_t k = 1; k < borders_.size(); ++k) {
    const std::int64_t width = width_of(in_features_, options.div_value(), k);
    tail.append(
        Sequential{Linear(in_features_, width, no_bias), Linear(width, borders_[k] - borders_[k - 1], no_bias)});
  }
  add("head", head);
  add("tail", tail);
}

// The input as a batch.
Tensor AdaptiveLogSoftmaxWithLoss::rows_of(const Tensor& input) const {
  if (!input.defined()) throw argument_error("the input is undefined");
  if (input.rank() < 1 || input.rank() > 2 || input.shape().back() != in_features_)
    throw argument_error("expected input of shape (N, " + std::to_string(in_features_) + ") or (" +
                         std::to_string(in_features_) + "), got " + to_string(input.shape()));
  if (input.dtype() != head.weight.dtype())
    throw argument_error(std::string("the input is ") + name_of(input.dtype()) + ", weight is " +
                         name_of(head.weight.dtype()) + ": write 1.0f, x.to(float32) or model.to(float64)");
  return input.rank() == 1 ? unsqueeze(input, 0, call_site()) : input;
}

std::pair<Tensor, Tensor> AdaptiveLogSoftmaxWithLoss::forward(const Tensor& input, const Tensor& target) {
  const Tensor x = rows_of(input);
  const std::int64_t count = x.shape()[0];
  if (!target.defined()) throw argument_error("the target is undefined");
  const Shape expected = input.rank() == 1 ? Shape() : Shape{count};
  if (target.dtype() != int64 || target.shape() != expected)
    throw argument_error("the target is " + std::string(name_of(target.dtype())) + " of shape " +
                         to_string(target.shape()) + " for an input of shape " + to_string(input.shape()) +
                         ": labels for it are int64 of shape " + to_string(expected));
  const auto* label = Raw::data<std::int64_t>(target);
  // For each row the column of the head, and for each cluster its rows with their columns in it.
  xgrad::detail::ScratchVector<std::int64_t> columns(static_cast<std::size_t>(count));
  std::vector<xgrad::detail::ScratchVector<std::int64_t>> rows(borders_.size()), within(borders_.size());
  for (std::int64_t i = 0; i < count; ++i) {
    if (label[i] < 0 || label[i] >= n_classes())
      throw argument_error("target " + std::to_string(i) + " is " + std::to_string(label[i]) + ": it must lie in [0, " +
                           std::to_string(n_classes()) + ")");
    const auto k =
        static_cast<std::size_t>(std::upper_bound(borders_.begin(), borders_.end(), label[i]) - borders_.begin());
    columns[static_cast<std::size_t>(i)] = k == 0 ? label[i] : borders_[0] + static_cast<std::int64_t>(k) - 1;
    if (k == 0) continue;
    rows[k].push_back(i);
    within[k].push_back(label[i] - borders_[k - 1]);
  }
  const Source at = call_site();
  const auto chosen = [at](const Tensor& scores, const xgrad::detail::ScratchVector<std::int64_t>& of_row) {
    return squeeze(gather(log_softmax(scores, 1, at), 1, unsqueeze(Tensor(of_row), 1, at), at), 1, at);
  };
  Tensor output = chosen(head(x, at), columns);
  for (std::size_t k = 1; k < borders_.size(); ++k) {
    if (rows[k].empty()) continue;
    const Tensor of = Tensor(rows[k]);
    const Sequential& cluster = tail[static_cast<std::int64_t>(k) - 1];
    output = index_add(output, 0, of, chosen(cluster(index_select(x, 0, of, at), at), within[k]), 1, at);
  }
  const Tensor loss = mean(neg(output, at), {}, KeepDims::no, at);
  return {input.rank() == 1 ? squeeze(output, 0, at) : output, loss};
}

// The log-probabilities of all classes for a batch and what the head makes of it.
Tensor AdaptiveLogSoftmaxWithLoss::of_all(const Tensor& rows, const Tensor& head_output, Source at) const {
  const Tensor first = log_softmax(head_output, 1, at);
  std::vector<Tensor> parts = {narrow(first, 1, 0, borders_[0], at)};
  std::int64_t column = borders_[0];
  for (const Sequential& cluster : tail)
    parts.push_back(xgrad::add(log_softmax(cluster(rows, at), 1, at), narrow(first, 1, column++, 1, at), at));
  return concat(parts, 1, at);
}

Tensor AdaptiveLogSoftmaxWithLoss::log_prob(const Tensor& input, Source at) const {
  return call(
      [&] {
        const Tensor x = rows_of(input);
        const Tensor y = of_all(x, head(x, at), at);
        return input.rank() == 1 ? squeeze(y, 0, at) : y;
      },
      at);
}

Tensor AdaptiveLogSoftmaxWithLoss::predict(const Tensor& input, Source at) const {
  return call(
      [&] {
        const NoGrad off;
        const Tensor x = rows_of(input), scores = head(x, at);
        Tensor best = argmax(scores, 1, KeepDims::no, at);
        // A class of the head that beats every cluster beats all that is in them.
        xgrad::detail::ScratchVector<std::int64_t> open;
        for (std::int64_t i = 0; i < best.size(); ++i)
          if (Raw::data<std::int64_t>(best)[i] >= borders_[0]) open.push_back(i);
        if (!open.empty()) {
          const Tensor of = Tensor(open);
          const Tensor all = of_all(index_select(x, 0, of, at), index_select(scores, 0, of, at), at);
          best = index_copy(best, 0, of, argmax(all, 1, KeepDims::no, at), at);
        }
        return input.rank() == 1 ? squeeze(best, 0, at) : best;
      },
      at);
}

}  // namespace xgrad::nn
