// Runs a model (see models.hpp) and writes its outputs and states; the metadata have the listing of the model's state.
//
//     run_models MODEL STEPS FROM.safetensors TO.safetensors
//
// tools/compare_models_with_torch.py drives it. A model that is not in the file is random, with the seed 1.

#include <exception>
#include <iostream>
#include <string>

#include <xgrad/autograd/graph/random.hpp>

#include "models.hpp"

using namespace xgrad;

int main(int count, char** arguments) try {
  if (count != 5) return std::cerr << "usage: run_models MODEL STEPS FROM TO\n", 2;
  manual_seed(1);
  const StateDict result = exchange::run(arguments[1], exchange::File(arguments[3]), std::stoi(arguments[2]));
  StateDict state;
  for (const auto& [name, x] : result)
    if (name.rfind("model.", 0) == 0) state.emplace_back(name.substr(6), x);
  io::save_safetensors(result, arguments[4], {{"listing", exchange::listing(state)}});
  return 0;
} catch (const std::exception& error) {
  std::cerr << "run_models: " << error.what() << '\n';
  return 1;
}
