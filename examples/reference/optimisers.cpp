// The examples of docs/reference/optimisers.md.

#include "example.hpp"

namespace {

void basics() {
  example("Optimizer");
  {
    optim::SGD optimizer({Tensor{1.0, -2.0}.requires_grad_()}, 0.1, optim::SGD::Options().momentum(0.9));
    sum(square(optimizer.parameters()[0])).backward();
    optimizer.step();
    optimizer.zero_grad();
    optimizer.set_lr(0.01);
    std::cout << optimizer.name() << ", lr " << optimizer.lr() << '\n'
              << optimizer.state_dict().at("state.0.momentum_buffer") << '\n';
  }
  example("ParamGroup");
  {
    const Tensor w = Tensor{1.0}.requires_grad_(), b = Tensor{2.0}.requires_grad_();
    optim::SGD optimizer({optim::Group({w}), optim::Group({b}).lr(0.5)}, 0.1);
    optimizer.param_groups()[1].set_option("momentum", 0.9);
    for (const optim::ParamGroup& group : optimizer.param_groups())
      std::cout << "lr " << group.lr() << ", momentum " << group.option("momentum") << '\n';
  }
  example("is_bias_or_norm");
  {
    nn::Sequential net{nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Linear(4, 2)};
    const optim::Group plain(net.named_parameters(), optim::is_bias_or_norm);
    std::cout << plain.parameters().size() << '\n';
  }
  example("Group", "Belongs");
  {
    nn::Sequential net{nn::Linear(3, 4), nn::ReLU(), nn::Linear(4, 2)};
    const auto of_head = [](const std::string& name, const Tensor&) { return name.rfind("2.", 0) == 0; };
    optim::SGD optimizer(net[0].module().parameters(), 1e-4);
    optimizer.add_param_group(optim::Group(net.named_parameters(), of_head).lr(1e-2).momentum(0.9));
    std::cout << optimizer.param_groups().size() << " groups, " << optimizer.parameters().size() << " parameters\n";
  }
  example("is_weight");
  {
    nn::Sequential net{nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Linear(4, 2)};
    optim::AdamW optimizer({optim::Group(net.named_parameters(), optim::is_bias_or_norm).weight_decay(0),
                            optim::Group(net.named_parameters(), optim::is_weight)},
                           1e-3);
    for (const auto& group : optimizer.param_groups()) std::cout << group.option("weight_decay") << '\n';
  }
}

void adaptive() {
  example("SGD", "SGDOptions", "Groups");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::SGD optimizer({w}, 0.1, optim::SGD::Options().momentum(0.5));
    for (int step = 0; step < 3; ++step) {
      optimizer.zero_grad();
      sum(square(w)).backward();
      optimizer.step();
      std::cout << w << '\n';
    }
  }
  example("Adam", "AdamOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::Adam optimizer({w}, 0.1, optim::Adam::Options().betas(0.9, 0.98).amsgrad());
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("AdamW");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::AdamW optimizer({w}, 0.1, optim::AdamW::Options().weight_decay(0.5));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("Adamax", "AdamaxOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::Adamax optimizer({w}, 0.1, optim::Adamax::Options().betas(0.9, 0.98));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("NAdam", "NAdamOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::NAdam optimizer({w}, 0.1, optim::NAdam::Options().momentum_decay(0.01));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("RAdam", "RAdamOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::RAdam optimizer({w}, 0.1, optim::RAdam::Options().weight_decay(0.5).decoupled_weight_decay());
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
}

void scaled() {
  example("Adagrad", "AdagradOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::Adagrad optimizer({w}, 0.5, optim::Adagrad::Options().initial_accumulator_value(5));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("Adadelta", "AdadeltaOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::Adadelta optimizer({w}, 100, optim::Adadelta::Options().rho(0.75));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("RMSprop", "RMSpropOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::RMSprop optimizer({w}, 0.05, optim::RMSprop::Options().alpha(0.75).momentum(0.9));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("Rprop", "RpropOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::Rprop optimizer({w}, 0.1, optim::Rprop::Options().etas(0.5, 2));
    for (int step = 0; step < 3; ++step) {
      optimizer.zero_grad();
      sum(square(w)).backward();
      optimizer.step();
      std::cout << w << '\n';
    }
  }
  example("ASGD", "ASGDOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::ASGD optimizer({w}, 0.1, optim::ASGD::Options().t0(50));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << optimizer.state_dict().at("state.0.ax") << '\n';
  }
}

void recent() {
  example("Lion", "LionOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::Lion optimizer({w}, 0.01, optim::Lion::Options().betas(0.95, 0.98).weight_decay(1));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("Muon", "MuonOptions", "AdjustLR");
  {
    const Tensor w = Tensor{{1.0, -2.0}, {3.0, 1.0}}.requires_grad_();
    optim::Muon optimizer({w}, 1, optim::Muon::Options().adjust_lr_fn(optim::AdjustLR::match_rms_adamw));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("Adafactor", "AdafactorOptions");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::Adafactor optimizer({w}, 0.1, optim::Adafactor::Options().d(2).weight_decay(0.5));
    sum(square(w)).backward();
    optimizer.step();
    std::cout << w << '\n';
  }
  example("LBFGS", "LBFGSOptions", "LineSearch");
  {
    const Tensor w = Tensor{1.0, -2.0}.requires_grad_();
    optim::LBFGS optimizer({w}, 1, optim::LBFGS::Options().line_search_fn(optim::LineSearch::strong_wolfe));
    const Tensor before = optimizer.step([&] {
      optimizer.zero_grad();
      Tensor loss = sum(square(w));
      loss.backward();
      return loss;
    });
    std::cout << before.item() << ", then " << std::boolalpha << (max(abs(w)).item() < 1e-6) << '\n';
  }
}

}  // namespace

int main() {
  basics();
  adaptive();
  scaled();
  recent();
  return 0;
}
