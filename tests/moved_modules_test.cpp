// A module that was moved from is a handle of the same module, as a copy is.

#include <utility>
#include <vector>

#include <xgrad/autograd/graph/mode.hpp>
#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/checkpoint_plan.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

void check_same(const std::vector<Tensor>& found, const std::vector<Tensor>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(difference(found[i], expected[i]) == "");
}

// Calls the module before and after it was moved from, by construction and by assignment.
template <class M, class... X>
void check(M module, const X&... x) {
  const NoGrad off;
  const auto call = [&](const M& m) { return nn::detail::tensors_in(m(x...)); };
  INFO(module.type_name());
  module.eval();
  const std::vector<Tensor> expected = call(module);
  M made(std::move(module));
  check_same(call(made), expected);
  check_same(call(module), expected);
  M assigned = nn::clone(made);
  assigned = std::move(made);
  check_same(call(assigned), expected);
  check_same(call(made), expected);
  CHECK(made.parameters().size() == module.parameters().size());
}

}  // namespace

TEST_CASE("layers of features stay valid when they are moved from", "[nn]") {
  const Tensor x = randn({4, 6}), sequence = randn({5, 3, 6}), ids{1, 0, 2, 1};
  check(nn::Linear(6, 3), x);
  check(nn::Bilinear(6, 6, 2), x, x);
  check(nn::LayerNorm({4, 6}), x);
  check(nn::LayerNorm({1, 1, 1, 4, 6}), reshape(x, {1, 1, 1, 4, 6}));
  check(nn::RMSNorm({6}), x);
  check(nn::BatchNorm1d(6), x);
  check(nn::PReLU(6), x);
  check(nn::Dropout(0.5), x);
  check(nn::Unflatten(1, {2, 3}), x);
  check(nn::Embedding(3, 2), ids);
  check(nn::EmbeddingBag(3, 2), ids, Tensor{0, 2});
  check(nn::MLP({6, 4, 2}), x);
  check(nn::Sequential{nn::Linear(6, 2), relu}, x);
  check(nn::RNN(6, 2), sequence);
  check(nn::LSTM(6, 2, nn::LSTM::Options().num_layers(2).bidirectional(true)), sequence);
  check(nn::GRU(6, 2), sequence);
  check(nn::RNNCell(6, 2), x);
  check(nn::LSTMCell(6, 2), x);
  check(nn::GRUCell(6, 2), x);
  check(nn::MultiheadAttention(6, 2), sequence, sequence, sequence);
  const nn::TransformerEncoderLayer encoder(6, 2);
  const nn::TransformerDecoderLayer decoder(6, 2);
  check(encoder, sequence);
  check(decoder, sequence, sequence);
  check(nn::TransformerEncoder(encoder, 2, nn::LayerNorm({6})), sequence);
  check(nn::TransformerDecoder(decoder, 2), sequence, sequence);
  check(nn::Transformer(nn::Transformer::Options().d_model(6).nhead(2).num_encoder_layers(1).num_decoder_layers(1)),
        sequence, sequence);
  check(nn::AdaptiveLogSoftmaxWithLoss(6, 9, {3, 5}), x, Tensor{0, 8, 4, 2});
}

TEST_CASE("layers of pictures stay valid when they are moved from", "[nn]") {
  const Tensor x = randn({2, 4, 8, 8});
  check(nn::Conv2d(4, 2, 3, nn::Conv2d::Options().padding(1).groups(2)), x);
  check(nn::ConvTranspose2d(4, 2, 3), x);
  check(nn::BatchNorm2d(4), x);
  check(nn::GroupNorm(2, 4), x);
  check(nn::InstanceNorm2d(4), x);
  check(nn::MaxPool2d(2), x);
  check(nn::AvgPool2d(2), x);
  check(nn::AdaptiveAvgPool2d(3), x);
  check(nn::LPPool2d(2, 2), x);
  check(nn::ZeroPad2d(1), x);
  check(nn::ReflectionPad2d({1, 2, 0, 1}), x);
  check(nn::Unfold(2), x);
  check(nn::Fold({4, 4}, 2), randn({2, 16, 9}));
  check(nn::Upsample(nn::Upsample::Options().scale_factor(2)), x);
  check(nn::UpsamplingNearest2d(nn::Upsample::Options().size({3, 5})), x);
  check(nn::PixelShuffle(2), x);
  check(nn::Flatten(), x);
}

TEST_CASE("a lazy layer that was moved from takes its shape from the first input", "[nn]") {
  const Tensor x = randn({2, 4, 8, 8});
  nn::LazyConv2d lazy(3, 2);
  const nn::LazyConv2d made(std::move(lazy));
  const Tensor y = lazy(x);
  CHECK(y.shape() == Shape{2, 3, 7, 7});
  CHECK(difference(made(x), y) == "");
}

TEST_CASE("losses stay valid when they are moved from", "[nn]") {
  const Tensor x = randn({4, 6}), labels{1, 0, 2, 1};
  check(nn::CrossEntropyLoss(nn::CrossEntropyLoss::Options().weight(rand({6}))), x, labels);
  check(nn::BCEWithLogitsLoss(), x, rand({4, 6}));
  check(nn::MultiMarginLoss(), x, labels);
  const auto apart = [](const Tensor& a, const Tensor& b) { return sum(abs(a - b), 1); };
  check(nn::TripletMarginWithDistanceLoss(nn::TripletMarginWithDistanceLoss::Options().distance_function(apart)), x,
        x + 1.0f, x - 1.2f);
}

TEST_CASE("a module of the user's that holds layers stays valid when it is moved from", "[nn]") {
  struct Net : nn::Module {
    Net() { add("gru", gru), add("norm", norm); }
    Tensor forward(const Tensor& x) override { return norm(gru(x).first); }
    nn::GRU gru{6, 4};
    nn::LayerNorm norm{{4}};
  };
  check(Net(), randn({5, 3, 6}));
}

TEST_CASE("a layer and a plan of checkpoints stay valid when they are moved from", "[nn]") {
  const Tensor x = randn({4, 6});
  const nn::Sequential model{nn::Linear(6, 6), relu, nn::Linear(6, 2)};
  const Tensor y = model(x);
  nn::Layer layer = model;
  const nn::Layer other(std::move(layer));
  CHECK(difference(layer(x), y) == "");
  func::CheckpointPlan plan = func::checkpoint_plan(model, x, 1);
  const func::CheckpointPlan made(std::move(plan));
  CHECK(difference(made(x), y) == "");
  CHECK(difference(plan(x), y) == "");
}
