#include <xgrad/nn/margin_losses.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/graph/profiler.hpp>
#include <xgrad/autograd/kernels/runtime/scratch_vector.hpp>
#include <xgrad/autograd/ops/activation.hpp>
#include <xgrad/autograd/ops/arithmetic.hpp>
#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/autograd/ops/indexing.hpp>
#include <xgrad/autograd/ops/joining.hpp>
#include <xgrad/autograd/ops/norm.hpp>
#include <xgrad/autograd/ops/reduction.hpp>
#include <xgrad/autograd/ops/selection.hpp>
#include <xgrad/autograd/ops/shape.hpp>
#include <xgrad/nn/distance.hpp>
#include <xgrad/nn/loss_checks.hpp>
#include <xgrad/nn/loss_reduction.hpp>

namespace xgrad::nn {
namespace {

using xgrad::detail::argument_error;
using xgrad::detail::Timed;

// What all losses of this page begin with: defined tensors of one shape, in one floating dtype.
void prepare(const char* op, const std::vector<detail::Argument>& all, Reduction reduction, Source at) {
  detail::require_plain(op, reduction);
  for (const detail::Argument& one : all) detail::require_given(op, {{*one.tensor, one.name}});
  for (const detail::Argument& one : all)
    detail::require_same_shape(op, {*all[0].tensor, all[0].name}, {*one.tensor, one.name});
  detail::to_one_dtype(op, all, at);
}

}  // namespace

Tensor margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, const MarginRankingLossOptions& options,
                           Source at) {
  constexpr const char* op = "margin_ranking_loss";
  const Timed timed(op, at);
  detail::check_margin(op, options.margin());
  prepare(op, {{&input1, "input1"}, {&input2, "input2"}, {&target, "target"}}, options.reduction(), at);
  const Tensor gap = mul(target, sub(input2, input1, at), at);
  return detail::reduce(clamp_min(add(gap, options.margin(), at), 0, at), options.reduction(), at);
}

Tensor hinge_embedding_loss(Tensor input, Tensor target, const HingeEmbeddingLossOptions& options, Source at) {
  constexpr const char* op = "hinge_embedding_loss";
  const Timed timed(op, at);
  detail::check_margin(op, options.margin());
  prepare(op, {{&input, "input"}, {&target, "target"}}, options.reduction(), at);
  const Tensor apart = clamp_min(sub(options.margin(), input, at), 0, at);
  const Tensor losses = add(where(target != 1, apart, 0, at), where(target != -1, input, 0, at), at);
  return detail::reduce(losses, options.reduction(), at);
}

Tensor soft_margin_loss(Tensor input, Tensor target, const PlainLossOptions& options, Source at) {
  constexpr const char* op = "soft_margin_loss";
  const Timed timed(op, at);
  prepare(op, {{&input, "input"}, {&target, "target"}}, options.reduction(), at);
  return detail::reduce(neg(logsigmoid(mul(target, input, at), at), at), options.reduction(), at);
}

Tensor cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, const MarginRankingLossOptions& options,
                             Source at) {
  constexpr const char* op = "cosine_embedding_loss";
  const Timed timed(op, at);
  detail::check_margin(op, options.margin());
  prepare(op, {{&input1, "input1"}, {&input2, "input2"}}, options.reduction(), at);
  detail::require_given(op, {{target, "target"}});
  if (input1.rank() < 1 || input1.rank() > 2 || target.shape() != input1.shape().without(input1.rank() - 1))
    throw argument_error("cosine_embedding_loss: input1 is " + to_string(input1.shape()) + ", target is " +
                         to_string(target.shape()) +
                         ": losses do not broadcast: vectors (N, D) have targets (N), and one of (D) a target ()");
  detail::require_same_floating(op, {target, "target"}, {input1, "input1"});
  // The length is √(Σ x² + 1e-12): that of the vector with one element more, which squares of no size overflow.
  const auto unit = [&](const Tensor& x) {
    const Tensor longer = concat({x, full(x.shape().with(x.rank() - 1, 1), 1e-6, x.dtype())}, -1, at);
    return div(x, norm(longer, 2, -1, keepdims, at), at);
  };
  const Tensor cosine = sum(mul(unit(input1), unit(input2), at), -1, KeepDims::no, at);
  const Tensor apart = clamp_min(sub(cosine, options.margin(), at), 0, at);
  const Tensor losses = where(target == 1, sub(1, cosine, at), where(target == -1, apart, 0, at), at);
  return detail::reduce(losses, options.reduction(), at);
}

namespace {

// A batch of rows (N, C), floating.
Tensor rows_of(const char* op, const Tensor& x, Source at) {
  if (x.rank() < 1 || x.rank() > 2)
    throw argument_error(std::string(op) + ": the input has shape " + to_string(x.shape()) +
                         ": it must be (N, C) or (C)");
  const Tensor floating = is_floating(x.dtype()) ? x : to(x, float32, at);
  return x.rank() == 1 ? unsqueeze(floating, 0, at) : floating;
}

// The losses of the rows of x, which are one number where x is one row.
Tensor reduce_rows(Tensor losses, const Tensor& x, Reduction reduction, Source at) {
  if (x.rank() == 1) losses = reshape(std::move(losses), Shape(), at);
  return detail::reduce(std::move(losses), reduction, at);
}

// The losses of rows without classes are 0, of which there may be more than memory holds.
Tensor of_no_classes(const Tensor& x, const Tensor& input, Reduction reduction, Source at) {
  Tensor nothing = sum(x, {}, KeepDims::no, at);
  if (reduction != Reduction::none) return nothing;
  return reduce_rows(add(zeros({x.shape()[0]}, x.dtype()), nothing, at), input, reduction, at);
}

void require_labels(const char* op, const Tensor& target, const Shape& shape, const Tensor& x) {
  if (target.dtype() != int64 || target.shape() != shape)
    throw argument_error(std::string(op) + ": the target is " + name_of(target.dtype()) + " " +
                         to_string(target.shape()) + " for input " + to_string(x.shape()) +
                         ": labels for it are int64 of shape " + to_string(shape));
}

void require_label(const char* op, std::int64_t row, std::int64_t label, std::int64_t classes) {
  if (label >= 0 && label < classes) return;
  throw argument_error(std::string(op) + ": a label of row " + std::to_string(row) + " is " + std::to_string(label) +
                       ": labels lie in [0, " + std::to_string(classes) + ")");
}

// Where i, counted in rows of `classes`, is none of the labels of its row; the labels of row r are the first counts[r]
// of labels (N, K).
Tensor other_classes(const Tensor& labels, const xgrad::detail::ScratchVector<std::int64_t>& counts,
                     std::int64_t classes) {
  const std::int64_t rows = labels.shape()[0], most = labels.shape()[1];
  Tensor others = Raw::uninitialized({rows, classes}, boolean);
  bool* to = Raw::write<bool>(others);
  std::fill_n(to, rows * classes, true);
  const auto* label = Raw::data<std::int64_t>(labels);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t k = 0; k < counts[static_cast<std::size_t>(r)]; ++k)
      to[r * classes + label[r * most + k]] = false;
  return others;
}

}  // namespace

Tensor multi_margin_loss(Tensor input, Tensor target, const MultiMarginLossOptions& options, Source at) {
  constexpr const char* op = "multi_margin_loss";
  const Timed timed(op, at);
  detail::require_plain(op, options.reduction());
  detail::require_given(op, {{input, "input"}, {target, "target"}});
  detail::check_multi_margin(op, options);
  const Tensor x = rows_of(op, input, at);
  const std::int64_t rows = x.shape()[0], classes = x.shape()[1];
  require_labels(op, target, input.shape().without(input.rank() - 1), input);
  const Tensor label = reshape(target, {rows, 1}, at);
  for (std::int64_t r = 0; r < rows; ++r) require_label(op, r, Raw::data<std::int64_t>(label)[r], classes);
  Tensor weight = options.weight();
  if (weight.defined()) {
    detail::require_same_floating(op, {weight, "weight"}, {x, "input"});
    if (weight.shape() != Shape{classes})
      throw argument_error("multi_margin_loss: the weight must have shape " + to_string(Shape{classes}) +
                           " for input " + to_string(input.shape()) + ", got " + to_string(weight.shape()));
    weight = index_select(to(weight, x.dtype(), at), 0, reshape(label, Shape{rows}, at), at);
  }
  const Tensor others =
      other_classes(label, xgrad::detail::ScratchVector<std::int64_t>(static_cast<std::size_t>(rows), 1), classes);
  Tensor each = relu(add(sub(x, gather(x, 1, label, at), at), options.margin(), at), at);
  if (options.p() == 2) each = square(each, at);
  Tensor losses = sum(where(others, each, 0, at), 1, KeepDims::no, at);
  if (classes > 0) losses = div(losses, static_cast<double>(classes), at);
  if (weight.defined()) losses = mul(losses, weight, at);
  return reduce_rows(std::move(losses), input, options.reduction(), at);
}

Tensor multilabel_margin_loss(Tensor input, Tensor target, const PlainLossOptions& options, Source at) {
  constexpr const char* op = "multilabel_margin_loss";
  const Timed timed(op, at);
  detail::require_plain(op, options.reduction());
  detail::require_given(op, {{input, "input"}, {target, "target"}});
  const Tensor x = rows_of(op, input, at);
  const std::int64_t rows = x.shape()[0], classes = x.shape()[1];
  require_labels(op, target, input.shape(), input);
  if (classes == 0 && rows > 0) return of_no_classes(x, input, options.reduction(), at);
  const auto* label = Raw::data<std::int64_t>(target);
  xgrad::detail::ScratchVector<std::int64_t> counts(static_cast<std::size_t>(rows));
  std::int64_t most = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto* const begin = label + r * classes;
    for (std::int64_t k = 0; k < classes; ++k)  // those behind the end too
      if (begin[k] != -1) require_label(op, r, begin[k], classes);
    const std::int64_t count = std::find(begin, begin + classes, -1) - begin;
    counts[static_cast<std::size_t>(r)] = count;
    most = std::max(most, count);
  }
  const Tensor first = zeros(Shape{rows, most}, int64), used = zeros(Shape{rows, most}, boolean);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t k = 0; k < counts[static_cast<std::size_t>(r)]; ++k) {
      Raw::write<std::int64_t>(first)[r * most + k] = label[r * classes + k];
      Raw::write<bool>(used)[r * most + k] = true;
    }
  // Every label of a row against every class of it, (N, K, C).
  const Tensor others = other_classes(first, counts, classes);
  const Tensor margins = sub(1, unsqueeze(gather(x, 1, first, at), 2, at), at);
  const Tensor each = relu(add(margins, unsqueeze(x, 1, at), at), at);
  const Tensor counted = unsqueeze(used, 2) & unsqueeze(others, 1);
  Tensor losses = sum(where(counted, each, 0, at), {1, 2}, KeepDims::no, at);
  if (classes > 0) losses = div(losses, static_cast<double>(classes), at);
  return reduce_rows(std::move(losses), input, options.reduction(), at);
}

Tensor multilabel_soft_margin_loss(Tensor input, Tensor target, const BCELossOptions& options, Source at) {
  constexpr const char* op = "multilabel_soft_margin_loss";
  const Timed timed(op, at);
  prepare(op, {{&input, "input"}, {&target, "target"}}, options.reduction(), at);
  detail::require_weight(op, input, options.weight(), "weight");
  if (input.rank() == 0)
    throw argument_error("multilabel_soft_margin_loss: the input has shape (): it needs an axis of classes");
  const Tensor of_ones = mul(target, logsigmoid(input, at), at);
  const Tensor of_zeros = mul(sub(1, target, at), logsigmoid(neg(input, at), at), at);
  Tensor losses = neg(add(of_ones, of_zeros, at), at);
  if (options.weight().defined()) losses = mul(losses, to(options.weight(), input.dtype(), at), at);
  return detail::reduce(mean(losses, -1, KeepDims::no, at), options.reduction(), at);
}

namespace {

template <class F>
Tensor triplet(const char* op, Tensor a, Tensor p, Tensor n, double margin, bool swap, Reduction reduction, Source at,
               const F& distance) {
  const Timed timed(op, at);
  detail::check_triplet_margin(op, margin);
  prepare(op, {{&a, "anchor"}, {&p, "positive"}, {&n, "negative"}}, reduction, at);
  if (a.rank() == 0) throw argument_error(std::string(op) + ": the anchor has shape (): it must have an axis at least");
  const Tensor near = distance(a, p);
  Tensor far = distance(a, n);
  if (swap) far = minimum(far, distance(p, n), at);
  return detail::reduce(clamp_min(sub(add(near, margin, at), far, at), 0, at), reduction, at);
}

}  // namespace

Tensor triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, const TripletMarginLossOptions& options,
                           Source at) {
  constexpr const char* op = "triplet_margin_loss";
  detail::check_triplet_options(op, options);
  return triplet(op, std::move(anchor), std::move(positive), std::move(negative), options.margin(), options.swap(),
                 options.reduction(), at, [&](const Tensor& a, const Tensor& b) {
                   return pairwise_distance(a, b, options.p(), options.eps(), KeepDims::no, at);
                 });
}

TripletMarginWithDistanceLossOptions& TripletMarginWithDistanceLossOptions::distance_function(DistanceFunction value) {
  distance_function_ = std::move(value);
  return *this;
}

Tensor triplet_margin_with_distance_loss(Tensor anchor, Tensor positive, Tensor negative,
                                         const TripletMarginWithDistanceLossOptions& options, Source at) {
  return triplet("triplet_margin_with_distance_loss", std::move(anchor), std::move(positive), std::move(negative),
                 options.margin(), options.swap(), options.reduction(), at, [&](const Tensor& a, const Tensor& b) {
                   if (options.distance_function()) return options.distance_function()(a, b);
                   return pairwise_distance(a, b, 2, 1e-6, KeepDims::no, at);
                 });
}

}  // namespace xgrad::nn
