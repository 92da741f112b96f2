#include "xgrad_side.hpp"

#include <memory>

#include <xgrad/xgrad.hpp>
#if __has_include(<xgrad/optim/adam.hpp>)
#include <xgrad/optim/adam.hpp>
#define XGRAD_HAS_ADAM
#endif

#include "workloads.hpp"

using namespace xgrad;

namespace bench {
namespace {

struct Network {
  nn::Sequential model;
  std::unique_ptr<optim::Optimizer> optimizer;

  std::string bits() const {
    std::string all;
    for (const Tensor& p : model.parameters())
      all += digest(Raw::bytes(p), static_cast<std::size_t>(p.size()) * sizeof(float));
    return digest(all.data(), all.size());
  }
};

template <class Batch>
Tensor step(Network& net, const Batch& inputs, const Tensor& targets) {
  const Tensor loss = nn::cross_entropy(net.model(inputs), targets);
  net.optimizer->zero_grad();
  loss.backward();
  net.optimizer->step();
  return loss;
}

template <class Step>
Checked losses(Network net, Step step_of) {
  Checked checked;
  for (std::int64_t i = 0; i < checked_steps; ++i) checked.values.push_back(step_of(net, i).item());
  checked.bits = net.bits();
  return checked;
}

// W1: 784-50-10 with batch norm; its pictures are gathered from bytes in every step.
Network mnist_network(double dropout) {
  constexpr std::int64_t in = Pictures::features, hidden = Pictures::hidden, out = Pictures::classes;
  nn::Linear first(in, hidden, nn::no_bias), last(hidden, out, nn::no_bias);
  const NoGrad off;
  first.weight.copy_(Tensor(layer_weights(0, in, hidden * in)).reshape({hidden, in}));
  last.weight.copy_(Tensor(layer_weights(1, hidden, out * hidden)).reshape({out, hidden}));
  Network net{nn::Sequential{first, nn::BatchNorm1d(hidden), nn::ReLU(), nn::Dropout(dropout), last}, nullptr};
  net.optimizer = std::make_unique<optim::SGD>(net.model.parameters(), Pictures::lr);
  return net;
}

Task mnist_task(const std::string& folder) {
  const auto pictures = std::make_shared<Pictures>(Pictures::read(folder));
  const data::ImageDataset images(pictures->pixels, pictures->labels, 28, 28);
  const auto step_of = [=](Network& net, std::int64_t i) {
    const auto [inputs, targets] = images.gather(pictures->rows(i), Pictures::batch);
    return step(net, inputs, targets);
  };
  const auto net = std::make_shared<Network>(mnist_network(0.5));
  return {[=] { return losses(mnist_network(0), step_of); },
          repeat([=, i = std::int64_t{0}]() mutable { step_of(*net, i++); })};
}

Network mlp_network(const Mlp& mlp) {
  Network net;
  const NoGrad off;
  for (std::size_t i = 0; i + 1 < mlp.sizes.size(); ++i) {
    const std::int64_t in = mlp.sizes[i], out = mlp.sizes[i + 1];
    nn::Linear layer(in, out);
    layer.weight.copy_(Tensor(layer_weights(i, in, in * out)).reshape({out, in}));
    layer.bias.copy_(Tensor(layer_bias(i, in, out)));
    if (i > 0) net.model.push_back(nn::ReLU());
    net.model.push_back(layer);
  }
#ifdef XGRAD_HAS_ADAM
  if (mlp.adam) net.optimizer = std::make_unique<optim::Adam>(net.model.parameters(), mlp.lr);
#endif
  if (!mlp.adam) net.optimizer = std::make_unique<optim::SGD>(net.model.parameters(), mlp.lr);
  return net;
}

Task mlp_task(const Mlp& mlp) {
  const Tensor inputs = Tensor(mlp.inputs()).reshape({mlp.batch, mlp.sizes.front()}), targets(mlp.labels());
  const auto step_of = [=](Network& net, std::int64_t) { return step(net, inputs, targets); };
  const auto net = std::make_shared<Network>(mlp_network(mlp));
  return {[=] { return losses(mlp_network(mlp), step_of); }, repeat([=] { step_of(*net, 0); })};
}

#ifdef XGRAD_HAS_ADAM
Network conv_network(const ConvNet& book, double dropout) {
  Network net;
  const NoGrad off;
  std::size_t number = 0;
  const auto fill = [&](auto& layer, std::int64_t in) {
    layer.weight.copy_(Tensor(layer_weights(number, in, layer.weight.size())).reshape(layer.weight.shape()));
    layer.bias.copy_(Tensor(layer_bias(number, in, layer.bias.size())));
    ++number;
    net.model.push_back(layer);
  };
  std::int64_t channels = 1;
  for (const ConvNet::Layer& one : book.layers) {
    nn::Conv2d layer(channels, one.channels, one.kernel, nn::Conv2d::Options().padding(one.padding));
    fill(layer, channels * one.kernel * one.kernel);
    channels = one.channels;
    net.model.push_back(nn::ReLU());
    if (one.pooled) net.model.push_back(nn::MaxPool2d(2));
  }
  net.model.push_back(nn::Flatten());
  nn::Linear hidden(book.flat, book.hidden), last(book.hidden, ConvNet::classes);
  fill(hidden, book.flat);
  net.model.push_back(nn::ReLU());
  if (book.drops) net.model.push_back(nn::Dropout(dropout));
  fill(last, book.hidden);
  if (book.drops) net.model.push_back(nn::Dropout(dropout));
  net.optimizer = std::make_unique<optim::Adam>(net.model.parameters(), ConvNet::lr);
  return net;
}

// W15: one picture at a time.
template <class Net>
Task inference_task(Net net, const Shape& shape) {
  net.eval();
  const Tensor x = Tensor(picture()).reshape(shape);
  const auto run = [=] {
    const NoGrad off;
    return net(x);
  };
  const auto check = [=] {
    Checked checked;
    const Tensor y = run();
    for (std::int64_t i = 0; i < y.size(); ++i) checked.values.push_back(y[0][i].item());
    return checked;
  };
  return {check, repeat([=] { run(); })};
}

nn::Sequential lenet() {
  nn::Sequential net;
  const NoGrad off;
  std::size_t number = 0;
  const auto fill = [&](auto layer, std::int64_t in) {
    layer.weight.copy_(Tensor(layer_weights(number, in, layer.weight.size())).reshape(layer.weight.shape()));
    layer.bias.copy_(Tensor(layer_bias(number, in, layer.bias.size())));
    ++number;
    net.push_back(layer);
  };
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t in = LeNet::channels[i];
    fill(nn::Conv2d(in, LeNet::channels[i + 1], LeNet::kernel,
                    nn::Conv2d::Options().padding(i == 0 ? LeNet::padding : 0)),
         in * LeNet::kernel * LeNet::kernel);
    net.push_back(nn::ReLU());
    net.push_back(nn::MaxPool2d(2));
  }
  net.push_back(nn::Flatten());
  for (std::size_t i = 0; i < 3; ++i) {
    if (i > 0) net.push_back(nn::ReLU());
    fill(nn::Linear(LeNet::features[i], LeNet::features[i + 1]), LeNet::features[i]);
  }
  return net;
}

Task conv_task(const ConvNet& book) {
  const Tensor targets(ConvNet::labels());
  const Tensor inputs = Tensor(ConvNet::inputs()).reshape({ConvNet::batch, 1, ConvNet::size, ConvNet::size});
  const auto step_of = [=](Network& net, std::int64_t) { return step(net, inputs, targets); };
  const auto net = std::make_shared<Network>(conv_network(book, 0.5));
  return {[=] { return losses(conv_network(book, 0), step_of); }, repeat([=] { step_of(*net, 0); })};
}
#endif

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  xgrad::set_num_threads(std::atoi(argument(argc, argv, "--threads", "1").c_str()));
  const std::string folder = argument(argc, argv, "--data", ".");
  Tasks tasks;
  tasks["W1"] = [=] { return mnist_task(folder); };
  tasks["W3"] = [] { return mlp_task(w3()); };
#ifdef XGRAD_HAS_ADAM
  tasks["W2"] = [] { return mlp_task(w2()); };
  tasks["W6"] = [] { return mlp_task(w6()); };
  tasks["W9"] = [] { return conv_task(w9()); };
  tasks["W10"] = [] { return conv_task(w10()); };
  tasks["W15.net"] = [] { return inference_task(mnist_network(0).model, {1, Pictures::features}); };
  tasks["W15.lenet"] = [] { return inference_task(lenet(), {1, 1, ConvNet::size, ConvNet::size}); };
#endif
  for (const std::int64_t batch : {64, 128, 256, 512, 1024, 2048})
    tasks["G13.batch." + std::to_string(batch)] = [=] { return mlp_task({{784, 128, 128, 10}, batch, false, 0.01}); };
  add_op_tasks(tasks);
  add_gradient_tasks(tasks);
  add_sequence_tasks(tasks);
  add_gpt_tasks(tasks);
  return Server(std::move(tasks), argc, argv).run("0.1.0");
}
