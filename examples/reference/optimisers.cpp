// The examples of docs/reference/optimisers.md.

#include "example.hpp"

namespace {

// 100 steps on the sum of squares from (1, -2), and whether they came near 0.
void train(optim::Optimizer& optimizer) {
  const Tensor w = optimizer.parameters()[0];
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    sum(square(w)).backward();
    optimizer.step();
  }
  std::cout << std::boolalpha << (max(abs(w)).item() < 0.1) << '\n';
}

Tensor weights() { return Tensor{1.0, -2.0}.requires_grad_(); }

}  // namespace

int main() {
  example("SGD");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::SGD optimizer({w}, 0.1, optim::SGD::Options().momentum(0.5));
    for (int step = 0; step < 100; ++step) {
      optimizer.zero_grad();
      sum(square(w)).backward();
      optimizer.step();
    }
    std::cout << std::boolalpha << (max(abs(w)).item() < 0.1) << '\n';
  }
  example("Adam");
  {
    optim::Adam optimizer({weights()}, 0.1);
    train(optimizer);
  }
  example("AdamW");
  {
    optim::AdamW optimizer({weights()}, 0.1, optim::AdamW::Options().weight_decay(0.1));
    train(optimizer);
  }
  example("Adamax");
  {
    optim::Adamax optimizer({weights()}, 0.1);
    train(optimizer);
  }
  example("NAdam");
  {
    optim::NAdam optimizer({weights()}, 0.1);
    train(optimizer);
  }
  example("RAdam");
  {
    optim::RAdam optimizer({weights()}, 0.1);
    train(optimizer);
  }
  example("Adagrad");
  {
    optim::Adagrad optimizer({weights()}, 1);
    train(optimizer);
  }
  example("Adadelta");
  {
    optim::Adadelta optimizer({weights()}, 20);
    train(optimizer);
  }
  example("RMSprop");
  {
    optim::RMSprop optimizer({weights()}, 0.05, optim::RMSprop::Options().alpha(0.9));
    train(optimizer);
  }
  example("Rprop");
  {
    optim::Rprop optimizer({weights()}, 0.1);
    train(optimizer);
  }
  example("ASGD");
  {
    optim::ASGD optimizer({weights()}, 0.1, optim::ASGD::Options().t0(50));
    train(optimizer);
  }
  example("Lion");
  {
    optim::Lion optimizer({weights()}, 0.03, optim::Lion::Options().betas(0.5, 0.5));
    train(optimizer);
  }
  example("Muon");
  {
    optim::Muon optimizer({Tensor{{1.0, -2.0}}.requires_grad_()}, 0.03, optim::Muon::Options().momentum(0.5));
    train(optimizer);
  }
  example("Adafactor");
  {
    optim::Adafactor optimizer({weights()}, 0.1);
    train(optimizer);
  }
  example("LBFGS");
  {
    const Tensor w = weights();
    optim::LBFGS optimizer({w}, 1, optim::LBFGS::Options().line_search_fn(optim::LineSearch::strong_wolfe));
    optimizer.step([&] {
      optimizer.zero_grad();
      Tensor loss = sum(square(w));
      loss.backward();
      return loss;
    });
    std::cout << (max(abs(w)).item() < 1e-6) << '\n';
  }
  example("is_bias_or_norm");
  {
    nn::Sequential net{nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Linear(4, 2)};
    const optim::Group plain(net.named_parameters(), optim::is_bias_or_norm);
    std::cout << plain.parameters().size() << '\n';
  }
  example("is_weight");
  {
    nn::Sequential net{nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Linear(4, 2)};
    optim::AdamW optimizer({optim::Group(net.named_parameters(), optim::is_bias_or_norm).weight_decay(0),
                            optim::Group(net.named_parameters(), optim::is_weight)},
                           1e-3);
    for (const auto& group : optimizer.param_groups()) std::cout << group.option("weight_decay") << '\n';
  }
  return 0;
}
