// Runs the cases of a file (see optimizers.hpp) and writes what they give, under the case's number: 17.p.0, 17.lr; or
// what was thrown, in the metadata.
//
//     run_optimizers cases.safetensors outcomes.safetensors

#include <exception>
#include <iostream>

#include "optimizers.hpp"

using namespace xgrad;

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "run_optimizers cases.safetensors outcomes.safetensors\n";
    return 2;
  }
  const io::SafetensorsFile file(argv[1]);
  io::Metadata errors;
  StateDict results;
  for (const auto& [id, line] : file.metadata()) try {
      for (const auto& [name, x] : golden::run(file, id, line)) results.emplace_back(id + "." + name, x);
    } catch (const std::exception& error) {
      errors[id] = error.what();
    }
  io::save_safetensors(results, argv[2], errors);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "run_optimizers: " << error.what() << '\n';
  return 1;
}
