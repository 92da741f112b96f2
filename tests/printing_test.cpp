#include <sstream>
#include <string>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/nn/nn.hpp>
#include <xgrad/nn/printing.hpp>

#include "catch2.hpp"
#include "compare.hpp"

using namespace xgrad;

namespace {

std::string text(const nn::ModuleBase& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

nn::Sequential mnist_network() {
  return {nn::Linear(784, 50, nn::no_bias), nn::BatchNorm1d(50), nn::ReLU(), nn::Dropout(0.5),
          nn::Linear(50, 10, nn::no_bias)};
}

class Net : public nn::Module {
 public:
  Net() {
    add("layer1", layer1);
    add("layer2", layer2);
  }
  Tensor forward(const Tensor& x) override { return layer2(layer1(x)); }

 private:
  nn::Sequential layer1{nn::Linear(784, 50, nn::no_bias), nn::BatchNorm1d(50), nn::ReLU(), nn::Dropout(0.5)};
  nn::Sequential layer2{nn::Linear(50, 10, nn::no_bias)};
};

class Listed : public nn::Module {
 public:
  Listed() { add("blocks", blocks); }
  Tensor forward(const Tensor& x) override { return x; }
  std::vector<nn::Linear> blocks{nn::Linear(2, 3), nn::Linear(3, 4)};
};

template <class T>
class Generic : public nn::Module {
 protected:
  Tensor forward(const Tensor& x) override { return x; }
};

}  // namespace

TEST_CASE("784-50-10 with batch norm and dropout prints as in PyTorch 1.13") {
  REQUIRE(text(mnist_network()) ==
          "Sequential(\n"
          "  (0): Linear(in_features=784, out_features=50, bias=False)\n"
          "  (1): BatchNorm1d(50, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n"
          "  (2): ReLU()\n"
          "  (3): Dropout(p=0.5, inplace=False)\n"
          "  (4): Linear(in_features=50, out_features=10, bias=False)\n"
          ")");
  const std::string nested =
      "Net(\n"
      "  (layer1): Sequential(\n"
      "    (0): Linear(in_features=784, out_features=50, bias=False)\n"
      "    (1): BatchNorm1d(50, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n"
      "    (2): ReLU()\n"
      "    (3): Dropout(p=0.5, inplace=False)\n"
      "  )\n"
      "  (layer2): Sequential(\n"
      "    (0): Linear(in_features=50, out_features=10, bias=False)\n"
      "  )\n"
      ")";
  Net net;
  REQUIRE(text(net) == nested);
  REQUIRE(text(clone(net)) == nested);
  const nn::ModuleBase& base = net;
  const nn::ModuleBase sliced = base;
  REQUIRE(text(sliced) == nested);
}

TEST_CASE("every layer prints as in PyTorch 1.13") {
  REQUIRE(text(nn::Linear(3, 4)) == "Linear(in_features=3, out_features=4, bias=True)");
  REQUIRE(
      text(nn::BatchNorm1d(
          5, nn::BatchNorm1d::Options().eps(1e-3).momentum(std::nullopt).affine(false).track_running_stats(false))) ==
      "BatchNorm1d(5, eps=0.001, momentum=None, affine=False, track_running_stats=False)");
  REQUIRE(text(nn::ReLU()) == "ReLU()");
  REQUIRE(text(nn::Sigmoid()) == "Sigmoid()");
  REQUIRE(text(nn::LogSigmoid()) == "LogSigmoid()");
  REQUIRE(text(nn::Tanh()) == "Tanh()");
  REQUIRE(text(nn::SiLU()) == "SiLU()");
  REQUIRE(text(nn::Identity()) == "Identity()");
  REQUIRE(text(nn::Softplus()) == "Softplus(beta=1, threshold=20)");
  REQUIRE(text(nn::LeakyReLU()) == "LeakyReLU(negative_slope=0.01)");
  REQUIRE(text(nn::ELU()) == "ELU(alpha=1.0)");
  REQUIRE(text(nn::GELU()) == "GELU(approximate='none')");
  REQUIRE(text(nn::GELU(Gelu::tanh)) == "GELU(approximate='tanh')");
  REQUIRE(text(nn::Softmax(1)) == "Softmax(dim=1)");
  REQUIRE(text(nn::LogSoftmax(-1)) == "LogSoftmax(dim=-1)");
  REQUIRE(text(nn::ReLU6()) == "ReLU6()");
  REQUIRE(text(nn::SELU()) == "SELU()");
  REQUIRE(text(nn::CELU()) == "CELU(alpha=1.0)");
  REQUIRE(text(nn::CELU(2)) == "CELU(alpha=2)");
  REQUIRE(text(nn::Mish()) == "Mish()");
  REQUIRE(text(nn::Softsign()) == "Softsign()");
  REQUIRE(text(nn::Tanhshrink()) == "Tanhshrink()");
  REQUIRE(text(nn::Hardtanh()) == "Hardtanh(min_val=-1.0, max_val=1.0)");
  REQUIRE(text(nn::Hardtanh(-2, 2.5)) == "Hardtanh(min_val=-2, max_val=2.5)");
  REQUIRE(text(nn::Hardsigmoid()) == "Hardsigmoid()");
  REQUIRE(text(nn::Hardswish()) == "Hardswish()");
  REQUIRE(text(nn::Hardshrink()) == "Hardshrink(0.5)");
  REQUIRE(text(nn::Softshrink(1)) == "Softshrink(1)");
  REQUIRE(text(nn::Threshold(0.1, 20)) == "Threshold(threshold=0.1, value=20)");
  REQUIRE(text(nn::GLU()) == "GLU(dim=-1)");
  REQUIRE(text(nn::Softmin(1)) == "Softmin(dim=1)");
  REQUIRE(text(nn::PReLU()) == "PReLU(num_parameters=1)");
  REQUIRE(text(nn::RReLU()) == "RReLU(lower=0.125, upper=0.3333333333333333)");
  REQUIRE(text(nn::Dropout(0.2)) == "Dropout(p=0.2, inplace=False)");
  REQUIRE(text(nn::Flatten()) == "Flatten(start_dim=1, end_dim=-1)");
  REQUIRE(text(nn::Sequential()) == "Sequential()");
}

TEST_CASE("lists, functions, named layers and the user's classes print") {
  REQUIRE(text(Listed()) ==
          "Listed(\n"
          "  (blocks): ModuleList(\n"
          "    (0): Linear(in_features=2, out_features=3, bias=True)\n"
          "    (1): Linear(in_features=3, out_features=4, bias=True)\n"
          "  )\n"
          ")");
  const nn::Sequential named{{"first", nn::Flatten()}, {"act", relu}};
  REQUIRE(text(named) == "Sequential(\n  (first): Flatten(start_dim=1, end_dim=-1)\n  (act): Function()\n)");
  REQUIRE(text(nn::MLP({3, 2, 1})) ==
          "MLP(\n  (0): Linear(in_features=3, out_features=2, bias=True)\n  (1): ReLU()\n"
          "  (2): Linear(in_features=2, out_features=1, bias=True)\n)");
  REQUIRE(text(Generic<std::vector<int>>()) == "Generic()");
  class Local : public Generic<int> {};
  REQUIRE(text(Local()) == "Local()");
  std::ostringstream out;
  out << nn::Layer(nn::ReLU());
  REQUIRE(out.str() == "ReLU()");
}

TEST_CASE("numbers print as in Python") {
  const std::vector<std::pair<double, std::string>> numbers = {{0.1, "0.1"},
                                                               {1e-05, "1e-05"},
                                                               {1, "1.0"},
                                                               {0, "0.0"},
                                                               {-0.0, "-0.0"},
                                                               {1e16, "1e+16"},
                                                               {1e15, "1000000000000000.0"},
                                                               {0.0001, "0.0001"},
                                                               {0.00012345, "0.00012345"},
                                                               {1.5e-7, "1.5e-07"},
                                                               {1e100, "1e+100"},
                                                               {123456.789, "123456.789"},
                                                               {1.0 / 3, "0.3333333333333333"},
                                                               {-2.5e-300, "-2.5e-300"}};
  for (const auto& [number, expected] : numbers) REQUIRE(nn::detail::python(number) == expected);
}

TEST_CASE("the summary of 784-50-10 with batch norm and dropout is torchsummary's") {
  const nn::Sequential model = mnist_network();
  std::ostringstream out;
  const nn::Summary summary = nn::summary(model, {100, 784}, out);
  REQUIRE(out.str() ==
          "----------------------------------------------------------------\n"
          "        Layer (type)               Output Shape         Param #\n"
          "================================================================\n"
          "            Linear-1                   [-1, 50]          39,200\n"
          "       BatchNorm1d-2                   [-1, 50]             100\n"
          "              ReLU-3                   [-1, 50]               0\n"
          "           Dropout-4                   [-1, 50]               0\n"
          "            Linear-5                   [-1, 10]             500\n"
          "================================================================\n"
          "Total params: 39,800\n"
          "Trainable params: 39,800\n"
          "Non-trainable params: 0\n"
          "----------------------------------------------------------------\n"
          "Input size (MB): 0.30\n"
          "Forward/backward pass size (MB): 0.00\n"
          "Params size (MB): 0.15\n"
          "Estimated Total Size (MB): 0.45\n"
          "----------------------------------------------------------------\n");
  REQUIRE(summary.rows.size() == 5);
  REQUIRE(summary.rows[0].output == Shape{100, 50});
  REQUIRE(summary.total == 39800);
  REQUIRE(to_string(nn::summary(Net(), {100, 784})) == out.str());
}

TEST_CASE("a summary leaves the model as it was") {
  nn::Sequential model{nn::Linear(4, 3), nn::BatchNorm1d(3), nn::Dropout(0.5), relu};
  model[1].module().eval();
  for (const Tensor& p : nn::Layer(model[0]).module().parameters()) p.requires_grad_(false);
  const nn::Summary summary = nn::summary(model, {2, 4});
  REQUIRE(summary.rows.back().name == "Function-4");
  REQUIRE(summary.total == 21);
  REQUIRE(summary.trainable == 6);
  REQUIRE(model.is_training());
  REQUIRE(!model[1].module().is_training());
  REQUIRE(model[2].module().is_training());
  REQUIRE(model.buffer("1.num_batches_tracked").item() == 0);

  REQUIRE_THROWS_AS(nn::summary(model, {2, 5}), std::invalid_argument);
  REQUIRE(model.is_training());
  REQUIRE(!model[1].module().is_training());
  model[1].module().train();
  REQUIRE(model(ones({2, 4})).requires_grad());
  REQUIRE(nn::summary(nn::Linear(3, 2), {1, 3}).rows.size() == 1);

  model.to(float64);
  REQUIRE(nn::summary(model, {2, 4}).total == 21);
}
