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
  example("read_idx_ints");
  {
    const std::string path = "example.idx";
    std::ofstream(path, std::ios::binary) << std::string("\0\0\x0c\x01\0\0\0\x01\0\0\x01\x02", 12);
    const data::IdxInts idx = data::read_idx_ints(path);
    std::remove(path.c_str());
    std::cout << idx.numbers[0] << '\n';
  }
  example("load_mnist");
  {
    try {
      std::cout << data::load_mnist("no such folder", data::Split::train).size() << '\n';
    } catch (const std::exception& error) {
      std::cout << error.what() << '\n';
    }
  }
  example("load_emnist");
  {
    try {
      std::cout << data::load_emnist("no such folder", data::Emnist::letters, data::Split::train).size() << '\n';
    } catch (const std::exception& error) {
      std::cout << error.what() << '\n';
    }
  }
  example("load_qmnist");
  {
    try {
      std::cout << data::load_qmnist("no such folder", data::Split::test).info << '\n';
    } catch (const std::exception& error) {
      std::cout << error.what() << '\n';
    }
  }
  example("load_cifar10");
  {
    try {
      std::cout << data::load_cifar10("no such folder", data::Split::test).size() << '\n';
    } catch (const std::exception& error) {
      std::cout << error.what() << '\n';
    }
  }
  example("load_cifar100");
  {
    try {
      std::cout << data::load_cifar100("no such folder", data::Split::test, data::CifarLabels::coarse).size() << '\n';
    } catch (const std::exception& error) {
      std::cout << error.what() << '\n';
    }
  }
  example("random_split");
  {
    const data::TensorDataset points(arange(10), arange(10));
    const auto [train, test] = data::random_split(points, {0.8, 0.2}, 7);
    std::cout << train.size() << " and " << test.size() << " rows\n";
  }
  example("map");
  {
    const data::TensorDataset numbers(arange(4));
    const auto pairs = data::map(numbers, [](const Tensor& x) { return data::Batch{x, x * x}; });
    for (auto [x, square] : data::DataLoader(pairs, data::DataLoader::Options().batch_size(4)))
      std::cout << square << '\n';
  }
  example("map_rows");
  {
    const data::TensorDataset numbers(arange(3));
    const auto powers = data::map_rows(numbers, [](const Tensor& x) { return stack({x, x * x}); });
    for (auto [both] : data::Loader(powers, data::LoaderOptions().batch_size(3))) std::cout << both << '\n';
  }
  example("balancing_weights");
  {
    for (double weight : data::balancing_weights(Tensor{0, 0, 1})) std::cout << weight << ' ';
    std::cout << '\n';
  }
  example("two_spirals");
  {
    const data::TensorDataset points = data::two_spirals(100);
    std::cout << points.size() << " points, " << points.inputs().shape() << ' ' << points.targets().dtype() << '\n';
  }
  example("spirals");
  {
    const data::TensorDataset points = data::spirals(3, 100, 0.2, data::NumPySeed{1984});
    std::cout << points.inputs()[1] << '\n';
  }
  example("moons");
  std::cout << data::moons(4).targets() << '\n';
  example("circles");
  {
    const data::TensorDataset points = data::circles(4, 0, 0.5);
    std::cout << sqrt(sum(square(points.inputs()), 1)) << '\n';
  }
  example("blobs");
  std::cout << data::blobs(7, 2, 3).targets() << '\n';
  example("blobs_at");
  std::cout << data::blobs_at(2, Tensor({{0., 1.}, {5., 5.}}), 0).inputs() << '\n';
  example("exclusive_or");
  std::cout << data::exclusive_or(4, 0).targets() << '\n';
  example("checkerboard");
  std::cout << data::checkerboard(100).inputs().shape() << '\n';
  example("regression");
  {
    const auto [points, weights] = data::regression(100, 5, 2);
    std::cout << count_nonzero(weights) << '\n';
  }
  return 0;
}
