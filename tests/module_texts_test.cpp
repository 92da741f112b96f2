// print(module) of every module that PyTorch has too, byte for byte. tools/record_module_texts.py made the texts.

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <xgrad/autograd/ops/creation.hpp>
#include <xgrad/nn/nn.hpp>

#include "catch2.hpp"
#include "module_texts_pooling.hpp"

using namespace xgrad;

namespace {

using Texts = std::map<std::string, std::string>;

// The texts by the expressions of Python that make the modules.
Texts recorded() {
  std::ifstream file(std::string(XGRAD_SOURCE_DIR) + "/tests/golden/module_texts.txt");
  REQUIRE(file);
  Texts texts;
  std::string* open = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("== ", 0) == 0)
      open = &texts[line.substr(3)];
    else if (open != nullptr)
      *open += (open->empty() ? "" : "\n") + line;
  }
  return texts;
}

std::string text(const nn::ModuleBase& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

class Holder : public nn::ModuleBase {
 public:
  Holder() {
    add("scales", scales);
    add("blocks", blocks);
  }
  nn::ParameterList scales{nn::Parameter(zeros({2, 3}))};
  nn::ModuleList blocks{nn::Linear(2, 3)};
};

std::string text_after_a_call() {
  const nn::LazyLinear layer(3);
  static_cast<void>(layer(zeros({5, 4})));
  return text(layer);
}

Texts layers() {
  using Norm = nn::BatchNorm1d;
  return {
      {"Linear(20, 30)", text(nn::Linear(20, 30))},
      {"Linear(20, 30, bias=False)", text(nn::Linear(20, 30, nn::no_bias))},
      {"LazyLinear(30)", text(nn::LazyLinear(30))},
      {"LazyLinear(30, bias=False)", text(nn::LazyLinear(30, nn::no_bias))},
      {"called(LazyLinear(3))", text_after_a_call()},
      {"Identity()", text(nn::Identity())},
      {"Flatten()", text(nn::Flatten())},
      {"Flatten(0, 2)", text(nn::Flatten(0, 2))},
      {"Dropout()", text(nn::Dropout())},
      {"Dropout(0.2)", text(nn::Dropout(0.2))},
      {"BatchNorm1d(50)", text(Norm(50))},
      {"BatchNorm1d(5, eps=0.001, momentum=None, affine=False, track_running_stats=False)",
       text(Norm(5, Norm::Options().eps(0.001).momentum(std::nullopt).affine(false).track_running_stats(false)))},
  };
}

Texts activations() {
  return {
      {"ReLU()", text(nn::ReLU())},
      {"ReLU6()", text(nn::ReLU6())},
      {"Sigmoid()", text(nn::Sigmoid())},
      {"LogSigmoid()", text(nn::LogSigmoid())},
      {"Tanh()", text(nn::Tanh())},
      {"SiLU()", text(nn::SiLU())},
      {"Mish()", text(nn::Mish())},
      {"SELU()", text(nn::SELU())},
      {"Softsign()", text(nn::Softsign())},
      {"Tanhshrink()", text(nn::Tanhshrink())},
      {"Hardsigmoid()", text(nn::Hardsigmoid())},
      {"Hardswish()", text(nn::Hardswish())},
      {"Softplus()", text(nn::Softplus())},
      {"Softplus(2, 10)", text(nn::Softplus(2, 10))},
      {"Softplus(0.5, 10)", text(nn::Softplus(0.5, 10))},
      {"LeakyReLU()", text(nn::LeakyReLU())},
      {"LeakyReLU(0.2)", text(nn::LeakyReLU(0.2))},
      {"ELU()", text(nn::ELU())},
      {"ELU(0.5)", text(nn::ELU(0.5))},
      {"CELU()", text(nn::CELU())},
      {"CELU(2)", text(nn::CELU(2))},
      {"GELU()", text(nn::GELU())},
      {"GELU(approximate='tanh')", text(nn::GELU(Gelu::tanh))},
      {"Softmax(1)", text(nn::Softmax(1))},
      {"LogSoftmax(-1)", text(nn::LogSoftmax(-1))},
      {"Softmin(1)", text(nn::Softmin(1))},
      {"GLU()", text(nn::GLU())},
      {"GLU(1)", text(nn::GLU(1))},
      {"Hardtanh()", text(nn::Hardtanh())},
      {"Hardtanh(-2, 2.5)", text(nn::Hardtanh(-2, 2.5))},
      {"Hardshrink()", text(nn::Hardshrink())},
      {"Hardshrink(1)", text(nn::Hardshrink(1))},
      {"Softshrink()", text(nn::Softshrink())},
      {"Softshrink(1)", text(nn::Softshrink(1))},
      {"Threshold(0.1, 20)", text(nn::Threshold(0.1, 20))},
      {"PReLU()", text(nn::PReLU())},
      {"PReLU(3)", text(nn::PReLU(3))},
      {"RReLU()", text(nn::RReLU())},
      {"RReLU(0.1, 0.3)", text(nn::RReLU(0.1, 0.3))},
  };
}

Texts norms() {
  using namespace nn;
  const auto in3 = InstanceNorm1d::Options().affine(true).track_running_stats(true);
  return {
      {"BatchNorm2d(50)", text(BatchNorm2d(50))},
      {"BatchNorm3d(50)", text(BatchNorm3d(50))},
      {"LayerNorm(10)", text(LayerNorm(10))},
      {"LayerNorm((3, 4), eps=1e-3)", text(LayerNorm({3, 4}, LayerNorm::Options().eps(1e-3)))},
      {"LayerNorm(10, elementwise_affine=False)", text(LayerNorm(10, LayerNorm::Options().elementwise_affine(false)))},
      {"RMSNorm(10)", text(RMSNorm(10))},
      {"RMSNorm((3, 4), eps=1e-3)", text(RMSNorm({3, 4}, RMSNorm::Options().eps(1e-3)))},
      {"RMSNorm(10, elementwise_affine=False)", text(RMSNorm(10, RMSNorm::Options().elementwise_affine(false)))},
      {"GroupNorm(3, 6)", text(GroupNorm(3, 6))},
      {"GroupNorm(3, 6, eps=1e-3, affine=False)", text(GroupNorm(3, 6, GroupNorm::Options().eps(1e-3).affine(false)))},
      {"InstanceNorm1d(5)", text(InstanceNorm1d(5))},
      {"InstanceNorm1d(5, affine=True, track_running_stats=True)", text(InstanceNorm1d(5, in3))},
      {"InstanceNorm2d(5)", text(InstanceNorm2d(5))},
      {"InstanceNorm3d(5)", text(InstanceNorm3d(5))},
  };
}

Texts tables_and_dropouts() {
  using namespace nn;
  using Table = Embedding::Options;
  using Bag = EmbeddingBag::Options;
  return {
      {"Bilinear(2, 3, 4)", text(Bilinear(2, 3, 4))},
      {"Bilinear(2, 3, 4, bias=False)", text(Bilinear(2, 3, 4, no_bias))},
      {"Unflatten(1, (2, 3))", text(Unflatten(1, {2, 3}))},
      {"Softmax2d()", text(Softmax2d())},
      {"Dropout1d()", text(Dropout1d())},
      {"Dropout2d()", text(Dropout2d())},
      {"Dropout3d()", text(Dropout3d())},
      {"AlphaDropout()", text(AlphaDropout())},
      {"FeatureAlphaDropout()", text(FeatureAlphaDropout())},
      {"Embedding(10, 3)", text(Embedding(10, 3))},
      {"Embedding(10, 3, padding_idx=0)", text(Embedding(10, 3, Table().padding_idx(0)))},
      {"Embedding(10, 3, padding_idx=0, max_norm=1.0, norm_type=1.0, scale_grad_by_freq=True)",
       text(Embedding(10, 3, Table().padding_idx(0).max_norm(1).norm_type(1).scale_grad_by_freq(true)))},
      {"EmbeddingBag(10, 3)", text(EmbeddingBag(10, 3))},
      {"EmbeddingBag(10, 3, mode='sum')", text(EmbeddingBag(10, 3, Bag().mode(BagMode::sum)))},
      {"EmbeddingBag(10, 3, max_norm=1.0, mode='max', padding_idx=0)",
       text(EmbeddingBag(10, 3, Bag().max_norm(1.0).mode(BagMode::max).padding_idx(0)))},
      {"CosineSimilarity()", text(CosineSimilarity())},
      {"PairwiseDistance()", text(PairwiseDistance())},
  };
}

Texts losses() {
  using namespace nn;
  return {
      {"MSELoss()", text(MSELoss())},
      {"L1Loss()", text(L1Loss())},
      {"SmoothL1Loss()", text(SmoothL1Loss())},
      {"HuberLoss()", text(HuberLoss())},
      {"CrossEntropyLoss()", text(CrossEntropyLoss())},
      {"CrossEntropyLoss(label_smoothing=0.1)",
       text(CrossEntropyLoss(CrossEntropyLoss::Options().label_smoothing(.1)))},
      {"NLLLoss()", text(NLLLoss())},
      {"KLDivLoss()", text(KLDivLoss())},
      {"BCELoss()", text(BCELoss())},
      {"BCEWithLogitsLoss()", text(BCEWithLogitsLoss())},
      {"PoissonNLLLoss()", text(PoissonNLLLoss())},
      {"GaussianNLLLoss()", text(GaussianNLLLoss())},
      {"MarginRankingLoss()", text(MarginRankingLoss())},
      {"HingeEmbeddingLoss()", text(HingeEmbeddingLoss())},
      {"MultiLabelMarginLoss()", text(MultiLabelMarginLoss())},
      {"MultiLabelSoftMarginLoss()", text(MultiLabelSoftMarginLoss())},
      {"MultiMarginLoss()", text(MultiMarginLoss())},
      {"SoftMarginLoss()", text(SoftMarginLoss())},
      {"CosineEmbeddingLoss()", text(CosineEmbeddingLoss())},
      {"TripletMarginLoss()", text(TripletMarginLoss())},
      {"TripletMarginWithDistanceLoss()", text(TripletMarginWithDistanceLoss())},
      {"CTCLoss()", text(CTCLoss())},
      {"AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10, 15], div_value=2.0, head_bias=True)",
       text(AdaptiveLogSoftmaxWithLoss(8, 20, {4, 10, 15},
                                       AdaptiveLogSoftmaxWithLoss::Options().div_value(2).head_bias(true)))},
      {"AdaptiveLogSoftmaxWithLoss(8, 20, [4])", text(AdaptiveLogSoftmaxWithLoss(8, 20, {4}))},
  };
}

Texts containers() {
  const nn::Parameter small(zeros({2, 3})), wide(zeros({4}, float64));
  nn::Sequential nested;
  nested.push_back(nn::Sequential{nn::Linear(2, 3), nn::Tanh()});
  nested.push_back(nn::Sequential());
  return {
      {"Sequential()", text(nn::Sequential())},
      {"Sequential(Linear(2, 3), ReLU())", text(nn::Sequential{nn::Linear(2, 3), nn::ReLU()})},
      {"Sequential(Sequential(Linear(2, 3), Tanh()), Sequential())", text(nested)},
      {"Sequential(OrderedDict(a=Linear(2, 3), b=ReLU()))",
       text(nn::Sequential{{"a", nn::Linear(2, 3)}, {"b", nn::ReLU()}})},
      {"ModuleList()", text(nn::ModuleList())},
      {"ModuleList([Linear(2, 3), Linear(2, 3), Tanh()])",
       text(nn::ModuleList{nn::Linear(2, 3), nn::Linear(2, 3), nn::Tanh()})},
      {"ModuleDict()", text(nn::ModuleDict())},
      {"ModuleDict(dict(conv=Linear(2, 3), act=ReLU()))",
       text(nn::ModuleDict{{"conv", nn::Linear(2, 3)}, {"act", nn::ReLU()}})},
      {"ParameterList()", text(nn::ParameterList())},
      {"ParameterList([Parameter(torch.zeros(2, 3)), Parameter(torch.zeros(4).double())])",
       text(nn::ParameterList{small, wide})},
      {"ParameterList([Parameter(torch.tensor(1.0))])", text(nn::ParameterList{nn::Parameter(Tensor(1.0f))})},
      {"ParameterDict()", text(nn::ParameterDict())},
      {"ParameterDict(dict(a=Parameter(torch.zeros(2, 3)), b=Parameter(torch.zeros(4).double())))",
       text(nn::ParameterDict{{"a", small}, {"b", wide}})},
      {"Holder(ParameterList([Parameter(torch.zeros(2, 3))]), ModuleList([Linear(2, 3)]))", text(Holder())},
  };
}

Texts convolutions() {
  using Options = nn::ConvOptions;
  using Back = nn::ConvTransposeOptions;
  using nn::PaddingMode;
  return {
      {"Conv1d(3, 4, 3)", text(nn::Conv1d(3, 4, 3))},
      {"Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)",
       text(nn::Conv1d(4, 6, 3, Options().stride(2).padding(1).dilation(2).groups(2).bias(false)))},
      {"Conv2d(1, 30, 5)", text(nn::Conv2d(1, 30, 5))},
      {"Conv2d(4, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=2, groups=2, bias=False, padding_mode='reflect')",
       text(nn::Conv2d(4, 4, {3, 2},
                       Options().stride({2, 1}).padding({1, 0}).dilation(2).groups(2).bias(false).padding_mode(
                           PaddingMode::reflect)))},
      {"Conv2d(3, 4, 3, padding='same', padding_mode='circular')",
       text(nn::Conv2d(3, 4, 3, Options().padding("same").padding_mode(PaddingMode::circular)))},
      {"Conv2d(3, 4, 3, padding='valid', padding_mode='replicate')",
       text(nn::Conv2d(3, 4, 3, Options().padding("valid").padding_mode(PaddingMode::replicate)))},
      {"Conv3d(3, 4, (1, 2, 3), padding=1)", text(nn::Conv3d(3, 4, {1, 2, 3}, Options().padding(1)))},
      {"ConvTranspose1d(3, 4, 3, dilation=2, padding=1, bias=False)",
       text(nn::ConvTranspose1d(3, 4, 3, Back().dilation(2).padding(1).bias(nn::no_bias)))},
      {"ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2)",
       text(nn::ConvTranspose2d(4, 6, 3, Back().stride(2).padding(1).output_padding(1).groups(2)))},
      {"ConvTranspose3d(3, 4, 2, stride=(1, 2, 3), output_padding=(0, 1, 2))",
       text(nn::ConvTranspose3d(3, 4, 2, Back().stride({1, 2, 3}).output_padding({0, 1, 2})))},
      {"LazyConv1d(4, 3)", text(nn::LazyConv1d(4, 3))},
      {"LazyConv2d(4, 3, padding=1)", text(nn::LazyConv2d(4, 3, Options().padding(1)))},
      {"LazyConv3d(4, 3)", text(nn::LazyConv3d(4, 3))},
      {"LazyConvTranspose1d(4, 3)", text(nn::LazyConvTranspose1d(4, 3))},
      {"LazyConvTranspose2d(4, 3, stride=2)", text(nn::LazyConvTranspose2d(4, 3, Back().stride(2)))},
      {"LazyConvTranspose3d(4, 3)", text(nn::LazyConvTranspose3d(4, 3))},
  };
}

Texts recurrent() {
  const auto relu = nn::init::Nonlinearity::relu;
  return {
      {"RNN(3, 4)", text(nn::RNN(3, 4))},
      {"RNN(3, 4, nonlinearity='relu')", text(nn::RNN(3, 4, nn::RNN::Options().nonlinearity(relu)))},
      {"LSTM(3, 4, num_layers=2, batch_first=True, dropout=0.1, bidirectional=True)",
       text(nn::LSTM(3, 4, nn::LSTM::Options().num_layers(2).batch_first(true).dropout(0.1).bidirectional(true)))},
      {"LSTM(3, 4, proj_size=2, bias=False)", text(nn::LSTM(3, 4, nn::LSTM::Options().proj_size(2).bias(false)))},
      {"GRU(3, 4, num_layers=2)", text(nn::GRU(3, 4, nn::GRU::Options().num_layers(2)))},
      {"RNNCell(3, 4)", text(nn::RNNCell(3, 4))},
      {"RNNCell(3, 4, bias=False, nonlinearity='relu')", text(nn::RNNCell(3, 4, nn::no_bias, relu))},
      {"LSTMCell(3, 4, bias=False)", text(nn::LSTMCell(3, 4, nn::no_bias))},
      {"GRUCell(3, 4)", text(nn::GRUCell(3, 4))},
  };
}

Texts ours() {
  Texts all = layers();
  all.merge(convolutions());
  all.merge(recurrent());
  all.merge(activations());
  all.merge(containers());
  all.merge(norms());
  all.merge(tables_and_dropouts());
  all.merge(losses());
  all.merge(pooling_texts());
  return all;
}

// The classes that the headers of nn define.
std::set<std::string> classes() {
  static const std::regex definition("^class (\\w+)(?: final)? : public .*");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(XGRAD_SOURCE_DIR) + "/nn")) {
    if (entry.path().extension() != ".hpp") continue;
    std::ifstream file(entry.path());
    std::smatch match;
    for (std::string line; std::getline(file, line);)
      if (std::regex_match(line, match, definition)) names.insert(match[1]);
  }
  return names;
}

}  // namespace

TEST_CASE("modules print byte for byte as in PyTorch 1.13") {
  const Texts texts = recorded();
  for (const auto& [expression, printed] : ours()) {
    INFO(expression);
    REQUIRE(texts.count(expression) == 1);
    CHECK(printed == texts.at(expression));
  }
}

TEST_CASE("every module that was recorded, and that the headers have, is among those that are compared") {
  const Texts known = ours();
  const std::set<std::string> defined = classes();
  CHECK(defined.count("Linear") == 1);
  std::string missing;
  for (const auto& each : recorded()) {
    const std::string name = each.first.substr(0, each.first.find('('));
    if (defined.count(name) != 0 && known.count(each.first) == 0) missing += each.first + "\n";
  }
  CHECK(missing == "");
}
