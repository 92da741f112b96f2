// Runs the calls of a file (see call.hpp) and writes what they give, under the call's name: 17.y.0, 17.grad.x, or what
// was thrown, in the metadata.
//
//     call_ops calls.safetensors outcomes.safetensors
//     call_ops                                         the names of the ops that can be called, one a line

#include <exception>
#include <iostream>

#include <xgrad/io/safetensors.hpp>

#include "call.hpp"

using namespace xgrad;

int main(int argc, char** argv) try {
  if (argc != 3) {
    for (const auto& entry : golden::registry()) std::cout << entry.first << '\n';
    return argc == 1 ? 0 : 2;
  }
  const io::SafetensorsFile file(argv[1]);
  io::Metadata errors;
  StateDict results;
  for (const std::string& id : golden::ids(file)) try {
      const golden::Call call(file, id);
      for (const auto& [name, x] : golden::run(file, call)) results.emplace_back(id + "." + name, x);
    } catch (const std::exception& error) {
      errors[id] = error.what();
    }
  io::save_safetensors(results, argv[2], errors);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "call_ops: " << error.what() << '\n';
  return 1;
}
