// The examples of docs/reference/averaging.md.

#include <limits>

#include "example.hpp"

namespace {

Tensor with_gradient(const Tensor& g) {
  const Tensor p = zeros_like(g).requires_grad_();
  p.set_grad(g);
  return p;
}

void clipping() {
  example("get_total_norm");
  std::cout << optim::get_total_norm({Tensor{3.0}, Tensor{0.0, 4.0}}) << '\n';
  example("clip_grad_norm_");
  {
    const Tensor p = with_gradient(Tensor{3.0, -4.0});
    std::cout << optim::clip_grad_norm_({p}, 1) << ' ' << p.grad() << '\n';
  }
  example("clip_grad_value_");
  {
    const Tensor p = with_gradient(Tensor{3.0, -0.5});
    optim::clip_grad_value_({p}, 1);
    std::cout << p.grad() << '\n';
  }
  example("Nonfinite");
  {
    const Tensor p = with_gradient(Tensor{3.0, std::numeric_limits<double>::infinity()});
    std::cout << optim::clip_grad_norm_({p}, 1, 2, optim::Nonfinite::allowed) << '\n';
    try {
      optim::clip_grad_norm_({p}, 1);
    } catch (const std::exception& error) {
      std::cout << error.what() << '\n';
    }
  }
}

void averaging() {
  example("AveragedModel", "AveragingOptions");
  {
    nn::Linear model(1, 1, nn::no_bias);
    optim::AveragedModel average(model, optim::AveragedModel<nn::Linear>::Options().ema(0.5));
    for (const float weight : {1.f, 2.f, 4.f}) {
      model.weight.detach().fill_(weight);  // what steps of an optimiser do
      average.update_parameters(model);
    }
    std::cout << average(ones({1, 1})).item() << " after " << average.n_averaged() << " updates\n";
  }
  example("Averager");
  {
    nn::Linear model(1, 1, nn::no_bias), averaged = nn::clone(model);
    optim::Averager averager(optim::AveragingOptions{});  // SWA
    for (const float weight : {1.f, 2.f, 6.f}) {
      model.weight.detach().fill_(weight);
      averager.update(averaged, model, Source::here());
    }
    std::cout << averaged.weight.item() << '\n';
  }
  example("SwappedWeights");
  {
    nn::Linear model(1, 1, nn::no_bias), averaged = nn::clone(model);
    nn::init::constant_(model.weight, 1);
    nn::init::constant_(averaged.weight, 2);
    {
      const optim::SwappedWeights swapped(model, averaged);
      std::cout << model(ones({1, 1})).item() << '\n';
    }
    std::cout << model(ones({1, 1})).item() << '\n';
  }
  example("update_bn");
  {
    nn::Sequential model{nn::BatchNorm1d(1)};
    const std::vector<Tensor> batches = {Tensor({{1.f}, {3.f}}), Tensor({{5.f}, {7.f}})};
    optim::update_bn(batches, model);
    std::cout << model.buffer("0.running_mean") << '\n';
  }
}

}  // namespace

int main() {
  clipping();
  averaging();
  return 0;
}
