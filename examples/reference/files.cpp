// The examples of docs/reference/files.md.

#include <cstdio>
#include <string>

#include "example.hpp"

int main() {
  example("save_safetensors");
  {
    const std::string path = "example.safetensors";
    io::save_safetensors({{"weight", Tensor{1.f, 2.f}}}, path, {{"trained on", "nothing"}});
    std::cout << io::SafetensorsFile(path).tensor("weight") << '\n';
  }
  example("load_safetensors");
  {
    const std::string path = "example.safetensors";
    io::save_safetensors({{"weight", Tensor{1.f, 2.f}}, {"bias", Tensor{0.f}}}, path);
    for (const auto& [name, value] : io::load_safetensors(path)) std::cout << name << ' ' << value << '\n';
  }
  example("load_safetensors_metadata");
  {
    const std::string path = "example.safetensors";
    io::save_safetensors({}, path, {{"trained on", "nothing"}});
    std::cout << io::load_safetensors_metadata(path).at("trained on") << '\n';
    std::remove(path.c_str());
  }
  return 0;
}
