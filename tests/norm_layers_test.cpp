// Norms, embeddings, dropouts and the like as modules and as functions, beside the table of cases and the goldens.

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/engine/backward.hpp>
#include <xgrad/autograd/engine/runtime.hpp>
#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/func.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"
#include "inspect.hpp"
#include "module_words.hpp"

using namespace xgrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("norms print as in PyTorch 1.13, and have its keys") {
  CHECK(text(nn::LayerNorm(10)) == "LayerNorm((10,), eps=1e-05, elementwise_affine=True)");
  CHECK(text(nn::LayerNorm({2, 3}, nn::LayerNorm::Options().elementwise_affine(false))) ==
        "LayerNorm((2, 3), eps=1e-05, elementwise_affine=False)");
  CHECK(text(nn::RMSNorm(10)) == "RMSNorm((10,), eps=None, elementwise_affine=True)");
  CHECK(text(nn::RMSNorm(10, nn::RMSNorm::Options().eps(1e-6))) ==
        "RMSNorm((10,), eps=1e-06, elementwise_affine=True)");
  CHECK(text(nn::GroupNorm(3, 6)) == "GroupNorm(3, 6, eps=1e-05, affine=True)");
  CHECK(text(nn::InstanceNorm1d(3)) ==
        "InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)");
  const auto options = nn::InstanceNorm2d::Options().affine(true).track_running_stats(true).momentum(std::nullopt);
  CHECK(text(nn::InstanceNorm2d(3, options)) ==
        "InstanceNorm2d(3, eps=1e-05, momentum=None, affine=True, track_running_stats=True)");
  CHECK(text(nn::BatchNorm2d(4)) == "BatchNorm2d(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)");
  CHECK(text(nn::BatchNorm3d(4)) == "BatchNorm3d(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)");
  CHECK(keys(nn::LayerNorm(3)) == "weight bias");
  CHECK(keys(nn::LayerNorm(3, nn::LayerNorm::Options().bias(false))) == "weight");
  CHECK(keys(nn::RMSNorm(3)) == "weight");
  CHECK(keys(nn::GroupNorm(3, 6)) == "weight bias");
  CHECK(keys(nn::InstanceNorm1d(3)) == "");
  CHECK(keys(nn::InstanceNorm2d(3, options)) == "weight bias running_mean running_var num_batches_tracked");
}

TEST_CASE("embeddings and the other layers print as in PyTorch, and have its keys") {
  using Options = nn::Embedding::Options;
  CHECK(text(nn::Embedding(10, 3)) == "Embedding(10, 3)");
  CHECK(text(nn::Embedding(10, 3, Options().padding_idx(-1).max_norm(1).norm_type(1).scale_grad_by_freq(true))) ==
        "Embedding(10, 3, padding_idx=9, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True)");
  CHECK(text(nn::EmbeddingBag(10, 3)) == "EmbeddingBag(10, 3, mode=mean)");
  const auto bag = nn::EmbeddingBag::Options().max_norm(2).mode(nn::BagMode::max).padding_idx(1);
  CHECK(text(nn::EmbeddingBag(10, 3, bag)) == "EmbeddingBag(10, 3, max_norm=2.0, mode=max, padding_idx=1)");
  CHECK(text(nn::Bilinear(2, 3, 4)) == "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)");
  CHECK(text(nn::Unflatten(1, {2, 5})) == "Unflatten(dim=1, unflattened_size=(2, 5))");
  CHECK(text(nn::Unflatten(-1, {6})) == "Unflatten(dim=-1, unflattened_size=(6,))");
  CHECK(text(nn::Dropout1d()) == "Dropout1d(p=0.5, inplace=False)");
  CHECK(text(nn::Dropout2d(.25)) == "Dropout2d(p=0.25, inplace=False)");
  CHECK(text(nn::Dropout3d()) == "Dropout3d(p=0.5, inplace=False)");
  CHECK(text(nn::AlphaDropout(.1)) == "AlphaDropout(p=0.1, inplace=False)");
  CHECK(text(nn::FeatureAlphaDropout()) == "FeatureAlphaDropout(p=0.5, inplace=False)");
  CHECK(text(nn::CosineSimilarity()) == "CosineSimilarity()");
  CHECK(text(nn::PairwiseDistance()) == "PairwiseDistance()");
  CHECK(text(nn::Softmax2d()) == "Softmax2d()");
  CHECK(keys(nn::Embedding(4, 2)) == "weight");
  CHECK(keys(nn::Bilinear(2, 3, 4)) == "weight bias");
}

TEST_CASE("norms of numbers at the edge are right") {
  const Tensor far = Tensor{{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}};
  CHECK(difference(layer_norm(far, 4), layer_norm(Tensor{{4., 7., 13., 16.}}, 4), 0, 1e-6) == "");
  // Squares of these overflow or underflow; eps is nothing beside the first, and all beside the second.
  const double root = std::sqrt(1.5);
  CHECK(difference(layer_norm(Tensor{{1e200, 2e200, 3e200}}, 3), Tensor{{-root, 0., root}}, 1e-12) == "");
  CHECK(difference(layer_norm(Tensor{{-1e200, 0., 1e200}}, 3, {}, {}, 1e-300), Tensor{{-root, 0., root}}, 1e-12) == "");
  CHECK(difference(rms_norm(Tensor{{3e200, -4e200}}, 2), Tensor{{3., -4.}} / std::sqrt(12.5), 1e-12) == "");
  CHECK(difference(rms_norm(Tensor{{3e25f, -4e25f}}, 2), Tensor{{3.f, -4.f}} / std::sqrt(12.5f), 1e-6) == "");
  CHECK(difference(layer_norm(Tensor{{1e20f, 2e20f, 3e20f}}, 3), Tensor{{-1.2247449f, 0.f, 1.2247449f}}, 1e-6, 1e-6) ==
        "");
  const Tensor equal = full({2, 67}, 0.1, float32);
  CHECK(difference(layer_norm(equal, 67, {}, full({67}, 0.5, float32)), full({2, 67}, 0.5, float32)) == "");
  for (const double odd : {infinity, -infinity, std::nan("")}) {
    const Tensor y = layer_norm(Tensor{{odd, 1., 2.}, {1., 2., 4.}}, 3);
    CHECK(sum(isnan(y[0])).item() == 3);
    CHECK(difference(y[1], layer_norm(Tensor{1., 2., 4.}, 3)) == "");
  }
  CHECK(difference(layer_norm(Tensor{{1e4, -1e4, 0.}}, 3), Tensor{{root, -root, 0.}}, 1e-12) == "");
}

TEST_CASE("gradients of rows whose squares overflow are right") {
  for (const double scale : {1.0, 1e170, 1e-155}) {
    const Tensor x = (Tensor{{1., 5., 2., -3.}, {2., 0., 1., 7.}} * scale).detach().clone().requires_grad_();
    const Tensor w = Tensor{1., -2., 0.5, 3.}.requires_grad_();
    const auto got = grad({layer_norm(x, 4, w, {}, 5e-324)}, {x, w}, {Tensor{{1., 2., -1., 4.}, {0.5, 1., 2., -3.}}});
    static std::vector<Tensor> expected;
    if (scale == 1) expected = got;
    CHECK(difference(got[0] * scale, expected[0], 1e-9, 1e-12) == "");
    CHECK(difference(got[1], expected[1], 1e-9) == "");
  }
}

TEST_CASE("recorded gradients and forward mode of rows whose squares overflow are right") {
  const Tensor rows = Tensor{{1., 2., 4., -3.}, {2., 0., 1., 7.}},
               along = Tensor{{1., 2., -1., 4.}, {0.5, 1., 2., -3.}};
  const std::vector<std::pair<std::string, std::function<Tensor(const Tensor&, double)>>> norms = {
      {"layer_norm", [](const Tensor& x, double eps) { return layer_norm(x, 4, {}, {}, eps); }},
      {"rms_norm", [](const Tensor& x, double eps) { return rms_norm(x, 4, {}, eps); }},
      {"group_norm", [](const Tensor& x, double eps) { return group_norm(x, 2, {}, {}, eps); }},
      {"instance_norm", [](const Tensor& x, double eps) {
         return reshape(instance_norm(unsqueeze(x, 0), {}, {}, {}, {}, true, .1, eps), x.shape());
       }}};
  for (const auto& [name, norm] : norms)
    for (const DType dtype : {float32, float64})
      for (const double scale : dtype == float32 ? std::vector<double>{1, 1e20, 4e37, 1e-20, 1e-35}
                                                 : std::vector<double>{1, 1e160, 2e307, 1e-140}) {
        INFO(name << " of " << name_of(dtype) << " times " << scale);
        const double eps = 5e-324, tolerance = dtype == float32 ? 3e-5 : 1e-12;
        const auto of = [&, f = norm](const Tensor& x) { return f(x, eps); };
        const Tensor x = (rows * scale).to(dtype).detach().clone().requires_grad_(), g = along.to(dtype);
        const Tensor plain = rows.detach().clone().requires_grad_();
        const Tensor expected = grad({of(plain)}, {plain}, {along})[0];
        const Tensor recorded = grad({of(x)}, {x}, {g}, create_graph)[0];
        CHECK(difference(recorded.detach().to(float64) * scale, expected, tolerance, tolerance) == "");
        // The slope along a part of the row's own size; that of the normal is 0 for the row itself.
        const Tensor tangent = (along * scale).to(dtype);
        CHECK(difference(func::jvp(of, x.detach(), tangent).second.to(float64),
                         func::jvp(of, plain.detach(), along).second, tolerance, tolerance) == "");
      }
}

TEST_CASE("a constant row whose eps the dtype rounds to 0 has the same gradient recorded and not") {
  for (const double eps : {1e-60, 1e-48}) {
    const Tensor x = full({2, 4}, 3, float32).requires_grad_(), g = Tensor{{1.f, 2.f, -1.f, 4.f}, {0.f, 1.f, 2.f, 3.f}};
    const Tensor plain = grad({layer_norm(x, 4, {}, {}, eps)}, {x}, {g})[0];
    const Tensor recorded = grad({layer_norm(x, 4, {}, {}, eps)}, {x}, {g}, create_graph)[0];
    CHECK(difference(recorded.detach(), plain, 1e-5) == "");
  }
}

TEST_CASE("norms give the same bits for any number of threads, and float32 sums lose nothing") {
  Generator generator(3);
  const Tensor x = (randn({3000, 70}, generator) + 100.f).detach().clone().requires_grad_();
  const Tensor w = rand({70}, generator).requires_grad_(), b = rand({70}, generator).requires_grad_();
  const Tensor g = randn({3000, 70}, generator);
  const auto all = [&] {
    const Tensor y = layer_norm(x, 70, w, b);
    auto list = grad({y}, {x, w, b}, {g});
    list.push_back(y.detach());
    return list;
  };
  const int before = num_threads();
  set_num_threads(1);
  const auto one = all();
  for (int n : {2, 3, 4}) {
    set_num_threads(n);
    const auto more = all();
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(difference(one[i], more[i]) == "");
  }
  set_num_threads(before);
  const Tensor wide = x.detach().to(float64);
  CHECK(difference(one[3].to(float64), layer_norm(wide, 70, w.detach().to(float64), b.detach().to(float64)), 0, 3e-6) ==
        "");
  CHECK(difference(one[2].to(float64), sum(g.to(float64), 0), 0, 2e-5) == "");
}

TEST_CASE("InstanceNorm tracks statistics over the samples, and uses them in evaluation") {
  nn::InstanceNorm1d norm(2, nn::InstanceNorm1d::Options().track_running_stats(true).eps(1e-300));
  norm.to(float64);
  const Tensor x{{{1., 3.}, {2., 6.}}, {{5., 7.}, {0., 8.}}};
  CHECK(difference(norm(x), Tensor{{{-1., 1.}, {-1., 1.}}, {{-1., 1.}, {-1., 1.}}}, 1e-12) == "");
  CHECK(difference(norm.running_mean, Tensor{.4, .4}, 1e-12) == "");
  CHECK(difference(norm.running_var, Tensor{.9 + .1 * 2, .9 + .1 * 20}, 1e-12) == "");
  CHECK(norm.num_batches_tracked.item<int>() == 0);  // as in PyTorch, which counts batches of BatchNorm only
  norm.eval();
  CHECK(difference(norm(x[0]), squeeze(norm(unsqueeze(x[0], 0)), 0)) == "");
  CHECK(thrown_by([&] {
          norm(zeros({2, 3, 4}, float64));
        }).rfind("InstanceNorm1d: expected input of shape (N, 2, L) or (2, L), got (2, 3, 4)", 0) == 0);
  const nn::InstanceNorm1d copy = clone(norm);
  norm.running_mean.fill_(7);
  CHECK(copy.running_mean[0].item() == Approx(.4));
}

TEST_CASE("running statistics of numbers whose sums or squares overflow are finite") {
  nn::BatchNorm1d norm(1);
  norm.to(float64);
  norm(full({4, 1}, 1.5e308));
  CHECK(difference(norm.running_var, Tensor{.9}, 1e-15) == "");
  CHECK(difference(norm.running_mean, Tensor{1.5e307}, 1e-15) == "");
  nn::BatchNorm1d wide(1);
  wide.to(float64);
  wide(Tensor{{1e154}, {-1e154}, {1e154}, {-1e154}});
  CHECK(difference(wide.running_var, Tensor{4e307 / 3}, 1e-12) == "");
  nn::InstanceNorm1d instances(1, nn::InstanceNorm1d::Options().track_running_stats(true));
  instances.to(float64);
  instances(full({2, 1, 3}, 1.5e308));
  CHECK(difference(instances.running_mean, Tensor{1.5e307}, 1e-12) == "");
  CHECK(difference(instances.running_var, Tensor{.9}, 1e-15) == "");
}

TEST_CASE("a batch without values is not counted") {
  nn::BatchNorm1d norm(1, nn::BatchNorm1d::Options().momentum(std::nullopt));
  norm(zeros({0, 1}));
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 0);
  CHECK(difference(norm.running_mean, Tensor{0.f}) == "");
  norm(full({4, 1}, 10.f));
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 1);
  CHECK(difference(norm.running_mean, Tensor{10.f}) == "");
}

TEST_CASE("max_norm shortens rows whose norm the dtype cannot hold") {
  for (const auto& [dtype, size] : {std::pair(float32, 3e38), {float64, 1.5e308}}) {
    const Tensor table = full({2, 2}, size, dtype).requires_grad_();
    const Tensor y = nn::embedding(Tensor({1}), table, nn::EmbeddingOptions().max_norm(1));
    CHECK(difference(y.to(float64), full({1, 2}, std::sqrt(.5), float64), 1e-6) == "");
    const Tensor bag = nn::embedding_bag(Tensor({{0}}), table, {}, nn::EmbeddingBagOptions().max_norm(1));
    CHECK(difference(bag.to(float64), full({1, 2}, std::sqrt(.5), float64), 1e-6) == "");
  }
}

TEST_CASE("the only offset of a bag is checked where it ends the last one") {
  const Tensor table = ones({3, 2});
  const auto how = nn::EmbeddingBagOptions().include_last_offset(true);
  for (const std::int64_t offset : {-5, 1, 9})
    CHECK(thrown_by<std::invalid_argument>([&] {
            const Tensor y = nn::embedding_bag(Tensor({0, 1}), table, Tensor({offset}), how);
          })
              .find("embedding_bag: offset 0 is " + std::to_string(offset) +
                    " for 2 indices: offsets begin at 0, do not fall, and do not exceed the indices") == 0);
  CHECK(nn::embedding_bag(Tensor({0, 1}), table, Tensor({0}), how).shape() == Shape{0, 2});
}

TEST_CASE("BatchNorm2d is BatchNorm1d of the places of images") {
  nn::BatchNorm2d images(3);
  nn::BatchNorm1d lines(3);
  const Tensor x = randn({2, 3, 4, 5});
  CHECK(difference(images(x).reshape({2, 3, 20}), lines(x.reshape({2, 3, 20}))) == "");
  CHECK(difference(images.running_var, lines.running_var) == "");
  CHECK(thrown_by([&] {
          images(zeros({2, 3, 4}));
        }).rfind("BatchNorm2d: expected input of shape (N, 3, H, W), got (2, 3, 4)", 0) == 0);
}

TEST_CASE("Embedding: padding gets no gradient, frequent rows a share, and long rows are shortened") {
  nn::Embedding table(4, 2, nn::Embedding::Options().padding_idx(0));
  CHECK(sum(abs(table.weight[0])).item() == 0);
  sum(table(Tensor{{0, 1}, {1, 3}})).backward();
  CHECK(difference(table.weight.grad(), Tensor({{0., 0.}, {2., 2.}, {0., 0.}, {1., 1.}}, float32)) == "");
  nn::Embedding shared =
      nn::Embedding::from_pretrained(ones({3, 2}), nn::Freeze::no, nn::Embedding::Options().scale_grad_by_freq(true));
  sum(shared(Tensor{2, 2, 1})).backward();
  CHECK(difference(shared.weight.grad(), Tensor({{0., 0.}, {1., 1.}, {1., 1.}}, float32)) == "");
  CHECK(!nn::Embedding::from_pretrained(ones({3, 2})).weight.requires_grad());
  nn::Embedding bounded = nn::Embedding::from_pretrained(Tensor{{3., 4.}, {.3, .4}, {30., 40.}}, nn::Freeze::no,
                                                         nn::Embedding::Options().max_norm(1));
  CHECK(difference(bounded(Tensor{0, 1}), Tensor{{.6, .8}, {.3, .4}}, 1e-6) == "");
  CHECK(bounded.weight(2, 0).item() == 30);
  CHECK(thrown_by([&] { table(Tensor{4}); }).rfind("Embedding: embedding: index 0 is 4: it must lie in [0, 4)", 0) ==
        0);
}

TEST_CASE("EmbeddingBag joins the rows of its bags") {
  const nn::EmbeddingBag bag = nn::EmbeddingBag::from_pretrained(
      Tensor{{1., 10.}, {2., 20.}, {4., 40.}}, nn::Freeze::no, nn::EmbeddingBag::Options().mode(nn::BagMode::sum));
  CHECK(difference(bag(Tensor({{0, 1}, {2, 2}})), Tensor{{3., 30.}, {8., 80.}}) == "");
  CHECK(difference(bag(Tensor{0, 1, 2}, Tensor{0, 0, 2}), Tensor{{0., 0.}, {3., 30.}, {4., 40.}}) == "");
  CHECK(difference(bag(Tensor{0, 1, 2}, Tensor{0, 2}, Tensor{.5, 1., 2.}), Tensor{{2.5, 25.}, {8., 80.}}) == "");
}

TEST_CASE("dropouts of channels drop whole channels, and alpha dropout keeps mean and variance") {
  Generator generator(4);
  const Tensor x = ones({50, 20, 6});
  const Tensor y = dropout1d(x, .4, true, &generator);
  CHECK(difference(amax(y, 2), amin(y, 2)) == "");
  CHECK(mean(y).item() == Approx(1).epsilon(.06));
  const Tensor normal = randn({200000}, generator, float64);
  const Tensor z = alpha_dropout(normal, .3, true, &generator);
  CHECK(std::abs(mean(z).item()) < .02);
  CHECK(var(z).item() == Approx(1).epsilon(.02));
  CHECK(sum(abs(alpha_dropout(Tensor{1., infinity}, 1))).item() == 0);
  nn::AlphaDropout layer(.5, Generator(1));
  const nn::AlphaDropout copy = clone(layer);
  CHECK(difference(copy(normal), layer(normal)) == "");
  layer.eval();
  CHECK(difference(layer(normal), normal) == "");
}

TEST_CASE("bilinear refuses weights whose matrix exceeds all numbers") {
  const std::int64_t n = std::int64_t{1} << 32, m = std::int64_t{1} << 31;
  CHECK_THROWS_WITH(nn::bilinear(zeros({0, 0}), zeros({0, m}), zeros({n, 0, m})),
                    Catch::Contains("bilinear: the weight is (4294967296, 0, 2147483648): out * in2 exceeds 2^63 - 1"));
  CHECK(nn::bilinear(zeros({2, 0}), zeros({2, 3}), zeros({4, 0, 3})).shape() == Shape{2, 4});
}

TEST_CASE("Unflatten undoes Flatten, and Bilinear is a sum over pairs") {
  const Tensor x = randn({2, 3, 4});
  CHECK(difference(nn::Unflatten(1, {3, -1})(nn::Flatten()(x)), x) == "");
  nn::Bilinear layer(2, 3, 1, nn::no_bias);
  layer.to(float64);
  const Tensor a{{1., 2.}}, b{{3., 4., 5.}};
  CHECK(layer(a, b).item() == Approx(sum(layer.weight[0] * transpose(a, {1, 0}) * b).item()));
}

TEST_CASE("distances at equal and zero vectors have finite gradients") {
  const Tensor x = zeros({2, 3}, float64).requires_grad_();
  CHECK(difference(grad(sum(nn::pairwise_distance(x, x.detach(), 2, 0)), x), zeros({2, 3}, float64)) == "");
  const Tensor one = Tensor{{0., 3., 4.}, {1., 0., 0.}};
  CHECK(difference(grad(sum(nn::cosine_similarity(x, one)), x), one / Tensor{{5.}, {1.}} * 1e8, 1e-12) == "");
  CHECK(nn::cosine_similarity(2.0, -3.0, 0).item() == -1);
  CHECK(nn::pairwise_distance(2.0, 5.0, 2, 0).item() == 3);
  CHECK(nn::cosine_similarity(Tensor{{1e200, 0.}}, Tensor{{1e200, 1e200}}).item() == Approx(std::sqrt(.5)));
}
