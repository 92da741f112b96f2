// The examples of docs/reference/data.md.

#include <cstdio>
#include <fstream>
#include <string>

#include "example.hpp"

int main() {
  example("read_idx");
  {
    const std::string path = "example.idx";
    std::ofstream(path, std::ios::binary) << std::string("\0\0\x08\x01\0\0\0\x03\x05\x06\x07", 11);
    const data::Idx idx = data::read_idx(path);
    std::remove(path.c_str());
    std::cout << idx.bytes.size() << " bytes\n";
  }
  example("load_mnist");
  {
    try {
      std::cout << data::load_mnist("no such folder", data::Split::train).size() << '\n';
    } catch (const std::exception& error) {
      std::cout << error.what() << '\n';
    }
  }
  example("two_spirals");
  {
    const data::TensorDataset points = data::two_spirals(100);
    std::cout << points.size() << " points, " << points.inputs().shape() << ' ' << points.targets().dtype() << '\n';
  }
  return 0;
}
