// The examples of docs/reference/schedules.md.

#include "example.hpp"

namespace {

void steps() {
  example("LRScheduler");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.1);
    optim::ExponentialLR schedule(optimizer, 0.5);
    schedule.step();
    const StateDict saved = schedule.state_dict();
    schedule.step();
    std::cout << "t = " << schedule.last_epoch() << ", lr = " << schedule.get_last_lr()[0] << '\n';
    schedule.load_state_dict(saved);
    std::cout << "t = " << schedule.last_epoch() << ", lr = " << optimizer.lr() << '\n';
  }
  example("StepLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::StepLR schedule(optimizer, 2, 0.5);
    for (int epoch = 0; epoch < 6; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 5 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("MultiStepLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::MultiStepLR schedule(optimizer, {1, 4}, 0.5);
    for (int epoch = 0; epoch < 6; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 5 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("ConstantLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::ConstantLR schedule(optimizer, 0.25, 2);
    for (int epoch = 0; epoch < 4; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 3 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("LinearLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::LinearLR schedule(optimizer, 0.25, 1, 3);
    for (int epoch = 0; epoch < 5; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 4 ? ' ' : '\n');
      schedule.step();
    }
  }
}

void curves() {
  example("ExponentialLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::ExponentialLR schedule(optimizer, 0.5);
    for (int epoch = 0; epoch < 4; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 3 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("PolynomialLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::PolynomialLR schedule(optimizer, 4, 2);
    for (int epoch = 0; epoch < 6; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 5 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("CosineAnnealingLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::CosineAnnealingLR schedule(optimizer, 4, 0.1);
    for (int epoch = 0; epoch < 5; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 4 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("CosineAnnealingWarmRestarts");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::CosineAnnealingWarmRestarts schedule(optimizer, 2, 2);
    for (int epoch = 0; epoch < 7; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 6 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("WarmupCosineLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::WarmupCosineLR schedule(optimizer, 2, 6, 0.5);
    for (int step = 0; step < 7; ++step) {
      std::cout << optimizer.lr() << (step < 6 ? ' ' : '\n');
      schedule.step();
    }
  }
}

void functions_and_cycles() {
  example("LambdaLR", "LRLambda");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::LambdaLR schedule(optimizer, [](std::int64_t t) { return t < 2 ? 1.0 : 0.1; });
    for (int epoch = 0; epoch < 4; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 3 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("MultiplicativeLR");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::MultiplicativeLR schedule(optimizer, [](std::int64_t t) { return t < 3 ? 0.5 : 1.0; });
    for (int epoch = 0; epoch < 5; ++epoch) {
      std::cout << optimizer.lr() << (epoch < 4 ? ' ' : '\n');
      schedule.step();
    }
  }
  example("OneCycleLR", "OneCycleOptions", "Anneal");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.1, optim::SGD::Options().momentum(0.9));
    const auto options = optim::OneCycleLR::Options().pct_start(0.5).anneal_strategy(optim::Anneal::linear);
    optim::OneCycleLR schedule(optimizer, 1, 9, options);
    for (int step = 0; step < 9; ++step, schedule.step())
      std::cout << optimizer.lr() << ", momentum " << optimizer.param_groups()[0].option("momentum") << '\n';
  }
  example("CyclicLR", "CyclicOptions", "CyclicMode");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.1);
    const auto options =
        optim::CyclicLR::Options().step_size_up(2).mode(optim::CyclicMode::triangular2).cycle_momentum(false);
    optim::CyclicLR schedule(optimizer, 0.1, 0.9, options);
    for (int step = 0; step < 8; ++step, schedule.step()) std::cout << optimizer.lr() << (step < 7 ? ' ' : '\n');
  }
}

void others() {
  example("ReduceLROnPlateau", "PlateauOptions", "Mode");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    const auto options = optim::ReduceLROnPlateau::Options().mode(optim::Mode::max).factor(0.5).patience(1);
    optim::ReduceLROnPlateau schedule(optimizer, options);
    for (double accuracy : {0.7, 0.9, 0.9, 0.85, 0.95}) {
      schedule.step(accuracy);
      std::cout << "best " << schedule.best() << ", lr " << optimizer.lr() << '\n';
    }
  }
  example("SequentialLR", "Schedule");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::SequentialLR schedule(optimizer,
                                 {optim::LinearLR(optimizer, 0.5, 1, 2), optim::CosineAnnealingLR(optimizer, 4)}, {2});
    for (int step = 0; step < 7; ++step, schedule.step()) std::cout << optimizer.lr() << (step < 6 ? ' ' : '\n');
  }
  example("ChainedScheduler");
  {
    optim::SGD optimizer({zeros(3).requires_grad_()}, 0.8);
    optim::ChainedScheduler schedule(optimizer,
                                     {optim::ConstantLR(optimizer, 0.5, 2), optim::ExponentialLR(optimizer, 0.5)});
    for (int step = 0; step < 4; ++step, schedule.step()) std::cout << optimizer.lr() << (step < 3 ? ' ' : '\n');
  }
  example("SWALR", "PerGroup");
  {
    const Tensor w = zeros(3).requires_grad_(), b = zeros(1).requires_grad_();
    optim::SGD optimizer({optim::Group({w}), optim::Group({b}).lr(0.8)}, 0.4);
    optim::SWALR schedule(optimizer, {0.1, 0.2}, 4, optim::Anneal::linear);
    for (int epoch = 0; epoch < 5; ++epoch, schedule.step())
      std::cout << schedule.get_last_lr()[0] << ' ' << schedule.get_last_lr()[1] << '\n';
  }
  example("find_lr", "LRSweep", "LRFinderOptions");
  {
    manual_seed(1);
    nn::Sequential model{nn::Linear(4, 16), nn::ReLU(), nn::Linear(16, 2)};
    const Tensor x = randn({64, 4}), y = randint(0, 2, {64});
    optim::SGD optimizer(model.parameters(), 0.1);
    const optim::LRSweep sweep = optim::find_lr(
        model, optimizer, [&] { return nn::cross_entropy(model(x), y); },
        optim::LRFinderOptions().start_lr(1e-4).steps(50));
    std::cout << "from " << sweep.lrs.front() << ", in between " << std::boolalpha
              << (sweep.suggestion > 1e-3 && sweep.suggestion < 10) << ", afterwards " << optimizer.lr() << '\n';
  }
}

}  // namespace

int main() {
  steps();
  curves();
  functions_and_cycles();
  others();
  return 0;
}
