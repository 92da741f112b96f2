// 100 trials with random learning rates and weight decays, as the book searches: on 400 of 500 digits of MNIST, judged
// by the other 100; where there is no MNIST, on a made-up problem. The trials are kept in 25_trials.csv.
//
// With the book's 50 epochs (`25_random_search 50`) the best five trials on MNIST have
//     accuracy 0.79  learning rate 0.0081  weight decay 3.8e-08
//     accuracy 0.76  learning rate 0.0092  weight decay 2.3e-07
//     accuracy 0.72  learning rate 0.0086  weight decay 6.2e-06
//     accuracy 0.65  learning rate 0.0060  weight decay 1.1e-05
//     accuracy 0.63  learning rate 0.0048  weight decay 4.1e-06
// The book's best five have learning rates of 0.0039 to 0.0092, and 0.78 to 0.83 on other digits.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <xgrad/train.hpp>
#include <xgrad/xgrad.hpp>

#include "mnist.hpp"

using namespace xgrad;

struct Trial {
  double accuracy, lr, weight_decay;
};

data::TensorDataset<2> digits() {
  const std::string folder = mnist_folder();
  if (!folder.empty()) {
    const data::ImageDataset all = data::load_mnist(folder, data::Split::train);
    return data::TensorDataset(all.images()(xt::range(0, 500)), all.labels()(xt::range(0, 500)));
  }
  Generator generator(1);
  const Tensor labels = randint(0, 10, {500}, generator);
  return data::TensorDataset(randn({10, 784}, generator)[labels] / 4 + randn({500, 784}, generator) / 3, labels);
}

Trial tried(const data::TensorDataset<2>& data, double lr, double weight_decay, int epochs) {
  nn::Sequential model = nn::MLP({784, 100, 100, 100, 100, 100, 100, 10});
  for (const auto& [name, parameter] : model.named_parameters())
    parameter.rank() == 2 ? nn::init::kaiming_normal_(parameter, 0, nn::init::Fan::in, nn::init::Nonlinearity::relu)
                          : nn::init::zeros_(parameter);
  optim::SGD optimizer(model.parameters(), lr, optim::SGD::Options().weight_decay(weight_decay));
  const auto part = [&](int from, int to) {
    return data::TensorDataset(data.inputs()(xt::range(from, to)), data.targets()(xt::range(from, to)));
  };
  data::DataLoader loader(part(100, 500), data::DataLoader::Options().batch_size(100).shuffle());
  data::DataLoader held_out(part(0, 100), data::DataLoader::Options().batch_size(100));
  train::Trainer trainer(model, optimizer, nn::cross_entropy,
                         train::Trainer::Options()
                             .epochs(epochs)
                             .validate_every(epochs)
                             .metric("accuracy", train::Accuracy())
                             .progress(train::ProgressStyle::silent));
  return {trainer.fit(loader, held_out)["val_accuracy"].back(), lr, weight_decay};
}

int main(int argc, char** argv) {
  const int epochs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 20;
  const data::TensorDataset<2> data = digits();
  manual_seed(3);
  Generator generator(8);
  const Tensor rates = rand({100, 2}, generator, float64);  // exponents
  std::vector<Trial> trials;
  train::History history;
  for (int i = 0; i < 100; ++i) {
    const double lr = std::pow(10, -6 + 4 * rates[i][0].item()),
                 weight_decay = std::pow(10, -8 + 4 * rates[i][1].item());
    trials.push_back(tried(data, lr, weight_decay, epochs));
    history.add({{"accuracy", trials.back().accuracy}, {"lr", lr}, {"weight_decay", weight_decay}});
  }
  history.save_csv("25_trials.csv");
  std::sort(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) { return a.accuracy > b.accuracy; });
  for (std::size_t i = 0; i < 5; ++i)
    std::fprintf(stderr, "accuracy %.2f  learning rate %.4f  weight decay %.1e\n", trials[i].accuracy, trials[i].lr,
                 trials[i].weight_decay);
  const bool high = std::all_of(trials.begin(), trials.begin() + 3, [](const Trial& trial) { return trial.lr > 1e-3; });
  double sums[2] = {}, counts[2] = {};
  for (const Trial& trial : trials) {
    sums[trial.lr > 1e-3] += trial.accuracy;
    counts[trial.lr > 1e-3] += 1;
  }
  std::printf("the best three of 100 trials have learning rates above 0.001: %s\n", high ? "yes" : "no");
  std::printf("and above it trials are better than below, on average: %s\n",
              sums[1] / counts[1] > sums[0] / counts[0] ? "yes" : "no");
}
