#include <xgrad/autograd/ops/ctc_loss.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/likelihood_losses.hpp>
#include <xgrad/nn/margin_losses.hpp>

#include "cases.hpp"

using namespace xgrad;
using nn::Reduction;

namespace cases {
namespace {

constexpr Reduction reductions_of[] = {Reduction::none, Reduction::mean, Reduction::sum};

/// 1 or -1, a constant in float64.
Tensor signs(const Shape& shape) {
  Tensor t = ones(shape, float64);
  for (std::int64_t i = 0; i < t.size(); i += 2) Raw::write<double>(t)[i] = -1;
  return t;
}

/// Multiples of 0.4 in random order, so that no two differ by the margin 1.
Tensor lattice(const Shape& shape) {
  const Tensor x = distinct(shape), order = argsort(x.detach().reshape({-1}), 0);
  Tensor y = x.detach().clone();
  for (std::int64_t i = 0; i < y.size(); ++i)
    Raw::write<double>(y)[order[i].item<std::int64_t>()] = 0.4 * static_cast<double>(i - y.size() / 2);
  return y.requires_grad_();
}

/// How the arguments of a loss are made from a shape.
using Arguments = std::function<Tensors(const Shape&)>;
using Loss = std::function<Tensor(const Tensors&, Reduction)>;

/// The samples go through the reductions in turn. The loss refuses the same arguments of unlike shapes.
Case with_reductions(const char* op, const Loss& loss, const Arguments& arguments, const std::vector<Shape>& shapes,
                     unsigned flags = none) {
  Case row{op, {}, {}, flags};
  const auto with = [loss](Reduction how) { return [=](const Tensors& x) { return loss(x, how); }; };
  for (const Shape& shape : shapes)
    row.samples.push_back({with(reductions_of[row.samples.size() % 3]), arguments(shape)});
  Tensors wrong = arguments({2, 3});
  wrong[1] = arguments({4, 3})[1];
  row.refusals.push_back({with(Reduction::mean), wrong, {to_string(wrong[0].shape()), to_string(wrong[1].shape())}});
  row.refusals.push_back({with(Reduction::batchmean), arguments({2, 3}), {"batchmean"}});
  return row;
}

const std::vector<Shape>& rows_of_vectors() {
  static const std::vector<Shape> list = {{3},    {2, 3}, {0, 3}, {0, 2}, {0, 4}, {0, 1}, {4},    {1, 4}, {3, 2},
                                          {5, 2}, {2, 2}, {4, 3}, {2, 4}, {3, 3}, {2, 5}, {1, 3}, {3, 4}, {2, 35}};
  return list;
}

std::vector<Case> of_signs() {
  using nn::HingeEmbeddingLossOptions;
  using nn::MarginRankingLossOptions;
  const Arguments pair = [](const Shape& shape) { return Tensors{distinct(shape), signs(shape)}; };
  const Arguments three = [](const Shape& shape) {
    return Tensors{distinct(shape), distinct_between(shape), signs(shape)};
  };
  const Arguments vectors = [](const Shape& shape) {
    return Tensors{nonzero(shape), nonzero(shape), signs(shape.without(shape.rank() - 1))};
  };
  return {with_reductions(
              "margin_ranking_loss",
              [](const Tensors& x, Reduction how) {
                return nn::margin_ranking_loss(x[0], x[1], x[2], MarginRankingLossOptions(how).margin(0.01));
              },
              three, unary_shapes(), selects),
          with_reductions(
              "hinge_embedding_loss",
              [](const Tensors& x, Reduction how) {
                return nn::hinge_embedding_loss(x[0], x[1], HingeEmbeddingLossOptions(how).margin(30));
              },
              pair, unary_shapes()),
          with_reductions(
              "soft_margin_loss", [](const Tensors& x, Reduction how) { return nn::soft_margin_loss(x[0], x[1], how); },
              pair, unary_shapes()),
          with_reductions(
              "cosine_embedding_loss",
              [](const Tensors& x, Reduction how) {
                return nn::cosine_embedding_loss(x[0], x[1], x[2], MarginRankingLossOptions(how).margin(-1.5));
              },
              vectors, rows_of_vectors(), selects)};
}

std::vector<Case> of_classes() {
  const Arguments labelled = [](const Shape& shape) {
    return Tensors{distinct(shape), labels(shape.without(shape.rank() - 1), shape.back())};
  };
  const Arguments listed = [](const Shape& shape) {
    Tensor lists = full(shape, -1, int64);
    for (std::int64_t r = 0; r < lists.size() / shape.back(); ++r) {
      Raw::write<std::int64_t>(lists)[r * shape.back()] = r % shape.back();
      if (shape.back() > 2) Raw::write<std::int64_t>(lists)[r * shape.back() + 1] = (r + 1) % shape.back();
    }
    return Tensors{lattice(shape), lists};
  };
  const Arguments soft = [](const Shape& shape) { return Tensors{any(shape), between(0.2, 0.8)(shape)}; };
  const auto margins = [](double p) {
    return [p](const Tensors& x, Reduction how) {
      const auto options = nn::MultiMarginLossOptions(how).p(static_cast<int>(p)).margin(50);
      return nn::multi_margin_loss(x[0], x[1], options);
    };
  };
  Case plain = with_reductions("multi_margin_loss", margins(1), labelled, rows_of_vectors(), selects);
  Case squared = with_reductions("multi_margin_loss", margins(2), labelled, rows_of_vectors(), selects);
  const TensorFunction weighted = [](const Tensors& x) {
    return nn::multi_margin_loss(x[0], x[1], nn::MultiMarginLossOptions().margin(50).weight(x[2]));
  };
  for (const Shape& shape : {Shape{2, 3}, Shape{0, 3}, Shape{4}, Shape{5, 4}})
    plain.samples.push_back({weighted, {distinct(shape), labelled(shape)[1], constant(positive({shape.back()}))}});
  plain.refusals.push_back({weighted, {any({2, 3}), Tensor{0, 1}, constant(any({2}))}, {"(2, 3)", "(2)"}});
  plain.refusals.push_back(
      {[](const Tensors& x) { return nn::multi_margin_loss(x[0], x[1]); }, {any({2, 3}), Tensor{0, 3}}, {"3"}});
  plain.refusals.push_back(
      {[](const Tensors& x) { return nn::multi_margin_loss(x[0], x[1], nn::MultiMarginLossOptions().p(3)); },
       {any({2, 3}), Tensor{0, 1}},
       {"3"}});
  Case multilabel = with_reductions(
      "multilabel_margin_loss",
      [](const Tensors& x, Reduction how) { return nn::multilabel_margin_loss(x[0], x[1], how); }, listed,
      {rows_of_vectors().begin(), rows_of_vectors().end() - 1}, selects);
  multilabel.refusals.push_back(
      {[](const Tensors& x) { return nn::multilabel_margin_loss(x[0], x[1]); }, {any({3}), Tensor{0, 7, -1}}, {"7"}});
  for (const Tensor& behind_the_end : {Tensor{0, -1, 99}, Tensor{-1, 0, 3}, Tensor{0, -1, -2}})
    multilabel.refusals.push_back({[](const Tensors& x) { return nn::multilabel_margin_loss(x[0], x[1]); },
                                   {any({3}), behind_the_end},
                                   {std::to_string(behind_the_end[2].item<std::int64_t>())}});
  Case soft_margin = with_reductions(
      "multilabel_soft_margin_loss",
      [](const Tensors& x, Reduction how) {
        return nn::multilabel_soft_margin_loss(x[0], x[1],
                                               nn::BCELossOptions(how).weight(x.size() > 2 ? x[2] : Tensor()));
      },
      soft, rows_of_vectors());
  soft_margin.samples.push_back(
      {[](const Tensors& x) { return nn::multilabel_soft_margin_loss(x[0], x[1], nn::BCELossOptions().weight(x[2])); },
       {any({2, 3}), between(0.2, 0.8)({2, 3}), positive({3})}});
  return {plain, squared, multilabel, soft_margin};
}

std::vector<Case> of_triples() {
  const Arguments triple = [](const Shape& shape) {
    return Tensors{any(shape), between(4, 6)(shape), between(30, 34)(shape)};
  };
  // A great margin, so that no term is at its kink.
  Case plain = with_reductions(
      "triplet_margin_loss",
      [](const Tensors& x, Reduction how) {
        return nn::triplet_margin_loss(x[0], x[1], x[2], nn::TripletMarginLossOptions(how).margin(400));
      },
      triple, rows_of_vectors());
  plain.refusals.push_back({[](const Tensors& x) {
                              return nn::triplet_margin_loss(x[0], x[1], x[2],
                                                             nn::TripletMarginLossOptions().margin(0));
                            },
                            triple({2, 3}),
                            {"0"}});
  Case swapped = with_reductions(
      "triplet_margin_loss",
      [](const Tensors& x, Reduction how) {
        return nn::triplet_margin_loss(x[0], x[1], x[2], nn::TripletMarginLossOptions(how).margin(400).p(3).swap(true));
      },
      triple, rows_of_vectors());
  Case by_distance = with_reductions(
      "triplet_margin_with_distance_loss",
      [](const Tensors& x, Reduction how) {
        const auto distance = [](const Tensor& a, const Tensor& b) { return mean(square(a - b), -1); };
        const auto options = nn::TripletMarginWithDistanceLossOptions(how).margin(1e4).distance_function(distance);
        return nn::triplet_margin_with_distance_loss(x[0], x[1], x[2], options);
      },
      triple, rows_of_vectors());
  return {plain, swapped, by_distance};
}

std::vector<Case> of_distributions() {
  const auto poisson = [](bool log_input, bool full) {
    return [=](const Tensors& x, Reduction how) {
      return nn::poisson_nll_loss(x[0], x[1], nn::PoissonNLLLossOptions(how).log_input(log_input).full(full));
    };
  };
  const Arguments rates = [](const Shape& shape) { return Tensors{positive(shape), between(1.2, 4)(shape)}; };
  const Arguments gauss = [](const Shape& shape) { return Tensors{any(shape), any(shape), positive(shape)}; };
  const auto gaussian = [](const Tensors& x, Reduction how) {
    return nn::gaussian_nll_loss(x[0], x[1], x[2], nn::GaussianNLLLossOptions(how).full(true));
  };
  Case normal = with_reductions("gaussian_nll_loss", gaussian, gauss, unary_shapes());
  const TensorFunction f = [](const Tensors& x) { return nn::gaussian_nll_loss(x[0], x[1], x[2]); };
  for (const auto& [shape, var] :
       std::vector<std::pair<Shape, Shape>>{{{2, 3}, {2}}, {{2, 3}, {2, 1}}, {{3, 2}, {}}, {{0, 3}, {0}}})
    normal.samples.push_back({f, {any(shape), any(shape), positive(var)}});
  normal.refusals.push_back({f, {any({2, 3}), any({2, 3}), positive({3})}, {"(2, 3)", "(3)"}});
  normal.refusals.push_back({f, {any({2}), any({2}), Tensor{1.0, -0.5}}, {"-0.5"}});
  return {with_reductions("poisson_nll_loss", poisson(true, false), rates, unary_shapes()),
          with_reductions("poisson_nll_loss", poisson(false, true), rates, unary_shapes()), normal};
}

struct Writing {
  std::int64_t steps, samples, classes;
  std::vector<std::int64_t> labels, inputs, targets;
  bool joined = false;
};

const std::vector<Writing>& writings() {
  static const std::vector<Writing> list = {{4, 2, 3, {1, 2, 2, 2}, {4, 4}, {2, 2}},
                                            {4, 2, 3, {1, 1, 2, 1}, {4, 3}, {2, 1}},
                                            {0, 1, 3, {1}, {0}, {0}},
                                            {3, 0, 3, {}, {}, {}},
                                            {0, 2, 2, {1, 1}, {0, 0}, {0, 0}},
                                            {2, 0, 2, {}, {}, {}, true},
                                            {1, 0, 4, {}, {}, {}},
                                            {3, 1, 2, {1}, {3}, {1}},
                                            {3, 2, 3, {1, 2}, {3, 2}, {1, 1}},
                                            {3, 2, 3, {1, 2}, {3, 2}, {1, 1}, true},
                                            {5, 1, 4, {3, 1, 3}, {5}, {3}},
                                            {5, 2, 4, {3, 1, 3, 2}, {5, 4}, {3, 1}, true},
                                            {2, 2, 3, {0, 0}, {2, 1}, {0, 0}},
                                            {4, 1, 3, {2, 2}, {4}, {2}},
                                            {3, 2, 2, {1, 1}, {3, 3}, {1, 0}},
                                            {1, 2, 3, {1, 2}, {1, 1}, {1, 1}},
                                            {4, 3, 3, {1, 2, 1}, {4, 2, 3}, {1, 1, 1}},
                                            {6, 1, 3, {1, 2, 1}, {6}, {3}},
                                            {3, 1, 3, {2, 1}, {3}, {2}, true}};
  return list;
}

Case temporal(const char* op, bool checked) {
  Case row{op, {}, {}, no_scalars | selects};
  for (const Writing& one : writings()) {
    const auto n = one.samples == 0 ? 1 : one.samples;
    const auto most = static_cast<std::int64_t>(one.labels.size()) / n;
    Tensor targets(one.labels);
    if (!checked && one.joined) continue;
    if (!one.joined) targets = targets.reshape({one.samples, most});
    const auto how = reductions_of[row.samples.size() % 3];
    Tensors inputs = {any({one.steps, one.samples, one.classes}), targets, Tensor(one.inputs), Tensor(one.targets)};
    row.samples.push_back({[=](const Tensors& x) {
                             if (checked) return nn::ctc_loss(x[0], x[1], x[2], x[3], how);
                             return xgrad::detail::ctc_losses(x[0], x[1], x[2], x[3], 0, false);
                           },
                           inputs});
  }
  if (!checked) {
    for (std::int64_t steps : {3, 4})
      row.samples.push_back(
          {[](const Tensors& x) { return xgrad::detail::ctc_losses(x[0], x[1], x[2], x[3], 1, true); },
           {any({steps, 1, 3}), Tensor({{2, 0}}), Tensor(std::vector<std::int64_t>{steps}), Tensor{2}}});
    return row;
  }
  const TensorFunction f = [](const Tensors& x) { return nn::ctc_loss(x[0], x[1], x[2], x[3]); };
  row.samples.push_back({f, {any({4, 3}), Tensor{1, 2}, Tensor(4), Tensor(2)}});
  row.samples.push_back({f, {any({5, 2}), Tensor{1}, Tensor(5), Tensor(1)}});
  row.refusals = {{f, {any({4, 2, 3}), Tensor({{1, 2}, {1, 3}}), Tensor{4, 4}, Tensor{2, 2}}, {"3"}},
                  {f, {any({4, 2, 3}), Tensor({{1, 0}, {1, 1}}), Tensor{4, 4}, Tensor{2, 2}}, {"blank"}},
                  {f, {any({4, 2, 3}), Tensor({{1, 2}, {1, 1}}), Tensor{5, 4}, Tensor{2, 2}}, {"5"}},
                  {f, {any({4, 2, 3}), Tensor({{1, 2}, {1, 1}}), Tensor{4, 4}, Tensor{3, 2}}, {"3"}},
                  {f, {any({4, 2, 3}), Tensor{1, 2, 1}, Tensor{4, 4}, Tensor{2, 2}}, {"(3)", "4"}},
                  {f, {any({4, 2, 3}), Tensor({{1, 2}, {1, 1}}), Tensor{4}, Tensor{2, 2}}, {"(1)", "(2)"}},
                  {f, {any({4, 2, 3}), Tensor({{1, 2}}), Tensor{4, 4}, Tensor{2, 2}}, {"(1, 2)", "(4, 2, 3)"}},
                  {f, {any({4}), Tensor{1, 2}, Tensor{4}, Tensor{2}}, {"(4)"}},
                  {[](const Tensors& x) { return nn::ctc_loss(x[0], x[1], x[2], x[3], nn::CTCLossOptions().blank(3)); },
                   {any({4, 1, 3}), Tensor({{1, 2}}), Tensor{4}, Tensor{2}},
                   {"3"}}};
  return row;
}

}  // namespace

std::vector<Case> margin_cases() {
  std::vector<Case> all = {temporal("ctc_loss", true), temporal("ctc_losses", false)};
  for (auto kind : {of_signs, of_classes, of_triples, of_distributions})
    for (Case& row : kind()) all.push_back(std::move(row));
  return all;
}

}  // namespace cases
