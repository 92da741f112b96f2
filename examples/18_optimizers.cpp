// Optimisers on a long valley, and in a deep net.
//
//     example_18_optimizers                                        the valley, and 60 steps on made-up pictures
//     example_18_optimizers mnist-folder [2000 [histories]]        the same steps on MNIST; the histories as a file

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

// An optimiser by the book's name.
std::unique_ptr<optim::Optimizer> make(const std::string& name, const std::vector<Tensor>& parameters, double lr) {
  if (name == "AdaGrad") return std::make_unique<optim::Adagrad>(parameters, lr);
  if (name == "Adam") return std::make_unique<optim::Adam>(parameters, lr);
  return std::make_unique<optim::SGD>(parameters, lr, optim::SGD::Options().momentum(name == "Momentum" ? 0.9 : 0));
}

// The path over x²/20 + y² from (-7, 2): 31 points.
Tensor path(const std::string& name, double lr) {
  const Tensor p = Tensor{-7.0, 2.0}.requires_grad_();
  const auto optimizer = make(name, {p}, lr);
  std::vector<Tensor> points{p.detach().clone()};
  for (int step = 0; step < 30; ++step) {
    optimizer->zero_grad();
    (square(p[0]) / 20.0 + square(p[1])).backward();
    optimizer->step();
    points.push_back(p.detach().clone());
  }
  return stack(points);
}

// 784-100-100-100-100-10 with ReLU; weights from a normal distribution of variance 2 / inputs (He et al. 2015).
nn::Sequential deep_net() {
  nn::Sequential net{nn::Linear(784, 100), nn::ReLU(),           nn::Linear(100, 100),
                     nn::ReLU(),           nn::Linear(100, 100), nn::ReLU(),
                     nn::Linear(100, 100), nn::ReLU(),           nn::Linear(100, 10)};
  for (const auto& [name, parameter] : net.named_parameters())
    if (parameter.rank() == 2)
      nn::init::kaiming_normal_(parameter);
    else
      nn::init::zeros_(parameter);
  return net;
}

// Ten patterns of 784 pixels, seen through noise.
data::TensorDataset<2> made_up_pictures() {
  const Tensor labels = randint(0, 10, {6400}), patterns = rand({10, 784});
  return data::TensorDataset(patterns[labels] * 0.5 + rand({6400, 784}) * 0.5, labels);
}

// The loss of each step; all optimisers begin with the same weights, and see the same batches.
Tensor losses(const std::string& name, const std::shared_ptr<const data::Dataset>& pictures, int steps) {
  manual_seed(1);
  nn::Sequential net = deep_net();
  const auto optimizer = make(name, net.parameters(), name == "Adam" ? 0.001 : 0.01);
  std::vector<double> history;
  data::DataLoader loader(pictures, data::DataLoader::Options().batch_size(128).shuffle().seed(1));
  while (static_cast<int>(history.size()) < steps)
    for (auto [images, labels] : loader) {
      Tensor loss = nn::cross_entropy(net(images), labels);
      optimizer->zero_grad();
      loss.backward();
      optimizer->step();
      history.push_back(loss.item());
      if (static_cast<int>(history.size()) == steps) break;
    }
  return Tensor(history);
}

double mean_of_last(const Tensor& history, std::int64_t count) {
  return mean(narrow(history, 0, history.size() - count, count)).item();
}

int main(int argc, char** argv) {
  StateDict histories;

  // The ends of the paths of the book's own classes, whose Adam adds its epsilon elsewhere.
  struct Row {
    const char* name;
    double lr, x, y;
  };
  const Row book[] = {{"SGD", 0.95, -0.350393, 0.084782},
                      {"Momentum", 0.1, 0.896414, 0.088086},
                      {"AdaGrad", 1.5, -0.120162, 0.000000},
                      {"Adam", 0.3, 0.136007, 0.318245}};
  std::puts("30 steps over x²/20 + y² from (-7, 2) end at, and by the book at");
  for (const Row& row : book) {
    histories.emplace_back(std::string("path.") + row.name, path(row.name, row.lr));
    const Tensor end = histories.back().second[30];
    std::printf("%-9s (%9.6f, %9.6f)   (%9.6f, %9.6f)\n", row.name, end[0].item(), std::abs(end[1].item()), row.x,
                row.y);
  }

  manual_seed(0);
  std::shared_ptr<const data::Dataset> pictures;
  if (argc > 1)
    pictures = std::make_shared<data::ImageDataset>(data::load_mnist(argv[1], data::Split::train));
  else
    pictures = std::make_shared<data::TensorDataset<2>>(made_up_pictures());
  const int steps = argc > 2 ? std::stoi(argv[2]) : argc > 1 ? 2000 : 60;
  const std::int64_t last = std::min(100, steps / 3);
  std::vector<std::pair<double, std::string>> order;
  for (const std::string name : {"SGD", "Momentum", "AdaGrad", "Adam"}) {
    histories.emplace_back("loss." + name, losses(name, pictures, steps));
    order.emplace_back(mean_of_last(histories.back().second, last), name);
    if (argc > 1)
      std::printf("%-9s loss of the last %d steps: %.4f\n", name.c_str(), static_cast<int>(last), order.back().first);
  }
  std::sort(order.begin(), order.end());
  std::cout << "784-100-100-100-100-10, " << steps << " steps of 128: SGD is last: " << std::boolalpha
            << (order.back().second == "SGD") << '\n';
  if (argc > 3) io::save_safetensors(histories, argv[3]);  // for plots
}
