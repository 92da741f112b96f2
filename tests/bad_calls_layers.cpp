// Bad calls of norms, embeddings, dropouts, distances and the losses with options.

#include "bad_calls.hpp"

namespace bad_calls {
namespace {

using nn::Reduction;

const Shape channels_last{3};
Tensor volume() { return ones({2, 3, 4}); }

void norms(Catalogue& all) {
  probe(
      all, "layer_norm",
      [](auto x, auto s, auto w, auto b, auto e) { return layer_norm(x, s, Tensor(w), Tensor(b), e); }, matrix(),
      channels_last, Optional{ones({3})}, Optional{ones({3})}, Setting{1e-5});
  probe(
      all, "rms_norm", [](auto x, auto s, auto w, auto e) { return rms_norm(x, s, Tensor(w), static_cast<double>(e)); },
      matrix(), channels_last, Optional{ones({3})}, Setting{1e-5});
  probe(
      all, "group_norm",
      [](auto x, auto g, auto w, auto b, auto e) { return group_norm(x, g, Tensor(w), Tensor(b), e); }, volume(),
      Index{3}, Optional{ones({3})}, Optional{ones({3})}, Setting{1e-5});
  probe(
      all, "instance_norm",
      [](auto x, auto m, auto v, auto w, auto b, auto a, auto e) {
        const Tensor mean = m, var = v;
        return instance_norm(x, mean.defined() ? mean.clone() : mean, var.defined() ? var.clone() : var, Tensor(w),
                             Tensor(b), true, a, e);
      },
      volume(), Optional{zeros({3})}, Optional{ones({3})}, Optional{ones({3})}, Optional{ones({3})}, Setting{.1},
      Setting{1e-5});
  probe(
      all, "LayerNorm", [](auto s, auto e) { return nn::LayerNorm(s, nn::LayerNorm::Options().eps(e)).weight; },
      channels_last, Setting{1e-5});
  probe_as(
      all, "LayerNorm", "LayerNorm", [](auto x) { return nn::LayerNorm(3)(x); }, matrix());
  probe(
      all, "RMSNorm",
      [](auto s, auto e) { return nn::RMSNorm(s, nn::RMSNorm::Options().eps(static_cast<double>(e))).weight; },
      channels_last, Setting{1e-5});
  probe(
      all, "GroupNorm",
      [](auto n, auto c, auto e) { return nn::GroupNorm(n, c, nn::GroupNorm::Options().eps(e)).weight; }, Index{3},
      Size{6}, Setting{1e-5});
#define XGRAD_BAD(Name)                                                                                                \
  probe(                                                                                                               \
      all, #Name, [](auto n, auto e) { return nn::Name(n, nn::Name::Options().affine(true).eps(e)).weight; }, Size{3}, \
      Setting{1e-5})
  XGRAD_BAD(BatchNorm2d);
  XGRAD_BAD(BatchNorm3d);
  XGRAD_BAD(InstanceNorm1d);
  XGRAD_BAD(InstanceNorm2d);
  XGRAD_BAD(InstanceNorm3d);
#undef XGRAD_BAD
  probe(
      all, "InstanceNorm1d", [](auto x) { return nn::InstanceNorm1d(3)(x); }, volume());
}

void dropouts(Catalogue& all) {
#define XGRAD_BAD(name, x) \
  probe(                   \
      all, #name, [](auto t, auto p) { return name(t, p); }, x, Setting{.5})
  XGRAD_BAD(dropout1d, volume());
  XGRAD_BAD(dropout2d, ones({2, 3, 2, 2}));
  XGRAD_BAD(dropout3d, ones({2, 3, 2, 2, 1}));
  XGRAD_BAD(alpha_dropout, matrix());
  XGRAD_BAD(feature_alpha_dropout, volume());
#undef XGRAD_BAD
#define XGRAD_BAD(Name)                                       \
  probe(                                                      \
      all, #Name,                                             \
      [](auto p) {                                            \
        return nn::Name(p)(ones({2, 3, 2, 2}));               \
      },                                                      \
      Setting{.5});                                           \
  probe(                                                      \
      all, #Name,                                             \
      [](auto p) {                                            \
        return nn::Name(p, Generator(1))(ones({2, 3, 2, 2})); \
      },                                                      \
      Setting{.5})
  XGRAD_BAD(Dropout2d);
  XGRAD_BAD(Dropout3d);
  XGRAD_BAD(AlphaDropout);
  XGRAD_BAD(FeatureAlphaDropout);
#undef XGRAD_BAD
  probe(
      all, "Dropout1d", [](auto p) { return nn::Dropout1d(p)(volume()); }, Setting{.5});
  probe(
      all, "Dropout1d", [](auto p) { return nn::Dropout1d(p, Generator(1))(volume()); }, Setting{.5});
}

void tables(Catalogue& all) {
  const Tensor ids = {0, 2, 1}, table = ones({4, 3});
  probe(
      all, "embedding",
      [](auto i, auto w, auto p, auto m, auto n) {
        const Tensor weight = w;
        const auto options = nn::EmbeddingOptions().padding_idx(p.value).max_norm(m.value).norm_type(n);
        return nn::embedding(i, weight.defined() ? weight.clone() : weight, options);
      },
      ids, table, Index{1}, Setting{1}, Setting{2});
  probe(
      all, "embedding_bag",
      [](auto i, auto w, auto o, auto s) {
        return nn::embedding_bag(i, w, o, nn::EmbeddingBagOptions().mode(nn::BagMode::sum), Tensor(s));
      },
      ids, table, Tensor{0, 1}, Optional{ones({3})});
  probe(
      all, "Embedding",
      [](auto n, auto d, auto m) {
        return nn::Embedding(n, d, nn::Embedding::Options().max_norm(static_cast<double>(m))).weight;
      },
      Size{4}, Size{3}, Setting{1});
  probe(
      all, "EmbeddingBag", [](auto n, auto d) { return nn::EmbeddingBag(n, d).weight; }, Size{4}, Size{3});
  probe_as(
      all, "from_pretrained", "Embedding", [](auto t) { return nn::Embedding::from_pretrained(t).weight; }, table);
  probe_as(
      all, "from_pretrained", "EmbeddingBag", [](auto t) { return nn::EmbeddingBag::from_pretrained(t).weight; },
      table);
}

void of_two_inputs(Catalogue& all) {
  probe(
      all, "bilinear", [](auto a, auto b, auto w, auto c) { return nn::bilinear(a, b, w, Tensor(c)); }, matrix(),
      ones({2, 2}), ones({4, 3, 2}), Optional{ones({4})});
  probe(
      all, "Bilinear", [](auto a, auto b, auto c) { return nn::Bilinear(a, b, c).weight; }, Size{3}, Size{2}, Size{4});
  probe(
      all, "cosine_similarity", [](auto a, auto b, auto d, auto e) { return nn::cosine_similarity(a, b, d, e); },
      matrix(), matrix(), Axis{1}, Setting{1e-8});
  probe(
      all, "pairwise_distance", [](auto a, auto b, auto p, auto e) { return nn::pairwise_distance(a, b, p, e); },
      matrix(), matrix(), Setting{2}, Setting{1e-6});
  probe(
      all, "CosineSimilarity", [](auto e) { return nn::CosineSimilarity(1, e)(matrix(), matrix()); }, Setting{1e-8});
  probe(
      all, "PairwiseDistance", [](auto p, auto e) { return nn::PairwiseDistance(p, e)(matrix(), matrix()); },
      Setting{2}, Setting{1e-6});
  probe(
      all, "Unflatten",
      [](auto x, auto a) {
        return nn::Unflatten(a, {-1, 1})(x);
      },
      matrix(), Axis{1});
  probe(
      all, "Softmax2d", [](auto x) { return nn::Softmax2d()(x); }, ones({2, 3, 4}));
}

void losses(Catalogue& all) {
  const Tensor ids = {0, 2};
  probe(
      all, "margin_ranking_loss",
      [](auto a, auto b, auto t, auto m) {
        return nn::margin_ranking_loss(a, b, t, nn::MarginRankingLossOptions().margin(m));
      },
      matrix(), matrix(), matrix(), Setting{.5});
  probe(
      all, "hinge_embedding_loss",
      [](auto x, auto t, auto m) { return nn::hinge_embedding_loss(x, t, nn::HingeEmbeddingLossOptions().margin(m)); },
      matrix(), matrix(), Setting{1});
  probe(
      all, "soft_margin_loss", [](auto x, auto t) { return nn::soft_margin_loss(x, t); }, matrix(), matrix());
  probe(
      all, "cosine_embedding_loss",
      [](auto a, auto b, auto t, auto m) {
        return nn::cosine_embedding_loss(a, b, t, nn::MarginRankingLossOptions().margin(m));
      },
      matrix(), matrix(), ones({2}), Setting{.5});
  probe(
      all, "multi_margin_loss",
      [](auto x, auto t, auto m, auto w) {
        return nn::multi_margin_loss(x, t, nn::MultiMarginLossOptions().margin(m).weight(w));
      },
      matrix(), ids, Setting{1}, Optional{ones({3})});
  probe(
      all, "multilabel_margin_loss", [](auto x, auto t) { return nn::multilabel_margin_loss(x, t); }, matrix(),
      zeros({2, 3}, int64));
  probe(
      all, "multilabel_soft_margin_loss",
      [](auto x, auto t, auto w) { return nn::multilabel_soft_margin_loss(x, t, nn::BCELossOptions().weight(w)); },
      matrix(), matrix(), Optional{ones({3})});
  probe(
      all, "triplet_margin_loss",
      [](auto a, auto p, auto n, auto m, auto q, auto e) {
        return nn::triplet_margin_loss(a, p, n, nn::TripletMarginLossOptions().margin(m).p(q).eps(e).swap(true));
      },
      matrix(), matrix(), matrix(), Setting{1}, Setting{2}, Setting{1e-6});
  probe(
      all, "triplet_margin_with_distance_loss",
      [](auto a, auto p, auto n, auto m) {
        return nn::triplet_margin_with_distance_loss(a, p, n, nn::TripletMarginWithDistanceLossOptions().margin(m));
      },
      matrix(), matrix(), matrix(), Setting{1});
  probe(
      all, "poisson_nll_loss",
      [](auto x, auto t, auto e) {
        return nn::poisson_nll_loss(x, t, nn::PoissonNLLLossOptions().log_input(false).full(true).eps(e));
      },
      matrix(), matrix(), Setting{1e-8});
  probe(
      all, "gaussian_nll_loss",
      [](auto x, auto t, auto v, auto e) {
        return nn::gaussian_nll_loss(x, t, v, nn::GaussianNLLLossOptions().eps(e));
      },
      matrix(), matrix(), matrix(), Setting{1e-6});
  probe(
      all, "ctc_loss",
      [](auto x, auto t, auto i, auto n, auto b) { return nn::ctc_loss(x, t, i, n, nn::CTCLossOptions().blank(b)); },
      ones({4, 2, 3}), Tensor({{1, 2}, {2, 1}}), Tensor{4, 3}, Tensor{2, 1}, Index{0});
}

// Options that are refused where the module is made.
void loss_modules(Catalogue& all) {
  const Tensor x = matrix();
#define XGRAD_BAD(Name)              \
  all.functions.emplace_back(#Name); \
  refused(all, #Name, "batchmean", [] { nn::Name{nn::Name::Options(Reduction::batchmean)}; })
  XGRAD_BAD(MSELoss);
  XGRAD_BAD(L1Loss);
  XGRAD_BAD(SmoothL1Loss);
  XGRAD_BAD(HuberLoss);
  XGRAD_BAD(CrossEntropyLoss);
  XGRAD_BAD(NLLLoss);
  XGRAD_BAD(BCELoss);
  XGRAD_BAD(BCEWithLogitsLoss);
  XGRAD_BAD(PoissonNLLLoss);
  XGRAD_BAD(GaussianNLLLoss);
  XGRAD_BAD(MarginRankingLoss);
  XGRAD_BAD(HingeEmbeddingLoss);
  XGRAD_BAD(SoftMarginLoss);
  XGRAD_BAD(MultiMarginLoss);
  XGRAD_BAD(MultiLabelMarginLoss);
  XGRAD_BAD(MultiLabelSoftMarginLoss);
  XGRAD_BAD(CosineEmbeddingLoss);
  XGRAD_BAD(TripletMarginLoss);
  XGRAD_BAD(TripletMarginWithDistanceLoss);
  XGRAD_BAD(CTCLoss);
#undef XGRAD_BAD
  probe(
      all, "KLDivLoss", [](auto a, auto b) { return nn::KLDivLoss(nn::Reduction::batchmean)(a, b); }, x, x);
  refused(all, "SmoothL1Loss", "a beta of -1", [] { nn::SmoothL1Loss{nn::SmoothL1Loss::Options().beta(-1)}; });
  refused(all, "HuberLoss", "a delta of 0", [] { nn::HuberLoss{nn::HuberLoss::Options().delta(0)}; });
  refused(all, "CrossEntropyLoss", "a smoothing of 2",
          [] { nn::CrossEntropyLoss{nn::CrossEntropyLoss::Options().label_smoothing(2)}; });
  refused(all, "PoissonNLLLoss", "an eps of 0", [] { nn::PoissonNLLLoss{nn::PoissonNLLLoss::Options().eps(0)}; });
  refused(all, "GaussianNLLLoss", "an eps of NaN",
          [] { nn::GaussianNLLLoss{nn::GaussianNLLLoss::Options().eps(nan)}; });
  refused(all, "MarginRankingLoss", "a margin of NaN",
          [] { nn::MarginRankingLoss{nn::MarginRankingLoss::Options().margin(nan)}; });
  refused(all, "HingeEmbeddingLoss", "an infinite margin",
          [] { nn::HingeEmbeddingLoss{nn::HingeEmbeddingLoss::Options().margin(inf)}; });
  refused(all, "MultiMarginLoss", "a p of 3", [] { nn::MultiMarginLoss{nn::MultiMarginLoss::Options().p(3)}; });
  refused(all, "TripletMarginLoss", "a margin of 0",
          [] { nn::TripletMarginLoss{nn::TripletMarginLoss::Options().margin(0)}; });
  refused(all, "TripletMarginWithDistanceLoss", "a margin of -1",
          [] { nn::TripletMarginWithDistanceLoss{nn::TripletMarginWithDistanceLoss::Options().margin(-1)}; });
  refused(all, "CTCLoss", "a blank of -1", [] { nn::CTCLoss{nn::CTCLoss::Options().blank(-1)}; });
  probe(
      all, "MSELoss", [](auto a, auto b) { return nn::MSELoss()(a, b); }, x, x);
}

void adaptive_softmax(Catalogue& all) {
  refused(all, "AdaptiveLogSoftmaxWithLoss", "no cutoffs", [] { nn::AdaptiveLogSoftmaxWithLoss(3, 5, {}); });
  for (const std::vector<std::int64_t>& cutoffs :
       {std::vector<std::int64_t>{0, 2}, {-1}, {2, 2}, {3, 2}, {5}, {2, 5}, {least}, {2, most}})
    refused(all, "AdaptiveLogSoftmaxWithLoss", "cutoffs that do not rise within the classes",
            [=] { nn::AdaptiveLogSoftmaxWithLoss(3, 5, cutoffs); });
  probe(
      all, "AdaptiveLogSoftmaxWithLoss",
      [](auto in, auto classes, auto value) {
        return nn::AdaptiveLogSoftmaxWithLoss(in, classes, {2, 4},
                                              nn::AdaptiveLogSoftmaxWithLoss::Options().div_value(value))
            .parameters();
      },
      Size{3}, Size{5}, Setting{1});
  probe(
      all, "AdaptiveLogSoftmaxWithLoss",
      [](auto x, auto t) {
        return nn::AdaptiveLogSoftmaxWithLoss(3, 5, {2, 4})(x, t).first;
      },
      matrix(), Tensor{0, 4});
  for (const std::int64_t label : {std::int64_t{-1}, std::int64_t{5}, least, most})
    refused(all, "AdaptiveLogSoftmaxWithLoss", "a label out of range", [=] {
      nn::AdaptiveLogSoftmaxWithLoss(3, 5, {2, 4})(matrix(), Tensor{0, label});
    });
  refused(all, "AdaptiveLogSoftmaxWithLoss", "three labels for two rows", [] {
    nn::AdaptiveLogSoftmaxWithLoss(3, 5, {2, 4})(matrix(), Tensor{0, 1, 2});
  });
  refused(all, "AdaptiveLogSoftmaxWithLoss", "a list of one label for one row", [] {
    nn::AdaptiveLogSoftmaxWithLoss(3, 5, {2, 4})(ones(3), Tensor{0});
  });
  refused(all, "AdaptiveLogSoftmaxWithLoss", "three axes", [] {
    nn::AdaptiveLogSoftmaxWithLoss(3, 5, {2, 4})(ones({2, 2, 3}), Tensor{0, 1});
  });
  probe_as(
      all, "log_prob", "AdaptiveLogSoftmaxWithLoss",
      [](auto x) {
        return nn::AdaptiveLogSoftmaxWithLoss(3, 5, {2, 4}).log_prob(x);
      },
      matrix());
  probe_as(
      all, "predict", "AdaptiveLogSoftmaxWithLoss",
      [](auto x) {
        return nn::AdaptiveLogSoftmaxWithLoss(3, 5, {2, 4}).predict(x);
      },
      matrix());
}

}  // namespace

void layer_calls(Catalogue& all) {
  norms(all);
  dropouts(all);
  tables(all);
  of_two_inputs(all);
  losses(all);
  loss_modules(all);
  adaptive_softmax(all);
}

}  // namespace bad_calls
