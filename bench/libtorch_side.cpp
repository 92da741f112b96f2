// Compiled once for each installed libtorch. Written as its users write it, for speed: no loss is read back while the
// clock runs, gradients are set to none, and Adam is the fused one if there is one.

#include <torch/torch.h>

#include "libtorch_fused.hpp"
#include "libtorch_gpt.hpp"
#include "scale_pixels.hpp"
#include "side.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

namespace F = torch::nn::functional;
using torch::Tensor;

Tensor tensor(const std::vector<float>& values, torch::IntArrayRef shape) {
  return torch::tensor(values).reshape(shape);
}

using Step = std::function<void()>;

struct Network {
  torch::nn::Sequential model;
  std::shared_ptr<torch::optim::Optimizer> optimizer;
  Step update;  // replaces optimizer->step()

  void clear() {
    for (Tensor& p : parameters) p.mutable_grad().reset();
  }
  std::vector<Tensor> parameters;
};

#ifdef LIBTORCH_HAS_FUSED_ADAM
Step fused_adam(const std::vector<Tensor>& parameters, double lr) {
  return fused_steps(parameters,
                     [=](auto&... lists) { at::_fused_adam_(lists..., lr, 0.9, 0.999, 0.0, 1e-8, false, false); });
}
#endif

Tensor train(Network& net, const Tensor& inputs, const Tensor& targets) {
  Tensor loss = F::cross_entropy(net.model->forward(inputs), targets);
  net.clear();
  loss.backward();
  net.update();
  return loss;
}

template <class StepOf>
Checked losses(Network net, StepOf step_of) {
  Checked checked;
  for (std::int64_t i = 0; i < checked_steps; ++i) checked.values.push_back(step_of(net, i).template item<double>());
  return checked;
}

template <class Optimizer, class Options>
void optimize(Network& net, const Options& options) {
  net.parameters = net.model->parameters();
  auto optimizer = std::make_shared<Optimizer>(net.parameters, options);
  net.update = [optimizer] { optimizer->step(); };
}

torch::nn::Linear linear(std::int64_t in, std::int64_t out, std::size_t layer, bool bias) {
  torch::nn::Linear made(torch::nn::LinearOptions(in, out).bias(bias));
  torch::NoGradGuard off;
  made->weight.copy_(tensor(layer_weights(layer, in, in * out), {out, in}));
  if (bias) made->bias.copy_(tensor(layer_bias(layer, in, out), {out}));
  return made;
}

Network mnist_network(double dropout) {
  Network net;
  net.model = torch::nn::Sequential(linear(784, 50, 0, false), torch::nn::BatchNorm1d(50), torch::nn::ReLU(),
                                    torch::nn::Dropout(dropout), linear(50, 10, 1, false));
  optimize<torch::optim::SGD>(net, torch::optim::SGDOptions(Pictures::lr));
  return net;
}

Task mnist_task(const std::string& folder) {
  const auto pictures = std::make_shared<Pictures>(Pictures::read(folder));
  const auto step_of = [=](Network& net, std::int64_t i) {
    Tensor inputs = torch::empty({Pictures::batch, 784}), targets = torch::empty({Pictures::batch}, torch::kInt64);
    auto* to = inputs.data_ptr<float>();
    auto* label = targets.data_ptr<std::int64_t>();
    const std::int64_t* rows = pictures->rows(i);
    for (std::int64_t r = 0; r < Pictures::batch; ++r) {
      scale_pixels(pictures->pixels.data() + rows[r] * 784, to + r * 784, 784);
      label[r] = pictures->labels[static_cast<std::size_t>(rows[r])];
    }
    return train(net, inputs, targets);
  };
  const auto net = std::make_shared<Network>(mnist_network(0.5));
  return {[=] { return losses(mnist_network(0), step_of); },
          repeat([=, i = std::int64_t{0}]() mutable { step_of(*net, i++); })};
}

Network mlp_network(const Mlp& mlp, bool fused) {
  Network net;
  for (std::size_t i = 0; i + 1 < mlp.sizes.size(); ++i) {
    if (i > 0) net.model->push_back(torch::nn::ReLU());
    net.model->push_back(linear(mlp.sizes[i], mlp.sizes[i + 1], i, true));
  }
  if (mlp.adam)
    optimize<torch::optim::Adam>(net, torch::optim::AdamOptions(mlp.lr));
  else
    optimize<torch::optim::SGD>(net, torch::optim::SGDOptions(mlp.lr));
#ifdef LIBTORCH_HAS_FUSED_ADAM
  if (fused) net.update = fused_adam(net.parameters, mlp.lr);
#else
  (void)fused;
#endif
  return net;
}

Task mlp_task(const Mlp& mlp, bool fused = false) {
  const Tensor inputs = tensor(mlp.inputs(), {mlp.batch, mlp.sizes.front()}), targets = torch::tensor(mlp.labels());
  const auto step_of = [=](Network& net, std::int64_t) { return train(net, inputs, targets); };
  const auto net = std::make_shared<Network>(mlp_network(mlp, fused));
  return {[=] { return losses(mlp_network(mlp, fused), step_of); }, repeat([=] { step_of(*net, 0); })};
}

Network conv_network(const ConvNet& book, double dropout, bool fused) {
  Network net;
  std::size_t number = 0;
  std::int64_t channels = 1;
  for (const ConvNet::Layer& one : book.layers) {
    const std::int64_t in = channels * one.kernel * one.kernel;
    torch::nn::Conv2d layer(torch::nn::Conv2dOptions(channels, one.channels, one.kernel).padding(one.padding));
    {
      torch::NoGradGuard off;
      layer->weight.copy_(
          tensor(layer_weights(number, in, in * one.channels), {one.channels, channels, one.kernel, one.kernel}));
      layer->bias.copy_(tensor(layer_bias(number, in, one.channels), {one.channels}));
    }
    ++number;
    channels = one.channels;
    net.model->push_back(layer);
    net.model->push_back(torch::nn::ReLU());
    if (one.pooled) net.model->push_back(torch::nn::MaxPool2d(2));
  }
  net.model->push_back(torch::nn::Flatten());
  net.model->push_back(linear(book.flat, book.hidden, number, true));
  net.model->push_back(torch::nn::ReLU());
  if (book.drops) net.model->push_back(torch::nn::Dropout(dropout));
  net.model->push_back(linear(book.hidden, ConvNet::classes, number + 1, true));
  if (book.drops) net.model->push_back(torch::nn::Dropout(dropout));
  optimize<torch::optim::Adam>(net, torch::optim::AdamOptions(ConvNet::lr));
#ifdef LIBTORCH_HAS_FUSED_ADAM
  if (fused) net.update = fused_adam(net.parameters, ConvNet::lr);
#else
  (void)fused;
#endif
  return net;
}

Task conv_task(const ConvNet& book, bool fused = false) {
  const Tensor targets = torch::tensor(ConvNet::labels());
  const Tensor inputs = tensor(ConvNet::inputs(), {ConvNet::batch, 1, ConvNet::size, ConvNet::size});
  const auto step_of = [=](Network& net, std::int64_t) { return train(net, inputs, targets); };
  const auto net = std::make_shared<Network>(conv_network(book, 0.5, fused));
  return {[=] { return losses(conv_network(book, 0, fused), step_of); }, repeat([=] { step_of(*net, 0); })};
}

Task inference_task(torch::nn::Sequential net, torch::IntArrayRef shape) {
  net->eval();
  const Tensor x = tensor(picture(), shape);
  const auto run = [model = net.ptr(), x] {
    const c10::InferenceMode on;
    return model->forward(x);
  };
  const auto check = [=] {
    const Tensor y = run();
    return Checked{std::vector<double>(y.data_ptr<float>(), y.data_ptr<float>() + y.numel()), ""};
  };
  return {check, repeat([=] { run(); })};
}

torch::nn::Sequential lenet() {
  torch::nn::Sequential net;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t in = LeNet::channels[i], out = LeNet::channels[i + 1], k = LeNet::kernel;
    torch::nn::Conv2d layer(torch::nn::Conv2dOptions(in, out, k).padding(i == 0 ? LeNet::padding : 0));
    torch::NoGradGuard off;
    layer->weight.copy_(tensor(layer_weights(i, in * k * k, in * k * k * out), {out, in, k, k}));
    layer->bias.copy_(tensor(layer_bias(i, in * k * k, out), {out}));
    net->push_back(layer);
    net->push_back(torch::nn::ReLU());
    net->push_back(torch::nn::MaxPool2d(2));
  }
  net->push_back(torch::nn::Flatten());
  for (std::size_t i = 0; i < 3; ++i) {
    if (i > 0) net->push_back(torch::nn::ReLU());
    net->push_back(linear(LeNet::features[i], LeNet::features[i + 1], i + 2, true));
  }
  return net;
}

Tensor leaf(std::uint64_t seed, std::int64_t n, float low, float high) {
  return tensor(numbers(seed, n, low, high), {n}).requires_grad_();
}

std::vector<double> first_of(const Tensor& x) {
  const auto* data = x.data_ptr<float>();
  return std::vector<double>(data, data + std::min<std::int64_t>(16, x.numel()));
}

Task node_forward(std::int64_t n) {
  const Tensor a = leaf(30, n, 1, 2), b = leaf(31, n, 1, 2);
  return {[=] { return Checked{first_of(a * b), ""}; }, repeat([=] { Tensor y = a * b; })};
}

Task node_backward(std::int64_t n) {
  const Tensor a = leaf(30, n, 1, 2), b = leaf(31, n, 1, 2), seed = torch::ones({n});
  const auto walk = [=](const Tensor& y) { n == 1 ? y.backward() : y.backward(seed); };
  const auto check = [=] {
    a.mutable_grad().reset();
    walk(a * b);
    return Checked{first_of(a.grad()), ""};
  };
  constexpr std::int64_t block = 16;
  return {check, [=](std::int64_t count) {
            double seconds = 0;
            std::vector<Tensor> made(static_cast<std::size_t>(block));
            const std::int64_t blocks = (count + block - 1) / block;
            for (std::int64_t i = 0; i < blocks; ++i) {
              for (Tensor& y : made) y = a * b;
              const double start = now();
              for (const Tensor& y : made) walk(y);
              seconds += now() - start;
            }
            return Timed{seconds / static_cast<double>(blocks * block) * static_cast<double>(count)};
          }};
}

template <class Function>
void add_pointwise(Tasks& tasks, const std::string& name, std::int64_t n, Function f) {
  tasks[name + ".forward"] = [=]() -> Task {
    const Tensor x = leaf(40, n, -3, 3);
    return {[=] { return Checked{first_of(f(x).contiguous()), ""}; }, repeat([=] { Tensor y = f(x); })};
  };
  tasks[name + ".gradient"] = [=]() -> Task {
    const Tensor x = leaf(40, n, -3, 3), seed = torch::ones({n});
    const auto step = [=] {
      x.mutable_grad().reset();
      f(x).backward(seed);
    };
    return {[=] {
              step();
              return Checked{first_of(x.grad()), ""};
            },
            repeat(step)};
  };
}

Tensor doubles(const std::vector<double>& values, torch::IntArrayRef shape) {
  return torch::tensor(values, torch::kFloat64).reshape(shape);
}

std::vector<double> first_doubles(const std::vector<Tensor>& tensors, std::int64_t count) {
  std::vector<double> all;
  for (const Tensor& each : tensors)
    for (std::int64_t i = 0; i < count; ++i) all.push_back(each.flatten()[i].item<double>());
  return all;
}

Task mixture_task() {
  using M = Mixture;
  const Tensor alpha = doubles(M::alpha(), {M::k}).requires_grad_(),
               mu = doubles(M::mu(), {M::k, M::d}).requires_grad_(),
               packed = doubles(M::packed(), {M::k, M::d + M::lower}).requires_grad_(),
               points = doubles(M::points(), {M::n, M::d}), places = torch::tensor(M::places());
  const auto step = [=] {
    for (const Tensor& each : {alpha, mu, packed}) each.mutable_grad().reset();
    const Tensor logs = packed.slice(1, 0, M::d), lower = packed.slice(1, M::d), diagonal = logs.exp();
    const Tensor q = torch::cat({diagonal, lower, torch::zeros({M::k, 1}, torch::kFloat64)}, 1).index_select(1, places);
    const Tensor moved = points.matmul(q.reshape({M::k * M::d, M::d}).t()).reshape({M::n, M::k, M::d});
    const Tensor centres = q.reshape({M::k, M::d, M::d}).matmul(mu.unsqueeze(2)).reshape({M::k, M::d});
    const Tensor inside = alpha + logs.sum(1) - 0.5 * (moved - centres).square().sum(2);
    const Tensor f = inside.logsumexp(1).sum() - static_cast<double>(M::n) * alpha.logsumexp(0) +
                     0.5 * M::gamma * M::gamma * (diagonal.square().sum() + lower.square().sum()) - M::m * logs.sum();
    f.backward();
    return f;
  };
  const auto check = [=] {
    Checked checked{{step().template item<double>()}, ""};
    for (double v : first_doubles({alpha.grad(), mu.grad(), packed.grad()}, 5)) checked.values.push_back(v);
    return checked;
  };
  return {check, repeat([=] { step(); })};
}

Task hessian_task() {
  const Mlp mlp = w14();
  std::vector<Tensor> weights, vectors;
  for (std::size_t i = 0; i + 1 < mlp.sizes.size(); ++i) {
    const std::int64_t in = mlp.sizes[i], out = mlp.sizes[i + 1];
    weights.push_back(tensor(layer_weights(i, in, in * out), {out, in}).requires_grad_());
    weights.push_back(tensor(layer_bias(i, in, out), {out}).requires_grad_());
    vectors.push_back(tensor(layer_weights(i + 5, in, in * out), {out, in}));
    vectors.push_back(tensor(layer_bias(i + 5, in, out), {out}));
  }
  const Tensor inputs = tensor(mlp.inputs(), {mlp.batch, mlp.sizes.front()}), targets = torch::tensor(mlp.labels());
  const auto product = [=] {
    const Tensor hidden = torch::tanh(F::linear(inputs, weights[0], weights[1]));
    const Tensor loss = F::cross_entropy(F::linear(hidden, weights[2], weights[3]), targets);
    const auto slopes = torch::autograd::grad({loss}, weights, {}, true, true);
    return torch::autograd::grad(slopes, weights, vectors);
  };
  return {[=] { return Checked{first_doubles(product(), 4), ""}; }, repeat([=] { product(); })};
}

// W16, row by row.
Task rosenbrock_task() {
  const Tensor x = torch::tensor(Rosenbrock::point(), torch::kFloat64).requires_grad_();
  const auto second = [=] {
    const Tensor from = x.slice(0, 0, -1), to = x.slice(0, 1);
    const Tensor f = (100 * (to - from.square()).square() + (1 - from).square()).sum();
    const Tensor slope = torch::autograd::grad({f}, {x}, {}, true, true)[0];
    std::vector<Tensor> rows;
    for (std::int64_t i = 0; i < Rosenbrock::n; ++i)
      rows.push_back(torch::autograd::grad({slope[i]}, {x}, {}, true)[0]);
    return torch::stack(rows);
  };
  const auto check = [=] {
    Checked checked;
    const Tensor h = second();
    for (const auto& [i, j] : Rosenbrock::checked) checked.values.push_back(h[i][j].item<double>());
    return checked;
  };
  return {check, repeat([=] { second(); })};
}

// W12.
struct CharactersNet : torch::nn::Module {
  CharactersNet() {
    using C = Characters;
    table = register_module("table", torch::nn::Embedding(C::vocabulary, C::embedding));
    lstm = register_module("lstm", torch::nn::LSTM(torch::nn::LSTMOptions(C::embedding, C::hidden).num_layers(2)));
    out = register_module("out", torch::nn::Linear(C::hidden, C::vocabulary));
    torch::NoGradGuard off;
    std::uint64_t i = 0;
    for (Tensor& p : parameters()) p.copy_(tensor(C::parameter(i++, p.numel()), p.sizes()));
  }
  torch::nn::Embedding table{nullptr};
  torch::nn::LSTM lstm{nullptr};
  torch::nn::Linear out{nullptr};
};

struct CharactersTraining {
  explicit CharactersTraining(bool fused) {
    using C = Characters;
    parameters = net.parameters();
    text = torch::tensor(C::text()).reshape({C::steps, C::batch});
    next = torch::tensor(C::next());
    auto adam = std::make_shared<torch::optim::Adam>(parameters, torch::optim::AdamOptions(C::lr));
    update = [adam] { adam->step(); };
#ifdef LIBTORCH_HAS_FUSED_ADAM
    if (fused) update = fused_adam(parameters, C::lr);
#else
    (void)fused;
#endif
  }

  Tensor step() {
    const Tensor y = std::get<0>(net.lstm->forward(net.table->forward(text)));
    Tensor loss = F::cross_entropy(net.out->forward(y.flatten(0, 1)), next);
    for (Tensor& p : parameters) p.mutable_grad().reset();
    loss.backward();
    torch::nn::utils::clip_grad_norm_(parameters, Characters::clip);
    update();
    return loss;
  }

  CharactersNet net;
  std::vector<Tensor> parameters;
  Tensor text, next;
  Step update;
};

Task characters_task(bool fused) {
  const auto training = std::make_shared<CharactersTraining>(fused);
  const auto check = [=] {
    CharactersTraining fresh(fused);
    Checked checked;
    for (int i = 0; i < checked_steps; ++i) checked.values.push_back(fresh.step().item<double>());
    return checked;
  };
  return {check, repeat([=] { training->step(); })};
}

Timed chain(std::int64_t nodes) {
  const Tensor x = leaf(50, 1, 1, 2), c = tensor({chain_factor}, {1}).requires_grad_();
  const double resident = resident_bytes(), start = now();
  Tensor y = x;
  for (std::int64_t i = 0; i < nodes / 2; ++i) y = y + y * c;
  const double built = now();
  const double bytes = resident_bytes() - resident, walking = now();
  y.backward();
  const double walked = now();
  y = Tensor();
  const double freed = now();
  return {built - start + freed - walking,
          {{"build", built - start},
           {"backward", walked - walking},
           {"free", freed - walked},
           {"bytes", bytes},
           {"value", x.grad().item<double>()}}};
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  torch::set_num_threads(std::atoi(argument(argc, argv, "--threads", "1").c_str()));
  torch::set_num_interop_threads(1);
  const std::string folder = argument(argc, argv, "--data", ".");
  Tasks tasks;
  tasks["W1"] = [=] { return mnist_task(folder); };
  tasks["W2"] = [] { return mlp_task(w2()); };
  tasks["W3"] = [] { return mlp_task(w3()); };
  tasks["W6"] = [] { return mlp_task(w6()); };
  tasks["W9"] = [] { return conv_task(w9()); };
  tasks["W10"] = [] { return conv_task(w10()); };
#ifdef LIBTORCH_HAS_FUSED_ADAM
  tasks["W2/fused"] = [] { return mlp_task(w2(), true); };
  tasks["W6/fused"] = [] { return mlp_task(w6(), true); };
  tasks["W9/fused"] = [] { return conv_task(w9(), true); };
  tasks["W10/fused"] = [] { return conv_task(w10(), true); };
  tasks["W11/fused"] = [] { return gpt_task(true); };
#endif
  tasks["W4.1.forward"] = [] { return node_forward(1); };
  tasks["W4.1.backward"] = [] { return node_backward(1); };
  tasks["W4.4096.forward"] = [] { return node_forward(4096); };
  tasks["W4.4096.backward"] = [] { return node_backward(4096); };
  for (const auto n : {small, large})
    add_pointwise(tasks, "W5.gelu." + std::to_string(n), n, [](const Tensor& x) {
      return 0.5 * x * (1.0 + torch::tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
    });
  add_pointwise(tasks, "W5.relu", large, [](const Tensor& x) { return torch::relu(x); });
  add_pointwise(tasks, "W5.sigmoid", large, [](const Tensor& x) { return torch::sigmoid(x); });
  add_pointwise(tasks, "W5.tanh", large, [](const Tensor& x) { return torch::tanh(x); });
  add_pointwise(tasks, "W5.erf_gelu", large, [](const Tensor& x) { return torch::gelu(x); });
  tasks["W12"] = [] { return characters_task(false); };
#ifdef LIBTORCH_HAS_FUSED_ADAM
  tasks["W12/fused"] = [] { return characters_task(true); };
#endif
  tasks["W11"] = [] { return gpt_task(false); };
  tasks["W13"] = mixture_task;
  tasks["W14"] = hessian_task;
  tasks["W15.net"] = [] { return inference_task(mnist_network(0).model, {1, 784}); };
  tasks["W15.lenet"] = [] { return inference_task(lenet(), {1, 1, 28, 28}); };
  tasks["W16"] = rosenbrock_task;
  tasks["W7"] = [] { return Task{[] { return Checked{{chain(2000).parts.back().second}, ""}; }, chain, false}; };
  return Server(std::move(tasks), argc, argv).run(TORCH_VERSION);
}
