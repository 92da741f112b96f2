// Saving a model, and loading it into another one.

#include <cstdio>
#include <iostream>

#include <xgrad/xgrad.hpp>

using namespace xgrad;

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
}
