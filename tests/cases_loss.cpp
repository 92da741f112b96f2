#include <xgrad/autograd/ops/cross_entropy.hpp>
#include <xgrad/nn/losses.hpp>

#include "cases.hpp"

using namespace xgrad;
using nn::ClassOptions;
using nn::CrossEntropyOptions;
using nn::Reduction;

namespace cases {
namespace {

using Loss = std::function<Tensor(const Tensor&, const Tensor&, Reduction)>;

/// A loss of an input and a target of one shape; the samples go through the reductions in turn.
Case elementwise(const char* op, const Loss& loss, const Domain& input, const Domain& target, unsigned flags = none) {
  Case row{op, {}, {}, flags};
  const auto with = [loss](Reduction how) { return [=](const Tensors& x) { return loss(x[0], x[1], how); }; };
  const Reduction reductions[] = {Reduction::none, Reduction::mean, Reduction::sum};
  for (const Shape& shape : unary_shapes())
    row.samples.push_back({with(reductions[row.samples.size() % 3]), {input(shape), target(shape)}});
  for (const auto& [a, b] :
       std::vector<std::pair<Shape, Shape>>{{{3, 1}, {3}}, {{2, 3}, {3}}, {{}, {1}}, {{2, 3}, {3, 2}}})
    row.refusals.push_back({with(Reduction::mean), {input(a), target(b)}});
  row.refusals.push_back(
      {with(Reduction::mean), {input({2}), constant(target({2})).to(float32)}, {"float64", "float32"}});
  return row;
}

Domain unit() { return between(0.35, 0.65); }

/// With constant weights that broadcast; they follow the input and the target.
template <class F>
void add_weighted(Case& row, F loss, const std::vector<std::vector<Shape>>& shapes, const Domain& input) {
  for (const auto& s : shapes) {
    Tensors inputs = {input(s[0]), unit()(s[0])};
    for (std::size_t i = 1; i < s.size(); ++i) inputs.push_back(constant(positive(s[i])));
    row.samples.push_back({loss, inputs});
  }
}

std::vector<Case> of_probabilities() {
  Case plain = elementwise(
      "binary_cross_entropy",
      [](const Tensor& z, const Tensor& t, Reduction how) { return nn::binary_cross_entropy(z, t, how); }, unit(),
      unit());
  add_weighted(
      plain, [](const Tensors& x) { return nn::binary_cross_entropy(x[0], x[1], x[2]); },
      {{{2, 3}, {3}}, {{2, 3}, {2, 1}}, {{0, 3}, {3}}, {{4}, {}}}, unit());
  const TensorFunction f = [](const Tensors& x) { return nn::binary_cross_entropy(x[0], x[1]); };
  plain.refusals.push_back({f, {Tensor{0.5, 1.5}, Tensor{0.0, 1.0}}, {"1.5"}});
  plain.refusals.push_back({[](const Tensors& x) { return nn::binary_cross_entropy(x[0], x[1], x[2]); },
                            {unit()({2, 3}), unit()({2, 3}), constant(positive({2}))},
                            {"(2, 3)", "(2)"}});
  Case logits = elementwise(
      "binary_cross_entropy_with_logits",
      [](const Tensor& x, const Tensor& t, Reduction how) { return nn::binary_cross_entropy_with_logits(x, t, how); },
      any, unit());
  add_weighted(
      logits, [](const Tensors& x) { return nn::binary_cross_entropy_with_logits(x[0], x[1], x[2]); },
      {{{2, 3}, {3}}, {{0, 3}, {3}}, {{4}, {}}}, any);
  add_weighted(
      logits, [](const Tensors& x) { return nn::binary_cross_entropy_with_logits(x[0], x[1], {}, x[2]); },
      {{{2, 3}, {3}}, {{0, 3}, {3}}, {{4}, {}}}, any);
  add_weighted(
      logits, [](const Tensors& x) { return nn::binary_cross_entropy_with_logits(x[0], x[1], x[2], x[3]); },
      {{{2, 3}, {3}, {2, 1}}, {{3, 2}, {1}, {3, 2}}}, any);
  return {plain, logits};
}

/// A loss over classes: the labels' shape is that of the logits without axis 1, or 0 if there is one only.
struct Rows {
  Shape logits;
  Reduction reduction = Reduction::mean;
  bool weighted = false;
  std::int64_t ignored = -100;
  double smoothing = 0;
};

const std::vector<Rows>& rows_of_classes() {
  constexpr Reduction none = Reduction::none, sum = Reduction::sum, mean = Reduction::mean;
  static const std::vector<Rows> list = {{{3}},
                                         {{4}, none, true},
                                         {{5}, sum},
                                         {{0, 3}, sum},
                                         {{0, 3}, none, true},
                                         {{2, 3, 0}, none},
                                         {{0, 2, 2}, sum},
                                         {{2, 3, 0}, sum, true},
                                         {{1, 4}},
                                         {{4, 1}, sum},
                                         {{3, 2}},
                                         {{3, 3}, none},
                                         {{2, 4}, sum, true},
                                         {{4, 3}, mean, true},
                                         {{4, 3}, mean, true, 1},
                                         {{5, 2}, none, false, 0},
                                         {{2, 3, 2}},
                                         {{2, 3, 2}, none, true},
                                         {{2, 2, 2, 2}, mean, true, 1},
                                         {{2, 2, 1, 2}, sum},
                                         {{3, 4}, mean}};
  return list;
}

Shape labels_shape(const Shape& logits) { return logits.without(logits.rank() == 1 ? 0 : 1); }
std::int64_t classes(const Shape& logits) { return logits[logits.rank() == 1 ? 0 : 1]; }

using Classified = std::function<Tensor(const Tensor& x, const Tensor& target, const Tensor& weight, const Rows&)>;

Case classifying(const char* op, const Classified& loss, bool to_probabilities) {
  Case row{op, {}, {}, selects};  // with one class, or only ignored rows, all slopes are 0
  for (const Rows& rows : rows_of_classes()) {
    if (to_probabilities && rows.ignored >= 0) continue;
    Tensors inputs = {any(rows.logits), labels(labels_shape(rows.logits), classes(rows.logits))};
    if (to_probabilities) inputs[1] = unit()(rows.logits);
    if (rows.ignored == 1) Raw::write<std::int64_t>(inputs[1])[0] = 0;  // since the mean of no row is NaN
    if (rows.weighted) inputs.push_back(constant(positive({classes(rows.logits)})));
    row.samples.push_back(
        {[=](const Tensors& x) { return loss(x[0], x[1], rows.weighted ? x[2] : Tensor(), rows); }, inputs});
  }
  const TensorFunction f = [=](const Tensors& x) { return loss(x[0], x[1], x.size() > 2 ? x[2] : Tensor(), Rows{}); };
  row.refusals = {{f, {any({4, 3}), labels({3}, 3)}},
                  {f, {any({4, 3}), labels({4, 1}, 3)}},
                  {f, {any({}), labels({}, 3)}},
                  {f, {any({4, 3}), any({3, 4})}},
                  {f, {any({4, 3}), labels({4}, 3), constant(positive({4}))}, {"(4, 3)", "(4)"}},
                  {f, {any({2, 3}), Tensor{0, 3}}, {"3"}},
                  {f, {any({2, 3}), Tensor{-1, 0}}, {"-1"}}};
  return row;
}

Tensor crossing(const Tensor& x, const Tensor& target, const Tensor& weight, const Rows& rows) {
  CrossEntropyOptions options(rows.reduction);
  if (weight.defined()) options.weight(weight);
  return nn::cross_entropy(x, target, options.ignore_index(rows.ignored).label_smoothing(rows.smoothing));
}

Tensor smoothed(const Tensor& x, const Tensor& target, const Tensor& weight, Rows rows) {
  rows.smoothing = 0.2;
  return crossing(x, target, weight, rows);
}

Tensor likelihood(const Tensor& x, const Tensor& target, const Tensor& weight, const Rows& rows) {
  ClassOptions options(rows.reduction);
  if (weight.defined()) options.weight(weight);
  return nn::nll_loss(x, target, options.ignore_index(rows.ignored));
}

// The ops behind cross_entropy and nll_loss, which check the arguments before they call them.
using LabelOp = Tensor (*)(Tensor, Tensor, const xgrad::detail::RowOptions&, Source);

Case by_labels(const char* name, LabelOp op) {
  using xgrad::detail::RowReduction;
  const auto loss = [op](const Tensor& x, const Tensor& target, const Tensor& weight, const Rows& rows) {
    const RowReduction how = rows.reduction == Reduction::mean  ? RowReduction::mean
                             : rows.reduction == Reduction::sum ? RowReduction::sum
                                                                : RowReduction::none;
    return op(x, target, {weight, rows.ignored, how}, Source::here());
  };
  Case row = classifying(name, loss, false);
  row.refusals.clear();
  return row;
}

Case divergence() {
  Case row = elementwise(
      "kl_div", [](const Tensor& y, const Tensor& t, Reduction how) { return nn::kl_div(y, t, how); }, any, positive);
  const TensorFunction per_row = [](const Tensors& x) { return nn::kl_div(x[0], x[1], Reduction::batchmean); };
  row.samples.push_back({per_row, {any({3, 2}), positive({3, 2})}});
  row.samples.push_back({per_row, {any({2, 2, 2}), positive({2, 2, 2})}});
  return row;
}

}  // namespace

std::vector<Case> loss_cases() {
  std::vector<Case> all = {
      elementwise(
          "mse_loss", [](const Tensor& y, const Tensor& t, Reduction how) { return nn::mse_loss(y, t, how); }, any,
          any),
      elementwise(
          "half_squared_error",
          [](const Tensor& y, const Tensor& t, Reduction) { return nn::half_squared_error(y, t); }, any, any),
      elementwise(
          "l1_loss", [](const Tensor& y, const Tensor& t, Reduction how) { return nn::l1_loss(y, t, how); }, distinct,
          distinct_between),
      elementwise(
          "smooth_l1_loss",
          [](const Tensor& y, const Tensor& t, Reduction how) { return nn::smooth_l1_loss(y, t, how); }, distinct,
          distinct_between),
      elementwise(
          "smooth_l1_loss",
          [](const Tensor& y, const Tensor& t, Reduction how) { return nn::smooth_l1_loss(y, t, how, 0.5); }, distinct,
          distinct_between),
      elementwise(
          "smooth_l1_loss",
          [](const Tensor& y, const Tensor& t, Reduction how) { return nn::smooth_l1_loss(y, t, how, 0); }, distinct,
          distinct_between),
      elementwise(
          "huber_loss", [](const Tensor& y, const Tensor& t, Reduction how) { return nn::huber_loss(y, t, how); },
          distinct, distinct_between),
      elementwise(
          "huber_loss", [](const Tensor& y, const Tensor& t, Reduction how) { return nn::huber_loss(y, t, how, 0.5); },
          distinct, distinct_between),
      divergence(),
      elementwise(
          "kl_div",
          [](const Tensor& y, const Tensor& t, Reduction how) { return nn::kl_div(y, t, how, nn::log_target); }, any,
          any),
      classifying("cross_entropy", crossing, false),
      classifying("cross_entropy", smoothed, false),
      classifying("cross_entropy", crossing, true),
      classifying("cross_entropy", smoothed, true),
      classifying("nll_loss", likelihood, false),
      by_labels("label_cross_entropy", xgrad::detail::label_cross_entropy),
      by_labels("label_likelihood", xgrad::detail::label_likelihood),
  };
  for (Case& row : of_probabilities()) all.push_back(std::move(row));
  return all;
}

}  // namespace cases
