// More examples of docs/reference/data.md.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "example.hpp"

namespace {

// The folder of the examples, with two pictures of each data set.
const std::string folder = "pictures";

void put(const std::string& name, const std::string& bytes) {
  std::ofstream(folder + '/' + name, std::ios::binary) << bytes;
}

std::string idx(char type, const std::vector<int>& sizes, const std::string& elements) {
  std::string text{0, 0, type, char(sizes.size())};
  for (int size : sizes) text += std::string{0, 0, char(size >> 8), char(size)};
  return text + elements;
}

void put_pictures() {
  std::filesystem::create_directory(folder);
  const std::string images = idx(8, {2, 28, 28}, std::string(2 * 28 * 28, '\x33')), labels = idx(8, {2}, "\5\7");
  put("train-images-idx3-ubyte", images);
  put("train-labels-idx1-ubyte", labels);
  put("emnist-letters-train-images-idx3-ubyte", images);
  put("emnist-letters-train-labels-idx1-ubyte", labels);
  put("qmnist-test-images-idx3-ubyte", images);
  std::string info;
  for (int number : {5, 4, 2610, 31, 37, 35880, 0, 0, 7, 4, 2612, 12, 39, 35982, 0, 0})
    info += std::string{0, char(number >> 16), char(number >> 8), char(number)};
  put("qmnist-test-labels-idx2-int", idx(12, {2, 8}, info));
  put("test_batch.bin", '\3' + std::string(3072, '\x33') + '\x8' + std::string(3072, '\x66'));
  put("test.bin", "\4\x37" + std::string(3072, '\x33') + "\1\x48" + std::string(3072, '\x66'));
}

void data_sets() {
  put_pictures();
  example("load_mnist", "Split", "default_idx_limit");
  {
    const data::ImageDataset digits = data::load_mnist("pictures", data::Split::train);
    std::cout << digits.size() << " pictures of " << digits.rows() << " x " << digits.cols() << ", " << digits.classes()
              << " classes\n";
    data::DataLoader loader(digits, data::DataLoader::Options().batch_size(100));
    for (auto [images, labels] : loader) std::cout << images.shape() << ' ' << images(0, 0) << ' ' << labels << '\n';
  }
  example("load_emnist", "Emnist");
  {
    const auto letters = data::load_emnist("pictures", data::Emnist::letters, data::Split::train);
    std::cout << letters.classes() << " classes, labels " << letters.labels() << '\n';
  }
  example("load_qmnist", "Qmnist");
  {
    const data::Qmnist digits = data::load_qmnist("pictures", data::Split::test);
    std::cout << digits.images.size() << " pictures, writers " << digits.info(xt::all(), 2) << '\n';
  }
  example("load_cifar10", "default_cifar_limit");
  {
    const data::ImageDataset pictures = data::load_cifar10("pictures", data::Split::test);
    std::cout << pictures.images().reshape({-1, 3, 32, 32}).shape() << ' ' << pictures.labels() << '\n';
  }
  example("load_cifar100", "CifarLabels");
  {
    const auto fine = data::load_cifar100("pictures", data::Split::test);
    const auto coarse = data::load_cifar100("pictures", data::Split::test, data::CifarLabels::coarse);
    std::cout << fine.labels() << " of " << fine.classes() << ", " << coarse.labels() << " of " << coarse.classes()
              << '\n';
  }
  std::filesystem::remove_all(folder);
}

void arrays() {
  example("ImageDataset");
  {
    const std::vector<std::uint8_t> pixels = {0, 255, 51, 0, 255, 255, 0, 0}, labels = {1, 0};
    const data::ImageDataset set(pixels, labels, 2, 2, 2);  // pictures of 2 x 2, two classes
    std::cout << set.images() << '\n' << set.labels() << '\n';
  }
  example("read_idx", "Idx");
  {
    const std::string path = "example.idx";
    std::ofstream(path, std::ios::binary) << std::string("\0\0\x08\x01\0\0\0\x03\x05\x06\x07", 11);
    const data::Idx idx = data::read_idx(path);
    std::remove(path.c_str());
    std::cout << idx.bytes.size() << " bytes\n";
  }
  example("read_idx_ints", "IdxInts");
  {
    const std::string path = "example.idx";
    std::ofstream(path, std::ios::binary) << std::string("\0\0\x0c\x01\0\0\0\x01\0\0\x01\x02", 12);
    const data::IdxInts idx = data::read_idx_ints(path);
    std::remove(path.c_str());
    std::cout << idx.numbers[0] << '\n';
  }
}

void points() {
  example("two_spirals");
  {
    const data::TensorDataset points = data::two_spirals(100);
    std::cout << points.size() << " points, " << points.inputs().shape() << ' ' << points.targets().dtype() << '\n';
  }
  example("spirals", "NumPySeed");
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
  example("regression", "Regression");
  {
    const auto [points, weights] = data::regression(100, 5, 2);
    std::cout << points.inputs().shape() << ' ' << count_nonzero(weights).item() << '\n';
  }
}

}  // namespace

int main() {
  data_sets();
  arrays();
  points();
  return 0;
}
