// Losses as modules; margins, likelihoods and CTC at their edges.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"
#include "module_words.hpp"

using namespace xgrad;
using nn::Reduction;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The sum over all ways to write the labels, as a check of the recursion.
double probability(const std::vector<std::vector<double>>& p, const std::vector<int>& labels) {
  const std::size_t steps = p.size(), classes = p[0].size();
  double total = 0;
  std::vector<std::size_t> path(steps, 0);
  for (std::size_t code = 0; code < static_cast<std::size_t>(std::pow(classes, steps)); ++code) {
    std::size_t rest = code;
    double product = 1;
    std::vector<int> written;
    for (std::size_t t = 0; t < steps; ++t, rest /= classes) {
      path[t] = rest % classes;
      product *= p[t][path[t]];
      if (path[t] != 0 && (t == 0 || path[t] != path[t - 1])) written.push_back(static_cast<int>(path[t]));
    }
    if (written == labels) total += product;
  }
  return total;
}

}  // namespace

TEST_CASE("losses print as in PyTorch") {
  CHECK(text(nn::MSELoss()) == "MSELoss()");
  CHECK(text(nn::L1Loss()) == "L1Loss()");
  CHECK(text(nn::SmoothL1Loss()) == "SmoothL1Loss()");
  CHECK(text(nn::HuberLoss()) == "HuberLoss()");
  CHECK(text(nn::KLDivLoss()) == "KLDivLoss()");
  CHECK(text(nn::CrossEntropyLoss()) == "CrossEntropyLoss()");
  CHECK(text(nn::NLLLoss()) == "NLLLoss()");
  CHECK(text(nn::BCELoss()) == "BCELoss()");
  CHECK(text(nn::BCEWithLogitsLoss()) == "BCEWithLogitsLoss()");
  CHECK(text(nn::PoissonNLLLoss()) == "PoissonNLLLoss()");
  CHECK(text(nn::GaussianNLLLoss()) == "GaussianNLLLoss()");
  CHECK(text(nn::MarginRankingLoss()) == "MarginRankingLoss()");
  CHECK(text(nn::HingeEmbeddingLoss()) == "HingeEmbeddingLoss()");
  CHECK(text(nn::SoftMarginLoss()) == "SoftMarginLoss()");
  CHECK(text(nn::MultiMarginLoss()) == "MultiMarginLoss()");
  CHECK(text(nn::MultiLabelMarginLoss()) == "MultiLabelMarginLoss()");
  CHECK(text(nn::MultiLabelSoftMarginLoss()) == "MultiLabelSoftMarginLoss()");
  CHECK(text(nn::CosineEmbeddingLoss()) == "CosineEmbeddingLoss()");
  CHECK(text(nn::TripletMarginLoss()) == "TripletMarginLoss()");
  CHECK(text(nn::TripletMarginWithDistanceLoss()) ==
        "TripletMarginWithDistanceLoss(\n  (distance_function): PairwiseDistance()\n)");
  CHECK(text(nn::CTCLoss()) == "CTCLoss()");
}

TEST_CASE("weights of losses are buffers: saved, converted and cloned with the module") {
  const Tensor weight = {1.f, 2.f, 4.f};
  nn::CrossEntropyLoss loss(nn::CrossEntropyLoss::Options().weight(weight));
  CHECK(keys(loss) == "weight");
  CHECK(keys(nn::BCEWithLogitsLoss(nn::BCEWithLogitsLoss::Options().weight(weight).pos_weight(weight))) ==
        "weight pos_weight");
  CHECK(keys(nn::BCELoss()) == "");
  const nn::CrossEntropyLoss copy = clone(loss);
  loss.to(float64);
  const Tensor x = randn({2, 3}, float64), t = {0, 2};
  CHECK(loss.weight.dtype() == float64);
  CHECK(copy.weight.dtype() == float32);
  CHECK(difference(loss(x, t), nn::cross_entropy(x, t, nn::CrossEntropyOptions().weight(weight.to(float64)))) == "");
  loss.load_state_dict({{"weight", Tensor{1., 1., 1.}}});
  CHECK(difference(loss(x, t), nn::cross_entropy(x, t)) == "");
}

TEST_CASE("a module computes what its function does, with its options") {
  const Tensor x = randn({4, 3}, float64), y = randn({4, 3}, float64), z = rand({4, 3}, float64), t = {0, 2, 1, 1};
  const Tensor sign = where(z > 0.5, 1.0, -1.0);
  const auto same = [](const Tensor& a, const Tensor& b) { CHECK(difference(a, b) == ""); };
  same(nn::MSELoss(Reduction::sum)(x, y), nn::mse_loss(x, y, Reduction::sum));
  same(nn::L1Loss()(x, y), nn::l1_loss(x, y));
  same(nn::SmoothL1Loss(nn::SmoothL1Loss::Options().beta(.5))(x, y), nn::smooth_l1_loss(x, y, Reduction::mean, .5));
  same(nn::HuberLoss(nn::HuberLoss::Options().delta(.5))(x, y), nn::huber_loss(x, y, Reduction::mean, .5));
  same(nn::KLDivLoss(nn::KLDivLoss::Options(Reduction::batchmean).log_target(true))(x, y),
       nn::kl_div(x, y, Reduction::batchmean, nn::log_target));
  same(nn::NLLLoss(nn::NLLLoss::Options().ignore_index(1))(x, t),
       nn::nll_loss(x, t, nn::ClassOptions().ignore_index(1)));
  same(nn::BCELoss()(z, z), nn::binary_cross_entropy(z, z));
  same(nn::BCEWithLogitsLoss(nn::BCEWithLogitsLoss::Options().pos_weight(Tensor{1., 2., 3.}))(x, z),
       nn::binary_cross_entropy_with_logits(x, z, {}, Tensor{1., 2., 3.}));
  same(nn::BCEWithLogitsLoss(nn::BCEWithLogitsLoss::Options().weight(Tensor{1., 2., 3.}).pos_weight(Tensor{4.}))(x, z),
       nn::binary_cross_entropy_with_logits(x, z, Tensor{1., 2., 3.}, Tensor{4.}));
  same(nn::PoissonNLLLoss(nn::PoissonNLLLoss::Options().full(true))(x, 4 * z),
       nn::poisson_nll_loss(x, 4 * z, nn::PoissonNLLLossOptions().full(true)));
  same(nn::GaussianNLLLoss()(x, y, z), nn::gaussian_nll_loss(x, y, z));
  same(nn::MarginRankingLoss()(x, y, sign), nn::margin_ranking_loss(x, y, sign));
  same(nn::HingeEmbeddingLoss()(x, sign), nn::hinge_embedding_loss(x, sign));
  same(nn::SoftMarginLoss(Reduction::none)(x, sign), nn::soft_margin_loss(x, sign, Reduction::none));
  same(nn::MultiMarginLoss(nn::MultiMarginLoss::Options().p(2).weight(Tensor{1., 2., 3.}))(x, t),
       nn::multi_margin_loss(x, t, nn::MultiMarginLossOptions().p(2).weight(Tensor{1., 2., 3.})));
  same(nn::MultiLabelMarginLoss()(x[0], Tensor{2, -1, 0}), nn::multilabel_margin_loss(x[0], Tensor{2, -1, 0}));
  same(nn::MultiLabelSoftMarginLoss()(x, z), nn::multilabel_soft_margin_loss(x, z));
  same(nn::CosineEmbeddingLoss()(x, y, sign(xt::all(), 0)), nn::cosine_embedding_loss(x, y, sign(xt::all(), 0)));
  same(nn::TripletMarginLoss()(x, y, z), nn::triplet_margin_loss(x, y, z));
  same(nn::TripletMarginWithDistanceLoss()(x, y, z), nn::triplet_margin_loss(x, y, z));
  const Tensor steps = log_softmax(randn({5, 2, 3}, float64), -1);
  same(nn::CTCLoss(Reduction::sum)(steps, Tensor({{1, 2}, {2, 2}}), Tensor{5, 4}, Tensor{2, 1}),
       nn::ctc_loss(steps, Tensor({{1, 2}, {2, 2}}), Tensor{5, 4}, Tensor{2, 1}, Reduction::sum));
}

TEST_CASE("errors of losses name the module and the function") {
  CHECK(thrown_by([] {
          nn::MarginRankingLoss()(zeros({2}), zeros({3}), zeros({2}));
        }).rfind("MarginRankingLoss: margin_ranking_loss: input1 is (2), input2 is (3): losses do not broadcast", 0) ==
        0);
  CHECK(thrown_by([] { nn::MSELoss loss(Reduction::batchmean); }).rfind("MSELoss: the reduction is batchmean", 0) == 0);
}

TEST_CASE("losses are finite for every finite number") {
  const Tensor huge = Tensor{1e4, -1e4, 1e4, -1e4, 1e300}.requires_grad_(), sign = {1., 1., -1., -1., -1.};
  const Tensor loss = nn::soft_margin_loss(huge, sign, Reduction::none);
  CHECK(difference(loss, Tensor{0., 1e4, 1e4, 0., 1e300}) == "");
  CHECK(difference(grad(sum(loss), huge), Tensor{0., -1., 1., 0., 1.}) == "");
  const Tensor many = nn::multilabel_soft_margin_loss(Tensor{1e4, -1e4}, Tensor{0., 0.});
  CHECK(many.item() == 5000);
  CHECK(std::isnan(nn::hinge_embedding_loss(Tensor{std::nan("")}, Tensor{1.}).item()));
  CHECK(std::isnan(nn::mse_loss(zeros({0}), zeros({0})).item()));
  CHECK(std::isnan(nn::soft_margin_loss(zeros({0}), zeros({0})).item()));
  CHECK(nn::triplet_margin_loss(zeros({0, 3}), zeros({0, 3}), zeros({0, 3}), Reduction::sum).item() == 0);
  CHECK(std::isfinite(nn::cosine_embedding_loss(zeros({1, 3}), zeros({1, 3}), ones({1})).item()));
}

TEST_CASE("a variance below eps counts as eps, with the gradient there") {
  const Tensor v = Tensor{0., 2.}.requires_grad_();
  const Tensor loss = nn::gaussian_nll_loss(Tensor{1., 1.}, Tensor{0., 0.}, v, nn::GaussianNLLLossOptions().eps(.5));
  CHECK(loss.item() == Approx((std::log(.5) + 2 + std::log(2) + .5) / 4));
  CHECK(grad(loss, v)[0].item() == Approx((1 / .5 - 1 / .25) / 4));
}

TEST_CASE("CTC adds up all ways to write the labels") {
  const Tensor x = log_softmax(Tensor{{{.3, -1., .5}}, {{1., .2, -.4}}, {{-.7, .1, .9}}, {{.4, .4, -2.}}}, -1);
  std::vector<std::vector<double>> p(4, std::vector<double>(3));
  for (std::size_t t = 0; t < 4; ++t)
    for (std::size_t c = 0; c < 3; ++c) p[t][c] = exp(x(static_cast<int>(t), 0, static_cast<int>(c))).item();
  for (const std::vector<int>& labels : {std::vector<int>{1, 2}, {1, 1}, {2}, {2, 1, 2}, {}}) {
    const std::vector<std::int64_t> list(labels.begin(), labels.end());
    const auto n = static_cast<std::int64_t>(list.size());
    const Tensor loss =
        nn::ctc_loss(x, Tensor(list).reshape({1, n}), Tensor{4}, Tensor(std::vector<std::int64_t>{n}), Reduction::sum);
    CHECK(loss.item() == Approx(-std::log(probability(p, labels))).epsilon(1e-12));
  }
}

TEST_CASE("CTC of labels that do not fit is infinite, or 0 where asked for") {
  const Tensor x = log_softmax(zeros({2, 2, 3}, float64), -1).detach().clone().requires_grad_();
  const Tensor labels({{1, 1, 2}, {1, 0, 0}}), steps = {2, 2}, lengths = {3, 1};
  const Tensor plain = nn::ctc_loss(x, labels, steps, lengths, Reduction::none);
  CHECK(plain[0].item() == infinity);
  CHECK(plain[1].item() == Approx(-std::log(3 / 9.)));
  const Tensor zeroed =
      nn::ctc_loss(x, labels, steps, lengths, nn::CTCLossOptions(Reduction::none).zero_infinity(true));
  CHECK(zeroed[0].item() == 0);
  const Tensor g = grad(sum(zeroed), x);
  CHECK(sum(abs(g(xt::all(), 0))).item() == 0);
  CHECK(sum(g(xt::all(), 1)).item() == Approx(-2));  // one class at each step
  const Tensor nan_gradient = grad(sum(plain), x);
  CHECK(sum(isnan(nan_gradient(xt::all(), 0))).item() == 6);
  CHECK(sum(isnan(nan_gradient(xt::all(), 1))).item() == 0);
  CHECK(nn::ctc_loss(zeros({0, 1, 3}), zeros({1, 0}, int64), Tensor{0}, Tensor{0}).item() == 0);
}

TEST_CASE("long and unlikely sequences keep their digits in CTC") {
  const std::int64_t steps = 400;
  const Tensor x = log_softmax(randn({steps, 1, 5}, float32) * 20, -1).detach().clone().requires_grad_();
  const Tensor labels = randint(1, 5, {1, 60}), at = Tensor(std::vector<std::int64_t>{steps}), n = {60};
  const Tensor narrow = nn::ctc_loss(x, labels, at, n, Reduction::sum);
  const Tensor wide = nn::ctc_loss(x.detach().to(float64), labels, at, n, Reduction::sum);
  CHECK(narrow.item() == Approx(wide.item()).epsilon(1e-6));
  CHECK(sum(grad(narrow, x)).item() == Approx(-static_cast<double>(steps)).epsilon(1e-5));
}
