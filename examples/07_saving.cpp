// Saving a model, and loading it into another one.

#include <cstdio>
#include <iostream>
#include <limits>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

void early_stopping() {
  manual_seed(3);
  const Tensor x = randn({20, 4}), t = randn({20, 1}), x_held = randn({20, 4}), t_held = randn({20, 1});
  nn::Sequential net{nn::Linear(4, 8), nn::ReLU(), nn::Dropout(0.2), nn::Linear(8, 1)};
  optim::SGD sgd(net.parameters(), 0.1);
  const auto held_out_loss = [&] {
    NoGrad off;
    net.eval();
    const double loss = nn::mse_loss(net(x_held), t_held).item();
    net.train();
    return loss;
  };

  StateDict best = net.state_dict();
  double least = held_out_loss();
  for (int epoch = 0, since_best = 0; since_best < 10; ++epoch, ++since_best) {
    sgd.zero_grad();
    nn::mse_loss(net(x), t).backward();
    sgd.step();
    const double loss = held_out_loss();
    if (loss < least) {
      least = loss;
      best = net.state_dict();  // a copy: later steps do not change it
      since_best = 0;
    }
  }
  const bool last_is_best = held_out_loss() == least;
  net.load_state_dict(best);
  std::cout << "the last weights were the best: " << last_is_best << ", those kept: " << (held_out_loss() == least)
            << '\n';
}

void generator_state() {
  const Tensor x = ones({1000});
  Generator& generator = default_generator();
  const std::uint64_t seed = generator.seed(), stream = generator.stream(), draws = generator.draws();  // to be saved
  const Tensor first = nn::dropout(x, 0.5);

  generator = Generator(seed, stream);  // in the process that resumes
  generator.restore(draws);
  std::cout << "the same elements dropped: " << (sum(nn::dropout(x, 0.5) != first).item() == 0) << '\n';
}

int main() {
  nn::Sequential model{nn::Linear(4, 3), nn::BatchNorm1d(3), nn::ReLU(), nn::Linear(3, 2)};
  for (const auto& [name, values] : model.state_dict())
    std::cout << name << ' ' << values.shape() << ' ' << values.dtype() << '\n';

  // The file is written atomically.
  io::save_safetensors(model.state_dict(), "model.safetensors", {{"trained on", "nothing yet"}});

  nn::Sequential other{nn::Linear(4, 3), nn::BatchNorm1d(3), nn::ReLU(), nn::Linear(3, 2)};
  other.load_state_dict(io::load_safetensors("model.safetensors"));
  model.eval();
  other.eval();
  const Tensor x = rand({5, 4});
  std::cout << "same results: " << std::boolalpha << (sum(model(x) != other(x)).item() == 0) << '\n';

  // Metadata and single tensors, from one open of the file.
  const io::SafetensorsFile file("model.safetensors");
  std::cout << "trained on: " << file.metadata().at("trained on") << ", " << file.tensor("3.bias").shape() << '\n';

  // A state that does not fit changes nothing, and the error names every key at fault.
  nn::Sequential wider{nn::Linear(4, 5), nn::BatchNorm1d(5), nn::ReLU(), nn::Linear(5, 2)};
  try {
    wider.load_state_dict(io::load_safetensors("model.safetensors"));
  } catch (const std::exception& error) {
    std::cout << error.what() << '\n';
  }
  std::remove("model.safetensors");
  early_stopping();
  generator_state();
}
